import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readDeploymentLogs } from '../../../src/session/session-logs.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

function makeWorkspace() {
  const workspace = temporaryFolder()
  const folder = join(workspace, 'infrastructure/deployment_logs')
  mkdirSync(folder, { recursive: true })
  return {
    workspace,
    folder,
    write(name: string, text: string, writtenAt: number) {
      writeFileSync(join(folder, name), text)
      utimesSync(join(folder, name), writtenAt, writtenAt)
    },
  }
}

it('gives the newest files, newest first', async () => {
  const { workspace, write } = makeWorkspace()
  for (const [name, at] of [
    ['b', 2],
    ['e', 5],
    ['a', 1],
    ['d', 4],
    ['c', 3],
  ] as const)
    write(`${name}.log`, `text of ${name}`, at)
  expect(await readDeploymentLogs(workspace)).toEqual([
    { name: 'e.log', text: 'text of e' },
    { name: 'd.log', text: 'text of d' },
    { name: 'c.log', text: 'text of c' },
  ])
})

it('gives the end of a long one', async () => {
  const { workspace, write } = makeWorkspace()
  write('apply.log', `${'x'.repeat(1_000_000)}the error`, 1)
  const [log] = await readDeploymentLogs(workspace)
  expect(log?.text.length).toBeLessThan(10_000)
  expect(log?.text).toMatch(/the error$/)
})

it('follows no link and opens no pipe', async () => {
  const { workspace, folder, write } = makeWorkspace()
  const outside = join(temporaryFolder(), 'secret')
  writeFileSync(outside, 'secret')
  symlinkSync(outside, join(folder, 'link.log'))
  execFileSync('mkfifo', [join(folder, 'pipe.log')])
  mkdirSync(join(folder, 'folder.log'))
  write('real.log', 'real', 1)
  expect(await readDeploymentLogs(workspace)).toEqual([{ name: 'real.log', text: 'real' }])
})

it.each(['infrastructure', 'infrastructure/deployment_logs'])(
  'follows no link at %s',
  async (path) => {
    const elsewhere = makeWorkspace()
    elsewhere.write('a.log', 'a', 1)
    const workspace = temporaryFolder()
    if (path.includes('/')) mkdirSync(join(workspace, 'infrastructure'))
    symlinkSync(join(elsewhere.workspace, path), join(workspace, path))
    expect(await readDeploymentLogs(workspace)).toEqual([])
  },
)

it('gives nothing where there is no folder', async () => {
  expect(await readDeploymentLogs(temporaryFolder())).toEqual([])
})
