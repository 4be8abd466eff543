import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  agentStarts,
  buildsOf,
  countOf,
  expectGapless,
  fetchPage,
  findWindowProcesses,
  journalOf,
  killNow,
  promptsTaken,
  registerArgs,
  stateOf,
  typesOf,
  urlPattern,
  waitForEvent,
  waitForState,
} from '../support/builds.ts'
import {
  type CliLab,
  type Finished,
  guid,
  openCliLab,
  program,
  waitFor,
} from '../support/cli-lab.ts'
import { isFull } from '../support/full.ts'
import { changeRecords, pidOf } from '../support/sessions.ts'
import { openSilentBuild } from '../support/silent-build.ts'

const cost = (amount: number, change: object = {}) => ({
  id: 'q1',
  question: `May I spend ${amount}?`,
  reason: 'cost_threshold',
  options: ['approve', 'reject'],
  default: 'approve',
  cost_estimate_monthly: amount,
  ...change,
})
const idsOf = (questions: readonly { id: string }[]) => questions.map((one) => one.id)
const linesToldTo = (lab: CliLab) =>
  promptsTaken(lab).filter((line) => line.includes('answers.json'))
const answersOf = (lab: CliLab) =>
  (
    JSON.parse(readFileSync(join(lab.folderOf(guid), 'workspace', 'answers.json'), 'utf8')) as {
      answers: { id: string; answer: string; decision: string; by: string }[]
    }
  ).answers

/** A command whose parent carries the session's marker, while it does not itself. */
async function runBelowMarked(lab: CliLab, args: readonly string[]): Promise<number | null> {
  const line = 'env -u TMUX_BUILDER_SESSION -u TMUX_BUILDER_WINDOW "$@"; exit $?'
  const child = spawn('/bin/sh', ['-c', line, 'sh', process.execPath, program, ...args], {
    env: { ...lab.env, TMUX_BUILDER_SESSION: guid },
    stdio: 'ignore',
  })
  return new Promise((settle) => child.on('exit', settle))
}

/** A shell command in the session's own tmux server, without any marker. */
async function runInServer(lab: CliLab, how: readonly string[], args: readonly string[]) {
  const variables = Object.entries(lab.env).map(([name, value]) => `${name}=${value}`)
  const file = join(lab.root, `code-${how[0]}`)
  const command = ['env', '-i', ...variables, process.execPath, program, ...args]
  const quoted = command.map((word) => `'${word}'`).join(' ')
  await lab.tmux(...how, `${quoted} ; echo $? > '${file}'`)
  return waitFor(`the exit of ${how[0]}`, () => {
    try {
      return readFileSync(file, 'utf8').trim()
    } catch {
      return undefined
    }
  })
}

