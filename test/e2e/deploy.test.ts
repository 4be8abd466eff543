import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server } from 'node:http'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  buildsOf,
  fetchPage,
  findWindowProcesses,
  journalOf,
  killNow,
  refineArgs,
  registerArgs,
  typesOf,
  urlPattern,
  waitForState,
} from '../support/builds.ts'
import {
  type CliLab,
  demoFlags,
  guid,
  identityFlags,
  openCliLab,
  program,
  waitFor,
} from '../support/cli-lab.ts'
import { isFull } from '../support/full.ts'
import { schemaProblems } from '../support/schemas.ts'
import { deployFirst, isWindowAlive, pidOf } from '../support/sessions.ts'

const page = (name: string, size = 0) =>
  `<!doctype html><html><title>${name}</title>${'x'.repeat(size)}</html>\n`

/** A built site in the workspace. */
function writeSite(lab: CliLab, name: string, files: Record<string, string>): string {
  const site = join(lab.folderOf(guid), 'workspace', 'code', name)
  mkdirSync(site, { recursive: true })
  for (const [file, content] of Object.entries(files)) writeFileSync(join(site, file), content)
  return site
}

/** A session with a build under way whose agent stays silent. */
async function openSilentBuild(lab: CliLab) {
  const register = lab.start(registerArgs({ scenario: 'hang' }))
  await waitForState(lab, 'implementing')
  return async () => {
    await lab.run(['stop', guid])
    await register.done
  }
}

const deploy = (lab: CliLab, dir: string, ...more: string[]) =>
  lab.run(['deploy', guid, '--dir', dir, ...more])

