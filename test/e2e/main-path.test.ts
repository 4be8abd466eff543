import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { demoFlags, guid, identityFlags, openCliLab, parseLines } from '../support/cli-lab.ts'

test('a request becomes a verified address that serves it', async () => {
  const lab = openCliLab()
  const done = await lab.run([
    'register',
    ...identityFlags,
    ...demoFlags(),
    '--request',
    'Build a todo app',
  ])
  expect(done.stderr).toContain('deployed')
  expect(done.code).toBe(0)
  expect(done.stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\n$/)
  const page = await (await fetch(done.stdout.trim())).text()
  expect(page).toContain('Build a todo app')

  const events = parseLines((await lab.run(['events', guid.slice(0, 8), '--json'])).stdout)
  expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1))
  const again = await lab.run([
    'register',
    ...identityFlags,
    ...demoFlags(),
    '--request',
    'Build a todo app',
  ])
  expect(again).toMatchObject({ code: 0, stdout: done.stdout })
  const stopped = await lab.json<{ processes: number }>(['stop', guid])
  expect(stopped.processes).toBeGreaterThan(0)
})

test('register loads no undici, which would be 40 ms of each process', async () => {
  const lab = openCliLab()
  const probe = join(lab.root, 'probe.mjs')
  writeFileSync(
    probe,
    "process.on('exit', () => console.error('modules:', process.moduleLoadList.join()))",
  )
  const args = ['register', ...identityFlags, ...demoFlags(), '--request', 'Build a todo app']
  const done = await lab.run(args, { env: { NODE_OPTIONS: `--import=${probe}` } })
  expect(done.code).toBe(0)
  expect(done.stderr).toMatch(/modules: .*NativeModule http/)
  expect(done.stderr).not.toContain('undici')
})