describe('a cost above the threshold', () => {
  it('stops the build, and nothing that the agent can do approves it', async () => {
    const lab = openCliLab()
    const agent = await openSilentBuild(lab)
    await agent.report({ cost_estimate_monthly: 100 })
    expect(stateOf(lab)).toBe('implementing')
    await agent.report({ cost_estimate_monthly: 140 })
    const [own] = await agent.open()
    expect(own).toMatchObject({
      id: 'cost-140',
      reason: 'cost_threshold',
      cost_estimate_monthly: 140,
    })
    const isHeld = async () => {
      expect(stateOf(lab)).toBe('awaiting_approval')
      expect(idsOf(await agent.open())).toContain('cost-140')
    }
    await isHeld()

    // Its own answers, its own questions: the same words under the same name, and nothing at all as the amount.
    const decision = { answer: 'approved', decision: 'approve', by: 'user' }
    const answers = [{ id: 'cost-140', ...decision, answered_at: new Date().toISOString() }]
    agent.write('answers.json', JSON.stringify({ answers }))
    agent.ask(
      { ...own, reason: 'tradeoff', default: 'approve', options: [], cost_estimate_monthly: 0 },
      cost(0),
      cost(20, { id: 'q2' }),
    )
    await waitForEvent(lab, 'question', guid, 4)
    // A lower estimate, an error, a claim, a claim for nothing.
    const url = 'http://127.0.0.1:1/'
    await agent.report({ cost_estimate_monthly: 20 })
    await agent.report({ status: 'error', error: 'Too dear.' })
    await agent.report({ status: 'deployed', deployment_url: url })
    await isHeld()
    const site = agent.buildSite('dist')
    expect(await lab.run(['deploy', guid, '--dir', site])).toMatchObject({ code: 3, stdout: '' })
    // An estimate that is none changes nothing.
    for (const text of ['-1', '1e999', '"9"', 'NaN'])
      agent.write(
        'status.json',
        `{"status":"deploying","phase":3,"progress":90,"message":"","cost_estimate_monthly":${text}}`,
      )
    await waitForEvent(lab, 'status_invalid')
    await agent.report({ status: 'deploying', phase: 3, cost_estimate_monthly: 5 })
    await isHeld()

    // Its own hand, with the marker, without it, and by way of the tmux server that it lives in.
    const env = { TMUX_BUILDER_SESSION: guid }
    const refused = await lab.run(['approve', guid], { env })
    expect(refused).toMatchObject({ code: 6, stdout: '' })
    expect(refused.stderr).toContain('outside')
    expect((await lab.run(['answer', guid, 'yes', '--question', 'q1'], { env })).code).toBe(6)
    expect(await runBelowMarked(lab, ['approve', guid])).toBe(6)
    expect(await runInServer(lab, ['run-shell', '-b'], ['approve', guid])).toBe('6')
    // At a terminal of the session nobody is asked either.
    const window = ['new-window', '-d', '-t', `=tmux_builder_${guid}:`]
    expect(await runInServer(lab, window, ['status', guid, '--watch'])).toBe('3')
    await isHeld()
    expect(countOf(await journalOf(lab), 'answer')).toBe(0)

    // A name that two questions have is not guessed; another approval does not cover this one.
    expect((await lab.run(['approve', guid, '--question', 'cost-140'])).code).toBe(2)
    expect((await lab.run(['approve', guid, '--question', 'q2'])).code).toBe(0)
    await isHeld()
    expect((await lab.run(['approve', guid])).code).toBe(0)
    await waitForState(lab, 'deploying')
    expect(answersOf(lab)).toContainEqual(
      expect.objectContaining({
        id: 'cost-140',
        answer: 'approved',
        decision: 'approve',
        by: 'user',
      }),
    )

    // What was approved covers as much, and no more.
    await agent.report({ cost_estimate_monthly: 140 })
    expect(stateOf(lab)).toBe('implementing')
    await agent.report({ status: 'awaiting_approval', cost_estimate_monthly: 140.5 })
    await agent.report({ status: 'deploying', phase: 3 })
    expect(stateOf(lab)).toBe('awaiting_approval')
    expect(await agent.open()).toMatchObject([{ id: 'cost-140.5' }])
    expect(await lab.run(['reject', guid])).toMatchObject({
      code: 0,
      stdout: 'rejected cost-140.5\n',
    })
    const ended = await lab.run(['status', guid, '--watch'])
    expect(ended).toMatchObject({ code: 1, stdout: '' })
    expect(ended.stderr).toMatch(/failed \(rejected\): .*140\.5 US dollars/)
    expect(await agent.open()).toEqual([])
    expectGapless(await journalOf(lab))
  })

  it('holds a deployment back before the supervisor has read of the cost', async () => {
    const lab = openCliLab()
    const agent = await openSilentBuild(lab)
    const site = agent.buildSite('one')
    process.kill(pidOf(lab, 'supervisor'), 'SIGSTOP')
    agent.write(
      'status.json',
      '{"status":"deploying","phase":3,"progress":80,"message":"now","cost_estimate_monthly":5000}',
    )
    const refused = await lab.run(['deploy', guid, '--dir', site])
    expect(refused).toMatchObject({ code: 3, stdout: '' })
    expect(refused.stderr).toContain('5000 US dollars')
    process.kill(pidOf(lab, 'supervisor'), 'SIGCONT')
    await waitForEvent(lab, 'question')
    expect((await lab.run(['approve', guid])).code).toBe(0)
    expect((await lab.run(['deploy', guid, '--dir', site])).code).toBe(0)
  })

  it.runIf(isFull)(
    'holds a claim too: it is verified once it is approved, and after the end nothing is deployed',
    async () => {
      const lab = openCliLab()
      const agent = await openSilentBuild(lab)
      const url = (await lab.run(['deploy', guid, '--dir', agent.buildSite('one')])).stdout.trim()
      await agent.report({
        status: 'deployed',
        phase: 4,
        progress: 100,
        deployment_url: url,
        cost_estimate_monthly: 5_000,
      })
      expect(stateOf(lab)).toBe('awaiting_approval')
      expect(typesOf(await journalOf(lab))).not.toContain('verifying')
      // The agent asks for the same: one approval is enough for both.
      agent.ask(cost(5_000))
      await waitForEvent(lab, 'question', guid, 2)
      const watched = await lab.run(['status', guid, '--watch', '--json'])
      expect(watched.code).toBe(3)
      expect(watched.stderr).toContain('May I spend 5000?')
      expect(watched.stderr).not.toContain('cost-5000')
      expect(watched.stdout).toContain('"question":{"id":"q1"')
      const preview = pidOf(lab, 'preview')
      process.kill(preview, 'SIGSTOP')
      expect(await lab.json(['approve', guid, '--question', 'q1'])).toEqual({
        questions: ['q1', 'cost-5000'],
      })
      // It tells of more while its claim is looked at.
      await waitForState(lab, 'verifying')
      const more = { message: 'more', deployment_url: url, cost_estimate_monthly: 6_000 }
      agent.write(
        'status.json',
        JSON.stringify({ status: 'deployed', phase: 4, progress: 100, ...more }),
      )
      process.kill(preview, 'SIGCONT')
      await waitForState(lab, 'awaiting_approval')
      expect(await agent.open()).toMatchObject([{ id: 'cost-6000' }])
      expect((await lab.run(['approve', guid])).code).toBe(0)
      expect(await lab.run(['status', guid, '--watch'])).toMatchObject({
        code: 0,
        stdout: `${url}\n`,
      })
      const types = typesOf(await journalOf(lab))
      expect(types.slice(types.lastIndexOf('answer'))).toEqual([
        'answer',
        'prompt_delivered',
        'verifying',
        'verified',
        'deployed',
      ])

      const late = await lab.run(['deploy', guid, '--dir', agent.buildSite('two')])
      expect(late).toMatchObject({ code: 6, stdout: '' })
      expect(late.stderr).toContain('tmux-builder refine')
      expect((await fetchPage(url)).text).toContain('<h1>one')
    },
  )
})

