import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
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
  refineArgs,
  registerArgs,
  rowsOf,
  stateOf,
  urlPattern,
} from '../support/builds.ts'
import { type CliLab, type Finished, guid, openCliLab, waitFor } from '../support/cli-lab.ts'
import { isFull } from '../support/full.ts'
import { type Random, seededRandom } from '../support/random.ts'

/**
 * Kills one of a window's processes at random moments for as long as the build runs; resolves to how often.
 * `atMost` kills at all.
 */
async function killWhile(
  lab: CliLab,
  random: Random,
  build: Promise<Finished>,
  victim: {
    window: 'supervisor' | 'agent'
    word: string
    gapMs: readonly [number, number]
    atMost: number
  },
): Promise<number> {
  let isOver = false
  void build.then(() => {
    isOver = true
  })
  let kills = 0
  while (!isOver && kills < victim.atMost) {
    await delay(random.between(...victim.gapMs))
    const [pid] = findWindowProcesses(lab, victim.window, victim.word)
    if (pid !== undefined && !isOver && killNow(pid)) kills++
  }
  return kills
}

/** Everything that must hold of a session whose builds are all deployed, however often somebody was killed. */
async function expectNothingTwice(
  lab: CliLab,
  url: string,
  expected: { prompts: number; agents: number },
) {
  const events = await journalOf(lab)
  expectGapless(events)
  const builds = buildsOf(lab)
  for (const { build, state } of builds) {
    const own = events.filter((event) => event.build === build)
    expect(state).toBe('deployed')
    expect(countOf(own, 'registered')).toBe(1)
    expect(countOf(own, 'deployed')).toBe(1)
    expect(countOf(own, 'verified')).toBe(1)
    expect(own.at(-1)?.type).toBe('deployed')
  }
  const delivered = events.filter((event) => event.type === 'prompt_delivered')
  expect(delivered).toHaveLength(expected.prompts)
  expect(new Set(delivered.map((event) => event.sha256)).size).toBe(expected.prompts)
  expect(countOf(events, 'agent_started')).toBe(expected.agents)
  expect(agentStarts(lab)).toBe(expected.agents)
  // Every line that was ever to be sent stands in the agent's own transcripts, once.
  const lines = rowsOf<{ line: string }>(lab, 'SELECT line FROM deliveries').map((row) => row.line)
  expect(lines).toHaveLength(expected.prompts)
  expect(promptsTaken(lab).sort()).toEqual(lines.sort())
  expect((await fetchPage(url.trim())).status).toBe(200)
  expect(url.trim()).toBe(builds.at(-1)?.url)
}

const supervisor = { window: 'supervisor', word: 'supervise' } as const

async function buildUnderFire(lab: CliLab, random: Random, args: readonly string[]) {
  const running = lab.start(args)
  const kills = await killWhile(lab, random, running.done, {
    ...supervisor,
    gapMs: [30, 900],
    // Some 12 s: a slow machine's supervisors never live to their first record, and a command waits 20 s for one.
    atMost: 20,
  })
  const done = await running.done
  return { kills, done }
}

test(
  'the supervisor is killed at random moments: nothing is lost, nothing is done twice',
  async () => {
    const random = seededRandom('chaos')
    const wanted = isFull ? 200 : 6
    let kills = 0
    for (let round = 0; kills < wanted; round++) {
      const lab = openCliLab()
      const pace = random.between(30, 60)
      let built: Awaited<ReturnType<typeof buildUnderFire>>
      if (round % 3 === 0) {
        // Then a refinement, pasted into the living conversation.
        built = await buildUnderFire(lab, random, registerArgs({ pace }))
        expect(built.done.code).toBe(0)
        const refined = await buildUnderFire(lab, random, refineArgs('Make the header green'))
        kills += refined.kills
        expect(refined.done).toMatchObject({ code: 0, stdout: built.done.stdout })
        await expectNothingTwice(lab, built.done.stdout, { prompts: 2, agents: 1 })
      } else if (round % 3 === 1) {
        built = await buildUnderFire(lab, random, registerArgs({ scenario: 'error-once', pace }))
        expect(built.done).toMatchObject({ code: 0, stdout: expect.stringMatching(urlPattern) })
        await expectNothingTwice(lab, built.done.stdout, { prompts: 2, agents: 1 })
        expect(countOf(await journalOf(lab), 'retry')).toBe(1)
      } else {
        built = await buildUnderFire(lab, random, registerArgs({ scenario: 'ask', pace }))
        expect(built.done.code).toBe(3)
        expect((await lab.run(['answer', guid, 'always dark'])).code).toBe(0)
        const watched = await buildUnderFire(lab, random, registerArgs({ scenario: 'ask', pace }))
        kills += watched.kills
        expect(watched.done).toMatchObject({ code: 0, stdout: expect.stringMatching(urlPattern) })
        await expectNothingTwice(lab, watched.done.stdout, { prompts: 2, agents: 1 })
        const events = await journalOf(lab)
        expect(countOf(events, 'question')).toBe(1)
        expect(countOf(events, 'answer')).toBe(1)
      }
      kills += built.kills
      await lab.close()
    }
    console.log(`chaos: ${kills} supervisors killed`)
  },
  isFull ? 1_800_000 : 300_000,
)

