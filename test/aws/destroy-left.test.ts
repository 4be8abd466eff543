import { describe, expect, it } from 'vitest'
import { makeOwnStack, nothing, openDeployed, ownBucket } from '../support/aws-deployed.ts'
import { openGate } from '../support/aws-gate.ts'
import { accountNow, hostOf, makeSession, openAwsLab } from '../support/aws-lab.ts'
import { rowsOf } from '../support/builds.ts'
import { isFull } from '../support/full.ts'
import { hasMoto, useMoto, whyNoMoto } from '../support/moto.ts'
import { schemaProblems } from '../support/schemas.ts'
import { changeRecords, sessionOf } from '../support/sessions.ts'

const past = '2026-01-01T00:00:00Z'

describe.skipIf(!hasMoto)(`what destroy leaves, and what it records${whyNoMoto}`, () => {
  const moto = useMoto()

  /** A site of ours and, of a second build, a stack of the agent's own, which cannot be deleted at first. */
  async function openWithOwnStack() {
    const gate = await openGate(moto.url)
    const { lab, guid, run } = await openDeployed(gate.url)
    await makeOwnStack(moto.url, guid, { Resources: ownBucket(guid) })
    await makeSession(lab)
    changeRecords(lab, "UPDATE builds SET state = 'deployed', ended_at = ?", past)
    const app = `https://${hostOf(guid)}/app`
    changeRecords(lab, 'UPDATE builds SET url = ?, release = 1 WHERE build = 1', app)
    changeRecords(lab, "UPDATE builds SET url = 'https://own.example/' WHERE build = 2")
    changeRecords(lab, 'UPDATE sessions SET destroy_at = ?', past)
    const refuse: typeof gate.refuse = ({ name, body }) =>
      name === 'DeleteStack' && /tb-own/.test(body)
        ? { status: 403, code: 'AccessDenied' }
        : undefined
    gate.refuse = refuse
    const urls = () => rowsOf(lab, 'SELECT url FROM builds ORDER BY build').map(({ url }) => url)
    const told = () =>
      rowsOf(lab, "SELECT data FROM events WHERE type = 'destroyed' ORDER BY seq").map(
        ({ data }) => (JSON.parse(String(data)) as { resources: string[] }).resources,
      )
    return { gate, lab, guid, run, urls, told }
  }

  it('with --json things left are one error; nothing that stays is called destroyed', async () => {
    const { gate, lab, guid, run, urls, told } = await openWithOwnStack()
    const { code, stdout } = await run('destroy', guid, '--yes', '--json')
    const error = JSON.parse(stdout)
    expect(schemaProblems('error.json', error)).toEqual([])
    expect([code, error]).toMatchObject([
      5,
      { code: 'not_ready', exit_code: 5, message: expect.stringContaining('stack tb-own: AWS') },
    ])
    expect(told()).toHaveLength(1)
    expect(told()[0]?.join()).toMatch(/stack tmux-builder-(?!.*tb-own)/)
    // The agent's own address may still answer.
    expect(urls()).toEqual([null, 'https://own.example/'])
    expect(sessionOf(lab, guid).destroy_at).toBe(past)
    gate.refuse = undefined
    expect(await run('destroy', guid, '--yes')).toMatchObject({
      code: 0,
      stdout: 'destroyed: stack tb-own, the agent’s own\n',
    })
    expect(urls()).toEqual([null, null])
    expect(sessionOf(lab, guid).destroy_at).toBeNull()
    expect(told()).toHaveLength(2)
    expect(await accountNow(moto.url)).toMatchObject(nothing)
  })

  it.runIf(isFull)(
    'for people what is destroyed is on stdout, what is left on stderr',
    async () => {
      const { guid, run } = await openWithOwnStack()
      const done = await run('destroy', guid, '--yes')
      expect(done.stdout).toMatch(/^(destroyed: .*\n)+$/)
      expect(done.stdout).not.toContain('tb-own')
      expect(done.stderr).toMatch(
        /was left in the AWS account 123456789012: stack tb-own: .*\n {2}\w/,
      )
    },
  )

  it.runIf(isFull)(
    'gc --remote tells what is left, and keeps the mark until nothing is',
    async () => {
      const { gate, lab, guid, run } = await openWithOwnStack()
      const left = await run('gc', '--remote')
      expect(left).toMatchObject({ code: 5, stderr: expect.stringContaining('stack tb-own: AWS') })
      expect(left.stdout).toContain('destroyed 0')
      expect(sessionOf(lab, guid).destroy_at).toBe(past)
      gate.refuse = undefined
      expect(JSON.parse((await run('gc', '--remote', '--json')).stdout).destroyed).toEqual([guid])
      expect(await accountNow(moto.url)).toMatchObject(nothing)
      expect(sessionOf(lab, guid).destroy_at).toBeNull()
    },
  )

  it('a run that was killed before it came to the records is settled by the next', async () => {
    const { lab, guid, run } = await openDeployed(moto.url)
    const told = () => {
      const [session] = rowsOf(lab, 'SELECT destroy_at, remote_release FROM sessions')
      const urls = rowsOf(lab, 'SELECT url FROM builds UNION ALL SELECT url FROM releases')
      const events = rowsOf(lab, "SELECT 1 FROM events WHERE type = 'destroyed'")
      return { ...session, urls: urls.map(({ url }) => url), events: events.length }
    }
    const settled = { destroy_at: null, remote_release: null, urls: [null, null] }
    expect((await run('destroy', guid, '--yes')).code).toBe(0)
    expect(told()).toEqual({ ...settled, events: 1 })
    changeRecords(lab, 'UPDATE sessions SET destroy_at = ?, remote_release = 1', past)
    for (const table of ['builds', 'releases'])
      changeRecords(lab, `UPDATE ${table} SET url = ?`, `https://${hostOf(guid)}/`)
    for (const args of [['--dry-run'], ['--yes'], ['--yes']])
      expect(await run('destroy', guid, ...args)).toMatchObject({
        code: 0,
        stdout: 'nothing to destroy\n',
      })
    expect(told()).toEqual({ ...settled, events: 2 })
  })

  it('a mark of a session that has nothing in AWS is settled once, and purged then', async () => {
    const lab = openAwsLab(moto.url)
    const guid = await makeSession(lab)
    changeRecords(lab, "UPDATE builds SET target = 'local', state = 'deployed', ended_at = ?", past)
    changeRecords(lab, 'UPDATE sessions SET destroy_at = ?, archived_at = ?', past, past)
    const gc = async (...more: string[]) => JSON.parse((await lab.run(['gc', ...more])).stdout)
    expect(await gc('--remote', '--json')).toMatchObject({ destroyed: [guid] })
    expect((await lab.run(['events', guid])).stdout).toContain('nothing was left to destroy in AWS')
    expect(await gc('--remote', '--purge', '--json')).toMatchObject({
      destroyed: [],
      purged: [guid],
    })
  })
})