describe('answers', () => {
  it('reach the agent once, though it and the supervisor die, and the clock stands meanwhile', async () => {
    const lab = openCliLab()
    const agent = await openSilentBuild(lab)
    agent.ask({ id: 'q1', question: 'Colour?' }, { id: 'q2', question: 'Shape?' })
    await waitForState(lab, 'awaiting_approval')
    // A limit that is shorter than the wait. The supervisor of now, which counts on, does not see it.
    process.kill(pidOf(lab, 'supervisor'), 'SIGSTOP')
    changeRecords(
      lab,
      "UPDATE builds SET clock_ms = 0, settings = json_set(settings, '$.timeoutMs', 3000)",
    )
    killNow(pidOf(lab, 'agent'))
    for (const pid of findWindowProcesses(lab, 'supervisor', 'supervise')) killNow(pid)
    const killedAt = Date.now()
    await waitForEvent(lab, 'supervisor_started', guid, 2)
    const supervisor = pidOf(lab, 'supervisor')
    await waitFor('more than the limit', () => Date.now() - killedAt > 4_000)
    expect(stateOf(lab)).toBe('awaiting_approval')
    changeRecords(lab, "UPDATE builds SET settings = json_set(settings, '$.timeoutMs', 3600000)")

    // Many at once, while nobody is there to carry it out.
    process.kill(supervisor, 'SIGSTOP')
    const rivals = isFull ? 12 : 3
    const runs = await Promise.all(
      Array.from({ length: rivals }, (_, n) => [
        lab.run(['answer', guid, `red ${n}`, '--question', 'q1']),
        lab.run(['answer', guid, `round ${n}`, '--question', 'q2']),
      ]).flat(),
    )
    const codes = runs.map((run: Finished) => run.code)
    expect(codes.filter((code) => code === 0)).toHaveLength(2)
    expect(codes.filter((code) => code === 2)).toHaveLength(2 * rivals - 2)
    killNow(supervisor)
    await waitForState(lab, 'implementing')

    const won = (offset: number) =>
      runs.findIndex((run, n) => n % 2 === offset && run.code === 0) >> 1
    expect(answersOf(lab)).toMatchObject([
      { id: 'q1', answer: `red ${won(0)}`, by: 'user' },
      { id: 'q2', answer: `round ${won(1)}`, by: 'user' },
    ])
    expect(linesToldTo(lab)).toHaveLength(1)
    expect(agentStarts(lab)).toBe(2)
    const events = await journalOf(lab)
    expectGapless(events)
    expect([countOf(events, 'answer'), countOf(events, 'retry')]).toEqual([2, 0])
    await lab.run(['stop', guid])
  })

  it.runIf(isFull)(
    'a question beside further work holds it; one that was not written down is asked all the same',
    async () => {
      const lab = openCliLab()
      const agent = await openSilentBuild(lab)
      agent.ask({ id: 'q1', question: 'Colour?' })
      await waitForState(lab, 'awaiting_approval')
      await agent.report({ status: 'deploying', phase: 3 })
      expect(stateOf(lab)).toBe('awaiting_approval')
      expect((await lab.run(['answer', guid, 'red'])).code).toBe(0)
      await waitForState(lab, 'deploying')

      // Twice in the same words.
      agent.write('clarifications.json', '')
      const wait = { status: 'awaiting_approval', message: 'Shall I?' }
      await agent.report(wait)
      await waitForEvent(lab, 'question', guid, 2)
      expect(await agent.open()).toMatchObject([{ question: 'Shall I?', reason: 'approval' }])
      expect((await lab.run(['approve', guid])).code).toBe(0)
      await waitForState(lab, 'deploying')
      await agent.report({ ...wait, progress: 41 })
      await waitForEvent(lab, 'question', guid, 3)
      expect(await agent.open()).toMatchObject([{ question: 'Shall I?' }])
      await lab.run(['stop', guid])
    },
  )
})