test.runIf(isFull)('the supervisor is killed right after each event that it writes', async () => {
  const lab = openCliLab()
  const running = lab.start(registerArgs({ scenario: 'error-once', pace: 30 }))
  await waitFor('records', () => stateOf(lab))
  const db = new DatabaseSync(join(lab.home, 'tmux-builder.db'), { readOnly: true, timeout: 5_000 })
  const last = db.prepare('SELECT seq, type FROM events ORDER BY seq DESC LIMIT 1')
  const process = db.prepare('SELECT supervisor_process FROM sessions')
  let isOver = false
  void running.done.then(() => {
    isOver = true
  })
  let seen = 0
  while (!isOver) {
    const event = last.get() as { seq: number; type: string }
    if (event.seq > seen && event.type !== 'supervisor_started') {
      const { supervisor_process: recorded } = process.get() as {
        supervisor_process: string | null
      }
      if (recorded) killNow(JSON.parse(recorded).pid)
    }
    seen = event.seq
    await delay(1)
  }
  db.close()
  const done = await running.done
  expect(done).toMatchObject({ code: 0, stdout: expect.stringMatching(urlPattern) })
  await expectNothingTwice(lab, done.stdout, { prompts: 2, agents: 1 })
})

test.runIf(isFull)(
  'supervisors that nobody asked for keep out of a build that has one',
  async () => {
    const lab = openCliLab()
    const running = lab.start(registerArgs({ scenario: 'error-once', pace: 40 }))
    await waitFor('records', () => stateOf(lab))
    const others = Array.from({ length: 3 }, () => lab.start(['supervise', guid]))
    const done = await running.done
    expect(done).toMatchObject({ code: 0, stdout: expect.stringMatching(urlPattern) })
    for (const other of others) expect((await other.done).code).toBe(0)
    await expectNothingTwice(lab, done.stdout, { prompts: 2, agents: 1 })
    expect(countOf(await journalOf(lab), 'supervisor_started')).toBe(1)
  },
)

test.runIf(isFull)(
  'the supervisor is killed at the end of a build, and the next one begins at once',
  async () => {
    const random = seededRandom('chaos at the end')
    const lab = openCliLab()
    const rounds = isFull ? 30 : 5
    const all: Promise<Finished>[] = []
    for (let round = 1; round <= rounds; round++) {
      // Another option of the agent: the tmux session is made anew each time, which a supervisor must not come across.
      all.push(lab.run(registerArgs({ pace: round % 2 }, '--rebuild')))
      await waitFor(`build ${round} deployed`, () =>
        buildsOf(lab).some((one) => one.build === round && one.state === 'deployed'),
      )
      await delay(random.between(0, 20))
      for (const pid of findWindowProcesses(lab, 'supervisor', 'supervise')) killNow(pid)
      await delay(random.between(0, 150))
    }
    const done = await Promise.all(all)
    for (const one of done) expect(one).toMatchObject({ code: 0, stdout: done[0]?.stdout })
    await expectNothingTwice(lab, done[0]?.stdout ?? '', { prompts: rounds, agents: rounds })
    expect(countOf(await journalOf(lab), 'retry')).toBe(0)
    // What the agent may see was not taken away by the supervisor of the build before.
    const [agent] = findWindowProcesses(lab, 'agent', 'demo.js')
    expect(readFileSync(`/proc/${agent}/environ`, 'utf8')).toContain(`HOME=${lab.env.HOME}`)
  },
)

test.runIf(isFull)(
  'register is killed at random moments of its start: the next one makes it one build',
  async () => {
    const random = seededRandom('killed starts')
    const rounds = isFull ? 60 : 6
    for (let round = 0; round < rounds; round++) {
      const lab = openCliLab()
      const running = lab.start(registerArgs({ pace: 20 }))
      await delay(random.between(60, 500))
      killNow(running.pid)
      await running.done
      const done = await lab.run(registerArgs({ pace: 20 }))
      expect(done.code, done.stderr).toBe(0)
      expect(done).toMatchObject({ code: 0, stdout: expect.stringMatching(urlPattern) })
      expect(buildsOf(lab)).toHaveLength(1)
      await expectNothingTwice(lab, done.stdout, { prompts: 1, agents: 1 })
      expect(countOf(await journalOf(lab), 'session_created')).toBe(1)
      await lab.close()
    }
  },
  isFull ? 1_200_000 : 300_000,
)

test.runIf(isFull)(
  'the agent is killed at random moments: attempt follows attempt until it is deployed',
  async () => {
    const random = seededRandom('killed agents')
    const rounds = isFull ? 20 : 3
    let all = 0
    for (let round = 0; round < rounds; round++) {
      const lab = openCliLab()
      const running = lab.start(
        registerArgs({ pace: random.between(20, 50) }, '--max-attempts', '20'),
      )
      const kills = await killWhile(lab, random, running.done, {
        window: 'agent',
        word: 'demo.js',
        gapMs: [100, 1_500],
        atMost: 4,
      })
      const done = await running.done
      expect(done).toMatchObject({ code: 0, stdout: expect.stringMatching(urlPattern) })
      const events = await journalOf(lab)
      expectGapless(events)
      expect(countOf(events, 'retry')).toBeLessThanOrEqual(kills)
      expect(countOf(events, 'retry')).toBe(countOf(events, 'agent_exited'))
      const attempts = Number(events.at(-1)?.attempt)
      expect(attempts).toBe(countOf(events, 'retry') + 1)
      const taken = promptsTaken(lab)
      expect(new Set(taken).size).toBe(taken.length)
      expect((await fetchPage(done.stdout.trim())).status).toBe(200)
      all += kills
      await lab.close()
    }
    expect(all).toBeGreaterThan(0)
  },
)
