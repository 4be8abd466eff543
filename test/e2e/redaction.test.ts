import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { redacted } from '../../src/secrets/redact.ts'
import { openStore } from '../../src/store/database.ts'
import { journalOf, registerArgs } from '../support/builds.ts'
import { type CliLab, guid, openCliLab, waitFor } from '../support/cli-lab.ts'
import { insertSession, pidOf } from '../support/sessions.ts'
import { alnum, pem } from '../unit/secrets/secrets.ts'

const token = `${'gh'}p_${alnum(36)}`
const password = `${'hunter'}2hunter2`
const key = pem(`${'RSA PRIV'}ATE KEY`)
const keyLines = key.split('\n').slice(1, -1)

const agentTerminal = (lab: CliLab) =>
  lab.tmux('display-message', '-p', '-t', `=tmux_builder_${guid}:agent`, '#{pane_tty}')

test('what an agent says and shows is recorded as it is only where it is the agent’s own', async () => {
  const lab = openCliLab()
  const request = `Build a poll. The page shows DB_PASSWORD=${password} as text.`
  const register = lab.start(registerArgs({ scenario: 'hang', request }, '--max-attempts', '2'))
  const folder = lab.folderOf(guid)
  const report = join(folder, 'workspace/status.json')
  const failAttempt = async (attempt: number) => {
    const isImplementing = (text: string) => /"status": ?"implementing"/.test(text)
    await waitFor(`attempt ${attempt}`, async () => {
      const events = await journalOf(lab).catch(() => [])
      return events.some(
        (one) =>
          one.type === 'status' &&
          one.attempt === attempt &&
          isImplementing(readFileSync(report, 'utf8')),
      )
    })
    const log = join(folder, 'logs/agent.log')
    const size = statSync(log).size
    writeFileSync(
      await agentTerminal(lab),
      `\r\nenv: AWS_SECRET_ACCESS_KEY=${alnum(40)}\r\n${key.replaceAll('\n', '\r\n')}\r\nlast of all\r\n`,
    )
    await waitFor(
      'the log',
      () => statSync(log).size > size && readFileSync(log, 'utf8').includes('last of all'),
    )
    writeFileSync(
      report,
      JSON.stringify({
        status: 'error',
        phase: 2,
        progress: 40,
        message: `git push with ${token} failed`,
        error: { env: `X=1\nDB_PASSWORD=${password}` },
        build: 1,
        attempt,
      }),
    )
    // It would not take another prompt: the next attempt is a new process’s.
    process.kill(pidOf(lab, 'agent'), 'SIGKILL')
  }
  await failAttempt(1)
  await failAttempt(2)
  const done = await register.done
  expect(done).toMatchObject({ code: 1, stdout: '' })

  const secrets = [token, password, alnum(40), ...keyLines]
  const holds = (text: string) => secrets.filter((secret) => text.includes(secret))
  expect(holds(done.stderr)).toEqual([])
  expect(done.stderr).toContain(`git push with ${redacted} failed`)
  const status = await lab.run(['status', guid])
  const withoutRequest = status.stdout.replace(/^request .*\n/m, '')
  expect(holds(withoutRequest)).toEqual([])
  expect(withoutRequest).toContain(`git push with ${redacted} failed`)
  expect(holds((await lab.run(['events', guid])).stdout)).toEqual([])
  expect(holds((await lab.run(['logs', guid])).stdout)).toEqual([])
  expect((await lab.run(['logs', guid])).stdout).toContain(`env: AWS_SECRET_ACCESS_KEY=${redacted}`)
  expect(holds(readFileSync(join(folder, 'logs/supervisor.log'), 'utf8'))).toEqual([])

  // The request is never altered, also where a prompt quotes it; what was gathered beside it is.
  expect(readFileSync(join(folder, 'prompts/001-request.md'), 'utf8')).toBe(request)
  const name = readdirSync(join(folder, 'prompts')).find((one) => one.endsWith('debug_mode.md'))
  const prompt = readFileSync(join(folder, 'prompts', name ?? ''), 'utf8')
  expect(prompt).toContain('git push with [redacted] failed')
  expect(prompt).toContain(`AWS_SECRET_ACCESS_KEY=${redacted}`)
  expect(prompt).toContain('last of all')
  expect(holds(prompt.replaceAll(request, ''))).toEqual([])

  // Events keep the agent's report as it is; what we say ourselves holds no secret.
  const events = await journalOf(lab)
  const reports = events.filter((one) => one.type === 'status' && one.status === 'error')
  expect(reports.map((one) => one.message)).toEqual(Array(2).fill(`git push with ${token} failed`))
  expect(holds(JSON.stringify(events.filter((one) => one.type !== 'status')))).toEqual([])
}, 60_000)

test('logs: a secret over lines, chunks and what is written later', async () => {
  const lab = openCliLab()
  mkdirSync(lab.home)
  const store = await openStore(join(lab.home, 'tmux-builder.db'), { create: true })
  store.close()
  insertSession(lab, guid)
  const folder = join(lab.folderOf(guid), 'logs')
  mkdirSync(folder, { recursive: true })
  const log = join(folder, 'agent.log')
  // A chunk is 256 KB: the key lies over its end.
  const filler = 'a line of the log\n'.repeat(Math.floor((256 * 1024 - 300) / 18))
  const said = `\x1b[32mDone:\x1b[5C${token}\x1b[0m\r\nold\rDB_PASSWORD=${password}\n`
  writeFileSync(log, `${filler}${key}\n${said}`)
  const { stdout } = await lab.run(['logs', guid])
  const lines = keyLines.map(() => redacted)
  expect(stdout.slice(filler.length)).toBe(
    [
      key.split('\n')[0],
      ...lines,
      key.split('\n').at(-1),
      `Done: ${redacted}`,
      `DB_PASSWORD=${redacted}`,
      '',
    ].join('\n'),
  )

  const following = lab.start(['logs', guid, '-f'])
  await waitFor('the past', () => following.said().length >= stdout.length)
  const [first = '', ...rest] = key.split('\n')
  for (const piece of [
    `${first}\n${keyLines[0]}\n`,
    `${keyLines[1]?.slice(0, 30)}`,
    `${keyLines[1]?.slice(30)}\n`,
    `${rest.slice(2).join('\n')}\nlast\n`,
  ]) {
    const before = following.said()
    appendFileSync(log, piece)
    if (piece.endsWith('\n')) await waitFor('more', () => following.said() !== before)
  }
  await waitFor('the last', () => following.said().endsWith('\nlast\n'))
  expect(following.said().slice(stdout.length)).toBe(
    `${[first, ...lines, rest.at(-1), 'last', ''].join('\n')}`,
  )
  following.kill('SIGTERM')
  await following.done
}, 60_000)
