import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CopyObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3'
import { describe, expect, it } from 'vitest'
import { openEdge } from '../support/aws-edge.ts'
import { accountNow, hostOf, makeSession, openAwsLab, page, writeSite } from '../support/aws-lab.ts'
import { hasMoto, useMoto, whyNoMoto } from '../support/moto.ts'

/** Kills the process that renames a copy of that name into place: just before, or just after. */
const killAtRename = (name: string, isAfter: boolean) => `
import promises from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
const { rename } = promises
promises.rename = async (from, to) => {
  const isIt = /${name}$/.test(to)
  if (isIt && !${isAfter}) process.kill(process.pid, 'SIGKILL')
  await rename(from, to)
  if (isIt) process.kill(process.pid, 'SIGKILL')
}
syncBuiltinESMExports()
`

describe.skipIf(!hasMoto)(`a site’s files on aws${whyNoMoto}`, () => {
  const moto = useMoto()

  it('a copy that a killed deployment had taken goes with the end of the build', async () => {
    const lab = openAwsLab(moto.url)
    const guid = await makeSession(lab)
    const folder = writeSite(lab, guid, { 'index.html': page('one') })
    expect((await lab.deploy(guid, folder)).code).toBe(0)
    const probe = join(lab.root, 'probe.mjs')
    for (const isAfter of [false, true]) {
      writeFileSync(probe, killAtRename('[.]taken-[0-9]+', isAfter))
      const env = { ...lab.aws, NODE_OPTIONS: `--import=${probe}` }
      const killed = await lab.run(['deploy', guid, '--dir', folder], { env })
      expect(killed).toMatchObject({ code: 5, stderr: expect.stringContaining('was killed') })
    }
    const site = join(lab.folderOf(guid), 'site')
    expect(readdirSync(site).toSorted()).toEqual([
      expect.stringMatching(/^\.taken-\d+/),
      expect.stringMatching(/^\.taken-\d+/),
      '1',
    ])
    expect((await lab.run(['stop', guid])).code).toBe(0)
    expect(readdirSync(site)).toEqual(['1'])
  })

  it('what is copied from the live release has the headers of today', async () => {
    const lab = openAwsLab(moto.url)
    const guid = await makeSession(lab)
    await lab.deploy(guid, writeSite(lab, guid, { 'index.html': page('one'), 'app.js': '1' }))
    const { s3, ...before } = await accountNow(moto.url)
    const [{ bucket = '', release = '' } = {}] = before.sites
    // As an older version would have left it.
    const old = { Bucket: bucket, Key: `${release}/app.js` }
    const headers = { ContentType: 'text/plain', CacheControl: 'max-age=31536000' }
    const CopySource = `${bucket}/${release}/app.js`
    await s3.send(
      new CopyObjectCommand({ ...old, ...headers, CopySource, MetadataDirective: 'REPLACE' }),
    )
    await lab.deploy(guid, writeSite(lab, guid, { 'index.html': page('two') }))
    const now = (await accountNow(moto.url)).sites[0]
    expect(now?.release).not.toBe(release)
    const head = (Key: string) => s3.send(new HeadObjectCommand({ Bucket: bucket, Key }))
    expect(await head(old.Key)).toMatchObject(headers)
    expect(await head(`${now?.release}/app.js`)).toMatchObject({
      ContentType: 'text/javascript; charset=utf-8',
      CacheControl: 'no-cache',
    })
  })

  it('files with odd names are found under them, when they were put there and when copied', async () => {
    const lab = openAwsLab(moto.url)
    const guid = await makeSession(lab)
    const edge = await openEdge(moto.url)
    const paths = {
      'with spaces.txt': ['/with%20spaces.txt'],
      '100%.txt': ['/100%25.txt'],
      'a+b.txt': ['/a+b.txt', '/a%2Bb.txt'],
      'what?.txt': ['/what%3F.txt'],
      'no#1.txt': ['/no%231.txt'],
      'über/größe.txt': ['/%C3%BCber/gr%C3%B6%C3%9Fe.txt'],
      'it\'s "quoted".txt': ["/it's%20%22quoted%22.txt"],
    }
    const odd = Object.fromEntries(Object.keys(paths).map((name) => [name, `of ${name}`]))
    for (const title of ['one', 'two']) {
      const folder = writeSite(lab, guid, { ...odd, 'index.html': page(title) })
      expect(await lab.deploy(guid, folder)).toMatchObject({ code: 0 })
      expect((await edge.visit(hostOf(guid), '/')).text).toBe(page(title))
      for (const [name, all] of Object.entries(paths))
        for (const path of all)
          expect(await edge.visit(hostOf(guid), path), path).toEqual({
            status: 200,
            text: `of ${name}`,
          })
    }
  })
})