describe('deploy', () => {
  it('prints its address alone, and serves a copy of the folder, private', async () => {
    const lab = openCliLab()
    const end = await openSilentBuild(lab)
    const site = writeSite(lab, 'dist', {
      'index.html': page('one'),
      'a.css': 'b{}',
      '.hidden': 'h',
    })
    mkdirSync(join(site, 'deep', 'er'), { recursive: true })
    writeFileSync(join(site, 'deep', 'er', 'data.json'), '{"a":1}')
    chmodSync(join(site, 'index.html'), 0o644)
    chmodSync(site, 0o755)
    const done = await deploy(lab, site)
    expect(done).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(urlPattern) })
    const url = done.stdout.trim()
    expect(await fetchPage(url)).toEqual({ status: 200, text: page('one') })
    expect(await fetchPage(`${url}deep/er/data.json`)).toEqual({ status: 200, text: '{"a":1}' })
    writeFileSync(join(site, 'index.html'), page('changed behind its back'))
    expect((await fetchPage(url)).text).toBe(page('one'))
    const release = join(lab.folderOf(guid), 'site', '1')
    expect(statSync(release).mode & 0o777).toBe(0o700)
    expect(statSync(join(release, 'index.html')).mode & 0o777).toBe(0o600)
    expect(await lab.json(['deploy', guid, '--dir', site])).toEqual({ url })
    const released = (await journalOf(lab)).filter((event) => event.type === 'released')
    expect(released).toMatchObject([
      { target: 'local', url, release: 1, build: 1, attempt: 1 },
      { target: 'local', url, release: 2 },
    ])
    await end()
  })

  it('tags the code of repositories inside the workspace too, and leaves them as they are', async () => {
    const lab = openCliLab()
    const end = await openSilentBuild(lab)
    const site = writeSite(lab, 'dist', { 'index.html': page('one') })
    const workspace = join(lab.folderOf(guid), 'workspace')
    const code = join(workspace, 'code', 'own')
    const git = (folder: string, ...args: string[]) =>
      execFileSync('git', ['-C', folder, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
        encoding: 'utf8',
      })
    const put = (path: string, text: string) => {
      mkdirSync(dirname(join(code, path)), { recursive: true })
      writeFileSync(join(code, path), text)
    }
    const open = (path: string) => {
      put(join(path, 'app.ts'), `of ${path}`)
      git(join(code, path), 'init', '--quiet')
    }
    // One with a commit and a change since, one inside of that without any, and what the first ignores.
    open('.')
    put('.gitignore', 'ignored\nvendor\n')
    git(code, 'add', 'app.ts')
    git(code, 'commit', '--quiet', '--message', 'one')
    // The agent's own look at it: no more than the name of a commit.
    git(workspace, 'init', '--quiet')
    git(workspace, 'add', 'code/own')
    git(workspace, 'commit', '--quiet', '--message', 'one')
    put('app.ts', 'changed')
    put('status.json', '{}')
    open('deep/empty one')
    open('vendor/lib')
    put('ignored', 'x')
    put('.env', 'x')
    const state = () => [git(code, 'status', '--porcelain'), git(code, 'log', '--format=%H %D')]
    const before = state()
    const filesOf = (tag: string) =>
      git(workspace, '-c', 'core.quotePath=false', 'ls-tree', '-r', '--name-only', tag, 'code/own/')
        .trim()
        .split('\n')
    const files = ['.gitignore', 'app.ts', 'deep/empty one/app.ts', 'status.json']
    expect((await deploy(lab, site)).code).toBe(0)
    expect((await journalOf(lab)).filter((event) => event.step === 'tag')).toEqual([])
    expect(filesOf('build-1')).toEqual(files.map((path) => `code/own/${path}`))
    expect(git(workspace, 'show', 'build-1:code/own/app.ts')).toBe('changed')
    expect(state()).toEqual(before)
    // What changed in between, and what is gone.
    put('app.ts', 'changed again')
    rmSync(join(code, 'deep'), { recursive: true })
    expect((await deploy(lab, site)).code).toBe(0)
    expect(git(workspace, 'show', 'build-1:code/own/app.ts')).toBe('changed again')
    expect(filesOf('build-1')).not.toContain('code/own/deep/empty one/app.ts')
    expect(git(workspace, 'status', '--porcelain', '--', 'code/own')).toBe('?? code/own/.env\n')
    await end()
  })

  it.runIf(isFull)('takes a folder relative to where it is called', async () => {
    const lab = openCliLab()
    const end = await openSilentBuild(lab)
    const site = writeSite(lab, 'dist', { 'index.html': page('one') })
    const done = await lab.run(['deploy', guid.slice(0, 10), '--dir', 'dist'], {
      cwd: join(site, '..'),
    })
    expect(done.code).toBe(0)
    await end()
  })

  it('follows no link: nothing from outside, nor what a link names, is published', async () => {
    const lab = openCliLab()
    const end = await openSilentBuild(lab)
    writeFileSync(join(lab.root, 'secret'), 'secret')
    const site = writeSite(lab, 'dist', { 'index.html': page('one') })
    symlinkSync(join(lab.root, 'secret'), join(site, 'secret.txt'))
    symlinkSync(lab.root, join(site, 'root'))
    symlinkSync('index.html', join(site, 'inner.html'))
    const url = (await deploy(lab, site)).stdout.trim()
    expect(readdirSync(join(lab.folderOf(guid), 'site', '1'))).toEqual(['index.html'])
    for (const path of [
      'secret.txt',
      'root/secret',
      '..%2f..%2fagent%2fsupervisor.sh',
      '%2e%2e/2/x',
    ])
      expect((await fetchPage(url + path)).text).not.toMatch(/secret|export/)
    await end()
  })

  it('refuses what is no site inside the workspace: exit 2, and what is live stays', async () => {
    const lab = openCliLab()
    const end = await openSilentBuild(lab)
    const url = (
      await deploy(lab, writeSite(lab, 'dist', { 'index.html': page('one') }))
    ).stdout.trim()
    const outside = join(lab.root, 'outside')
    mkdirSync(outside)
    writeFileSync(join(outside, 'index.html'), page('outside'))
    const code = join(lab.folderOf(guid), 'workspace', 'code')
    symlinkSync(outside, join(code, 'link-out'))
    writeSite(lab, 'empty', {})
    mkdirSync(join(writeSite(lab, 'folder-index', {}), 'index.html'))
    symlinkSync(join(outside, 'index.html'), join(writeSite(lab, 'link-index', {}), 'index.html'))
    const refused = [
      outside,
      join(code, 'link-out'),
      join(code, '..', '..', 'prompts'),
      `${code}/../../../..`,
      lab.folderOf(guid),
      join(code, 'empty'),
      join(code, 'folder-index'),
      join(code, 'link-index'),
      join(code, 'nowhere'),
      join(code, 'dist', 'index.html'),
    ]
    const codes: Record<string, number | null> = {}
    for (const dir of refused) codes[dir] = (await deploy(lab, dir)).code
    expect(codes).toEqual(Object.fromEntries(refused.map((dir) => [dir, 2])))
    expect((await fetchPage(url)).text).toBe(page('one'))
    await end()
  })

  it('that is stopped while git works tells nothing after that', async () => {
    const lab = openCliLab()
    const end = await openSilentBuild(lab)
    const site = writeSite(lab, 'dist', { 'index.html': page('one') })
    const bin = join(lab.root, 'git-bin')
    mkdirSync(bin)
    const stop = `'${process.execPath}' '${program}' stop ${guid}`
    const script = `#!/bin/sh\nPATH='${lab.env.PATH}' TMUX_BUILDER_HOME='${lab.home}' TMUX_TMPDIR='${lab.root}' ${stop}\nexit 1\n`
    writeFileSync(join(bin, 'git'), script, { mode: 0o755 })
    const env = { PATH: `${bin}:${lab.env.PATH}` }
    expect((await lab.run(['deploy', guid, '--dir', site], { env })).code).toBe(0)
    const types = typesOf(await journalOf(lab))
    expect(types.slice(types.indexOf('stopped'))).not.toContain('deploy_step')
    expect(types).toContain('stopped')
    await end()
  })

  it('aws without credentials makes no session: exit 5, and deploy 4', async () => {
    const lab = openCliLab()
    const flags = demoFlags().map((flag) => (flag === 'local' ? 'aws' : flag))
    const register = ['register', ...identityFlags, ...flags, '--request', 'x']
    expect(await lab.run(register)).toMatchObject({ code: 5, stdout: '' })
    expect(await lab.run(['deploy', guid, '--dir', '.'])).toMatchObject({ code: 4, stdout: '' })
  })
})

