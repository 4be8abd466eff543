import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import {
  countOf,
  expectGapless,
  journalOf,
  registerArgs,
  stateOf,
  typesOf,
  urlPattern,
  waitForEvent,
  waitForState,
} from '../support/builds.ts'
import { type CliLab, guid, openCliLab, program, waitFor } from '../support/cli-lab.ts'
import { isFull } from '../support/full.ts'

const hourMs = 60 * 60 * 1000

/** The program as it is, but that all its processes, those in tmux too, see the time of day that a file shifts. */
function shiftableProgram(lab: CliLab): { program: string; shift(hours: number): void } {
  const [from, to] = [dirname(dirname(program)), join(lab.root, 'package')]
  mkdirSync(join(to, 'bin'), { recursive: true })
  cpSync(join(from, 'dist'), join(to, 'dist'), {
    recursive: true,
    filter: (path) => !path.endsWith('.map'),
  })
  cpSync(join(from, 'package.json'), join(to, 'package.json'))
  // The built-in agent reads its apps and documents from packages/.
  for (const name of ['templates', 'packages']) symlinkSync(join(from, name), join(to, name))
  const file = join(lab.root, 'shift-ms')
  const shift = (hours: number) => writeFileSync(file, String(hours * hourMs))
  shift(0)
  const bin = join(to, 'bin', 'tmux-builder.js')
  writeFileSync(
    bin,
    `import { readFileSync } from 'node:fs'
const Real = Date
const shifted = () => Real.now() + (Number(readFileSync(${JSON.stringify(file)}, 'utf8')) || 0)
globalThis.Date = class extends Real {
  constructor(...parts) {
    super(...(parts.length === 0 ? [shifted()] : parts))
  }
  static now() {
    return shifted()
  }
}
await import('../dist/main.js')
`,
  )
  return { program: bin, shift }
}

/** Makes the supervisor record something, so that it has looked at all there is since. */
async function waitForLook(lab: CliLab, spoilt: string, count: number): Promise<void> {
  writeFileSync(join(lab.folderOf(guid), 'workspace', 'status.json'), spoilt)
  await waitForEvent(lab, 'status_invalid', guid, count)
}

const limits = ['--timeout', '1h', '--stall-timeout', '10m', '--approval-timeout', '30m']

test('a clock that goes forwards by days ends no build, no waiting and no session, and an agent at work is not silent', async () => {
  const lab = openCliLab()
  const { program, shift } = shiftableProgram(lab)
  const args = registerArgs({ pace: 150 }, ...limits, '--attempt-timeout', '1h', '--detach')
  expect((await lab.run(args, { program })).code).toBe(0)
  const watching = lab.start(['status', guid, '--watch', '--timeout', '1h'], { program })
  await waitForEvent(lab, 'prompt_delivered')
  shift(6 * 24)
  // Nothing that is unfinished is collected, however old it looks.
  expect((await lab.run(['gc'], { program })).stdout).toBe('archived 0\n')
  expect(await watching.done).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(urlPattern),
  })
  const events = await journalOf(lab)
  expectGapless(events)
  const wrong = ['retry', 'failed', 'agent_stalled', 'session_ended', 'stopped']
  expect(typesOf(events).filter((type) => wrong.includes(type))).toEqual([])
  expect(countOf(events, 'prompt_delivered')).toBe(1)
})

test.runIf(isFull)(
  'a question that is open while the clock goes forwards and back stays open',
  async () => {
    const lab = openCliLab()
    const { program, shift } = shiftableProgram(lab)
    const args = registerArgs({ scenario: 'ask' }, ...limits)
    expect((await lab.run(args, { program })).code).toBe(3)
    shift(12)
    await waitForLook(lab, '{ half', 1)
    shift(-12)
    await waitForLook(lab, '[]', 2)
    expect(stateOf(lab)).toBe('awaiting_approval')
    expect(countOf(await journalOf(lab), 'answer')).toBe(0)
    expect((await lab.run(['answer', guid, 'blue'], { program })).code).toBe(0)
    await waitForState(lab, 'deployed')
    expectGapless(await journalOf(lab))
  },
)

test.runIf(isFull)(
  'a clock that goes back makes a pause no longer, and the order of events stays',
  async () => {
    const lab = openCliLab()
    const { program, shift } = shiftableProgram(lab)
    const args = registerArgs({ scenario: 'error-once' }, '--retry-delay', '3s')
    const building = lab.start(args, { program })
    await waitForState(lab, 'retrying')
    shift(-6)
    await waitFor('the next attempt', () => stateOf(lab) !== 'retrying', 20_000)
    expect(await building.done).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(urlPattern),
    })
    const events = await journalOf(lab)
    expectGapless(events)
    const at = (type: string) => Date.parse(String(events.find((one) => one.type === type)?.at))
    expect(at('deployed')).toBeLessThan(at('retry') - 5 * hourMs)
  },
)