describe('without a user', () => {
  const policy = (way: string) => ['--on-question', way, '--max-attempts', '1']
  const deployed = { code: 0, stdout: expect.stringMatching(urlPattern) }
  const rows: [string, string, string[], object, string | null, RegExp][] = [
    ['fail', 'ask', policy('fail'), { code: 1 }, 'question', /failed \(question\): .*dark colours/],
    ['reject', 'ask-cost', policy('reject'), { code: 1 }, 'rejected', /--on-question says: .*140/],
    ['default', 'ask', policy('default'), deployed, null, /answer to q1: follow .*by policy/],
    ...(isFull
      ? ([
          ['approve', 'ask-cost', policy('approve'), deployed, null, /approve \(by policy/],
          ['approve', 'ask', policy('approve'), deployed, null, /answer to q1: approve \(by pol/],
          ['default', 'ask-cost', policy('default'), { code: 3 }, null, /tmux-builder approve/],
        ] as [string, string, string[], object, string | null, RegExp][])
      : []),
  ]
  it.each(rows)('--on-question %s, where the agent does %s', async (...row) => {
    const [, scenario, flags, wanted, reason, told] = row
    const lab = openCliLab()
    const done = await lab.run(registerArgs({ scenario }, ...flags))
    expect(done).toMatchObject(wanted)
    expect(done.stderr).toMatch(told)
    expect(buildsOf(lab)).toMatchObject([{ reason }])
    if (stateOf(lab) === 'awaiting_approval') await lab.run(['stop', guid])
  })

  it('a gate is refused when its time is over, and a plain question gets its default', async () => {
    const lab = openCliLab()
    const agent = await openSilentBuild(lab, '--approval-timeout', '1s')
    const colour = { id: 'q1', question: 'Colour?', default: 'red' }
    agent.ask(colour, cost(5, { id: 'q2', reason: 'security' }))
    await waitForState(lab, 'failed')
    expect(buildsOf(lab)).toMatchObject([{ reason: 'rejected' }])
    const events = await journalOf(lab)
    expect(events.filter((event) => event.type === 'answer')).toMatchObject([
      { id: 'q1', answer: 'red', decision: 'answer', by: 'timeout' },
      { id: 'q2', answer: 'rejected', decision: 'reject', by: 'timeout' },
    ])
    expect(events.at(-1)?.message).toContain('in time: May I spend 5?')
  })
})