describe('the preview', () => {
  it.runIf(isFull)(
    'switches whole: a client that hammers it sees the old or the new, never a half or nothing',
    async () => {
      const lab = openCliLab()
      const end = await openSilentBuild(lab)
      // Sizes far apart, so that the head of one and the body of the other show.
      const pages = [page('small'), page('large', 300_000)]
      const sites = pages.map((text, n) => writeSite(lab, `dist${n}`, { 'index.html': text }))
      const url = (await deploy(lab, sites[0] ?? '')).stdout.trim()
      let isOver = false
      const seen = new Map<string, number>()
      const hammer = async () => {
        while (!isOver) {
          const what = await fetchPage(url).then(
            ({ status, text }) => (status === 200 ? String(pages.indexOf(text)) : `${status}`),
            (error: unknown) => String(error),
          )
          seen.set(what, (seen.get(what) ?? 0) + 1)
        }
      }
      const hammers = [hammer(), hammer(), hammer()]
      // The switch itself, as often as can be; what deploy does around it takes most of its time.
      const { renameSync } = await import('node:fs')
      const folder = join(lab.folderOf(guid), 'site')
      expect((await deploy(lab, sites[1] ?? '')).code).toBe(0)
      for (let n = 0; n < 400; n++) {
        symlinkSync(String((n % 2) + 1), join(folder, '.live-test'))
        renameSync(join(folder, '.live-test'), join(folder, 'live'))
        await new Promise((resolve) => setTimeout(resolve, 2))
      }
      isOver = true
      await Promise.all(hammers)
      expect([...seen.keys()].toSorted()).toEqual(['0', '1'])
      expect((seen.get('0') ?? 0) + (seen.get('1') ?? 0)).toBeGreaterThan(100)
      await end()
    },
  )

  it('gives index.html for paths of a single-page app, and 404 for a file that is not there', async () => {
    const lab = openCliLab()
    const url = await deployFirst(lab)
    const index = await fetchPage(url)
    for (const path of ['todos/7', 'a/b/c?x=1', 'über'])
      expect(await fetchPage(url + path)).toEqual(index)
    expect((await fetchPage(`${url}no-such-file.js`)).status).toBe(404)
    const head = await fetch(url, { method: 'HEAD' })
    expect(head.headers.get('content-type')).toContain('text/html')
    expect(head.headers.get('cache-control')).toContain('no-cache')
    await expect(fetch(url.replace('127.0.0.1', '127.0.0.2'))).rejects.toThrow()
  })

  it('killed, it comes back by itself at its port', async () => {
    const lab = openCliLab()
    const url = await deployFirst(lab)
    killNow(pidOf(lab, 'preview'))
    await waitFor(
      'it answers again',
      async () => (await fetchPage(url).catch(() => undefined))?.status === 200,
    )
    expect(typesOf(await journalOf(lab)).filter((type) => type === 'preview_started')).toHaveLength(
      1,
    )
  })

  it.runIf(isFull)('keeps its port over a stop', async () => {
    const lab = openCliLab()
    const url = await deployFirst(lab)
    await lab.run(['stop', guid])
    expect((await lab.run(registerArgs())).stdout).toBe(`${url}\n`)
    expect(isWindowAlive(lab, 'preview')).toBe(true)
  })

  it.runIf(isFull)(
    'takes a new port where its own is taken, with an event, and that is the address from then on',
    async () => {
      const lab = openCliLab()
      const url = await deployFirst(lab)
      await lab.run(['stop', guid])
      const stranger = await listen(Number(new URL(url).port))
      const again = await lab.run(registerArgs())
      expect(again).toMatchObject({ code: 0, stdout: expect.stringMatching(urlPattern) })
      const next = again.stdout.trim()
      expect(next).not.toBe(url)
      const started = (await journalOf(lab)).filter((event) => event.type === 'preview_started')
      expect(started.map((event) => event.url)).toEqual([url, next])
      expect((await fetchPage(next)).text).toContain('Build a todo app')
      expect(await lab.json(['status', guid])).toMatchObject({ url: next, verified: true })
      // Nothing had to be built for that.
      expect(buildsOf(lab)).toHaveLength(1)
      stranger.close()
    },
  )

  it.runIf(isFull)(
    'runs with no key in its environment, and nobody of the identity in its arguments',
    async () => {
      const lab = openCliLab()
      const env = { AWS_SECRET_ACCESS_KEY: 'key-0815', ANTHROPIC_API_KEY: 'key-0816' }
      expect((await lab.run(registerArgs(), { env })).code).toBe(0)
      const [pid] = findWindowProcesses(lab, 'preview', 'preview')
      expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toContain('key-08')
      expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).not.toContain('example.com')
    },
  )
})

