import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import {
  buildsOf,
  countOf,
  expectGapless,
  fetchPage,
  journalOf,
  killNow,
  promptsTaken,
  refineArgs,
  registerArgs,
  rowsOf,
  urlPattern,
  waitForState,
} from '../support/builds.ts'
import { type CliLab, guid, openCliLab, type Running, waitFor } from '../support/cli-lab.ts'
import { isFull } from '../support/full.ts'
import { seededRandom } from '../support/random.ts'

const rivals = isFull ? 50 : 10

/** One build of that number, begun once, told once, by one agent, and live. */
async function expectOneBuild(lab: CliLab, build: number, url: string, agentStarts = 1) {
  expect(buildsOf(lab)).toHaveLength(build)
  const events = await journalOf(lab)
  expectGapless(events)
  const own = events.filter((event) => event.build === build)
  expect(countOf(own, 'registered')).toBe(1)
  expect(countOf(own, 'agent_started')).toBe(agentStarts)
  expect(countOf(own, 'prompt_delivered')).toBe(1)
  expect(countOf(own, 'retry')).toBe(0)
  expect(countOf(own, 'deployed')).toBe(1)
  expect(new Set(promptsTaken(lab)).size).toBe(build)
  expect(promptsTaken(lab)).toHaveLength(build)
  expect((await fetchPage(url.trim())).status).toBe(200)
}

const startMany = (lab: CliLab, args: readonly string[], count = rivals): Running[] =>
  Array.from({ length: count }, () => lab.start(args))

/** All of them ended with 0 and printed the same address, which is returned. */
async function expectAgreement(running: readonly Running[]): Promise<string> {
  const done = await Promise.all(running.map((one) => one.done))
  for (const one of done) {
    expect(one.code, one.stderr).toBe(0)
    expect(one).toMatchObject({ code: 0, stdout: expect.stringMatching(urlPattern) })
  }
  expect(new Set(done.map((one) => one.stdout)).size).toBe(1)
  return done[0]?.stdout ?? ''
}

test(`${rivals} registers of one request at once make exactly one build`, async () => {
  const lab = openCliLab()
  const url = await expectAgreement(startMany(lab, registerArgs({ pace: 20 })))
  await expectOneBuild(lab, 1, url)
  // Nothing that the losers made aside is left.
  expect(readdirSync(join(lab.home, 'sessions'))).toEqual([guid])
})

test.runIf(isFull)(
  `${rivals} registers at once, a third of them killed at random: the others print the address`,
  async () => {
    const random = seededRandom('concurrency')
    for (let round = 0; round < (isFull ? 5 : 2); round++) {
      const lab = openCliLab()
      const running = startMany(lab, registerArgs({ pace: 20 }))
      const victims = running.filter((_, index) => index % 3 === 0)
      await Promise.all(
        victims.map(async (victim) => {
          await delay(random.between(50, 150 * rivals))
          killNow(victim.pid)
        }),
      )
      const survivors = running.filter((one) => !victims.includes(one))
      const url = await expectAgreement(survivors)
      await expectOneBuild(lab, 1, url)
      await lab.close()
    }
  },
)

test.runIf(isFull)(
  `${rivals} registers with --detach at once all hand over the one build`,
  async () => {
    const lab = openCliLab()
    const done = await Promise.all(
      startMany(lab, registerArgs({ pace: 20 }, '--detach')).map((one) => one.done),
    )
    for (const one of done) expect(one).toMatchObject({ code: 0, stdout: `${guid}\n` })
    await waitForState(lab, 'deployed')
    await expectOneBuild(lab, 1, buildsOf(lab)[0]?.url ?? '')
  },
)

test.runIf(isFull)(
  `${rivals} refinements of one request at once make exactly one build`,
  async () => {
    const lab = openCliLab()
    const built = await lab.run(registerArgs())
    const url = await expectAgreement(startMany(lab, refineArgs('Make the header green')))
    expect(url).toBe(built.stdout)
    // Pasted into the living conversation: no second agent.
    await expectOneBuild(lab, 2, url, 0)
  },
)

test.runIf(isFull)(
  'of two different requests at once one wins, the other is told of the conflict',
  async () => {
    for (let round = 0; round < (isFull ? 10 : 2); round++) {
      const lab = openCliLab()
      const done = await Promise.all(
        ['Build a poll', 'Build a quiz'].map(
          (request) => lab.start(registerArgs({ request, pace: 20 })).done,
        ),
      )
      expect(done.map((one) => one.code).sort()).toEqual([0, 6])
      const url = done.find((one) => one.code === 0)?.stdout ?? ''
      await expectOneBuild(lab, 1, url)
      await lab.close()
    }
  },
)

test.runIf(isFull)(
  'a register and a refine at once: one wins, and nothing is mixed up',
  async () => {
    const lab = openCliLab()
    const built = await lab.run(registerArgs())
    const [registered, refined] = await Promise.all([
      lab.run(registerArgs({ request: 'Build a poll', pace: 20 })),
      lab.run(refineArgs('Make the header green')),
    ])
    expect([registered.code, refined.code].sort()).toEqual([0, 6])
    const url = [registered, refined].find((one) => one.code === 0)?.stdout
    expect(url).toBe(built.stdout)
    expect(buildsOf(lab)).toMatchObject([{ state: 'deployed' }, { state: 'deployed' }])
  },
)

test('builds of different sessions at once all end well, each at an address of its own', async () => {
  const lab = openCliLab()
  const count = isFull ? 20 : 5
  const done = await Promise.all(
    Array.from({ length: count }, (_, index) => {
      const identity = ['--email', `user${index}@example.com`, '--phone', '+15551234567']
      return lab.run(registerArgs({ identity, request: `Build a quiz number ${index}`, pace: 20 }))
    }),
  )
  for (const one of done)
    expect(one).toMatchObject({ code: 0, stdout: expect.stringMatching(urlPattern) })
  expect(new Set(done.map((one) => one.stdout)).size).toBe(count)
  for (const [index, one] of done.entries())
    expect((await fetchPage(one.stdout.trim())).text).toContain(`Build a quiz number ${index}`)
  for (const { guid: of } of rowsOf<{ guid: string }>(lab, 'SELECT guid FROM sessions')) {
    const events = await journalOf(lab, of)
    expectGapless(events)
    expect(countOf(events, 'registered')).toBe(1)
    expect(countOf(events, 'retry')).toBe(0)
  }
})

test('stop at any moment of the start wins over it: no build goes on behind it', async () => {
  const random = seededRandom('stop')
  for (let round = 0; round < (isFull ? 30 : 5); round++) {
    const lab = openCliLab()
    // At this pace no build is deployed before a slow machine has stopped it.
    const running = lab.start(registerArgs({ pace: 1_000 }))
    await waitFor('a build', () => buildsOf(lab).length > 0)
    await delay(random.between(0, 400))
    expect((await lab.run(['stop', guid])).code).toBe(0)
    const done = await running.done
    expect(done).toMatchObject({ stdout: '' })
    expect([1, 5]).toContain(done.code)
    expect(buildsOf(lab)).toMatchObject([{ state: 'stopped' }])
    await lab.close()
  }
})
