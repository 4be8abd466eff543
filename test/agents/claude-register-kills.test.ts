import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it, onTestFailed } from 'vitest'
import { type ClaudeCliLab, gaps, openClaudeCliLab, registerArgs } from '../support/claude-cli.ts'
import { requireClaudeProgramInCi } from '../support/claude-program.ts'
import { guid } from '../support/cli-lab.ts'
import { findProcesses } from '../support/find-processes.ts'
import { followPrompt } from '../support/follow-prompt.ts'
import { isFull } from '../support/full.ts'

const program = requireClaudeProgramInCi()
const kills = isFull ? 20 : 6
/** The longest time that a supervisor lives: a build's prompt, question, reports and verification are all met. */
const longestLifeMs = 900

/** The lab's supervisor that runs now: node itself, not the shell loop that starts it again. */
const findSupervisor = (lab: ClaudeCliLab): number | undefined =>
  findProcesses(
    ({ argv, environment }) =>
      argv.at(-2) === 'supervise' &&
      argv.at(-1) === guid &&
      environment.some((entry) => entry.includes(lab.root)),
  )[0]?.pid

/** Kills supervisors at random moments of their lives, which it notes, until that was enough or `isOver`. */
async function killSupervisors(lab: ClaudeCliLab, lives: number[], isOver: () => boolean) {
  let last: number | undefined
  while (lives.length < kills && !isOver()) {
    const pid = findSupervisor(lab)
    if (pid === undefined || pid === last) {
      await delay(5)
      continue
    }
    const lifeMs = Math.floor(Math.random() ** 2 * longestLifeMs)
    await delay(lifeMs)
    try {
      process.kill(pid, 'SIGKILL')
      lives.push(lifeMs)
      last = pid
    } catch {
      // It ended by itself.
    }
  }
}

describe.skipIf(!program)('a conversation with Claude Code', () => {
  it(`gets every prompt exactly once though its supervisor is killed ${kills} times`, async () => {
    const lives: number[] = []
    onTestFailed(() => console.error('the supervisors lived for (ms):', lives.join(', ')))
    const question = { id: 'q1', question: 'Blue or red?', reason: 'tradeoff' }
    const lab = await openClaudeCliLab(
      program ?? '',
      followPrompt({ errorOnAttempts: [1], question }),
    )
    const build = async (args: readonly string[]) => {
      let isOver = false
      const killing = killSupervisors(lab, lives, () => isOver)
      let done = await lab.run(args)
      // Each attempt asks, and whoever watches leaves at an open question.
      while (done.code === 3) {
        await lab.run(['answer', guid, 'Blue'])
        done = await lab.run(['status', guid, '--watch'])
      }
      isOver = true
      await killing
      expect(done).toMatchObject({ code: 0 })
    }
    await build(registerArgs('Build it'))
    for (let change = 1; lives.length < kills; change++)
      await build(['refine', guid, '--request', `Change ${change}`])

    const events = await lab.events()
    expect(gaps(events)).toEqual([])
    const types = (type: string) => events.filter((event) => event.type === type)
    const builds = types('registered').length
    expect(types('deployed')).toHaveLength(builds)
    expect(types('agent_started')).toHaveLength(1)
    expect(types('retry').map(({ reason }) => reason)).toEqual(Array(builds).fill('agent_error'))
    // Per build: two attempts, each with a question. Every line reached the model once, and every one has its event.
    const marks = lab.api.userTexts().flatMap((text) => /\[[0-9a-f]{8}-[\w-]+\]/.exec(text) ?? [])
    expect(marks).toEqual([...new Set(marks)])
    const isAnswer = (mark: string) => /-l\d+\]$/.test(mark)
    const prompts = types('prompt_delivered').map(({ prompt }) => prompt === 'answer')
    expect(prompts).toEqual(marks.map(isAnswer))
    expect(marks.filter((mark) => !isAnswer(mark))).toHaveLength(builds * 2)
  })
})