async function listen(port: number): Promise<Server> {
  const server = createServer((_request, response) => response.end('a stranger'))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve)
  })
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return server
}

describe('releases and rollback on local', () => {
  it('goes back to the release before, verified, and stays there', async () => {
    const lab = openCliLab()
    const url = await deployFirst(lab)
    const first = await fetchPage(url)
    expect((await lab.run(refineArgs('Make it blue'))).code).toBe(0)
    expect((await fetchPage(url)).text).not.toBe(first.text)
    const tags = execFileSync('git', ['-C', join(lab.folderOf(guid), 'workspace'), 'tag'])
    expect(tags.toString()).toBe('build-1\nbuild-2\n')
    const live = async () => {
      const told = await lab.json<{ releases: { release: number; live: boolean }[] }>([
        'releases',
        guid,
      ])
      expect(schemaProblems('commands.json#/$defs/releases', told)).toEqual([])
      return told.releases.filter((one) => one.live).map((one) => one.release)
    }
    expect(await live()).toEqual([2])
    const done = await lab.json(['rollback', guid])
    expect(schemaProblems('commands.json#/$defs/rollback', done)).toEqual([])
    expect(done).toMatchObject({ release: 1, from: 2, target: 'local', url })
    expect(await fetchPage(url)).toEqual(first)
    expect(await live()).toEqual([1])
    for (const event of await journalOf(lab))
      expect(schemaProblems('event.json', event)).toEqual([])
    // Whatever comes back serves what was chosen, not what was newest.
    await lab.run(['stop', guid])
    expect((await lab.run(registerArgs({ request: 'Build a todo app' }))).code).toBe(0)
    expect(await live()).toEqual([1])
    expect((await lab.run(['rollback', guid])).code).toBe(2)
    expect((await lab.run(['rollback', guid, '2'])).code).toBe(0)
    expect((await fetchPage(url)).text).not.toBe(first.text)
  })
})
