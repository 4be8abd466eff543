import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { claude } from '../../src/agents/claude/claude-profile.ts'
import {
  type ClaudeLab,
  openClaudeLab,
  requireClaudeProgramInCi,
} from '../support/claude-program.ts'
import { die, type FollowOptions, followPrompt } from '../support/follow-prompt.ts'
import { isFull } from '../support/full.ts'
import { apiError, type MessagesApi, startMessagesApi } from '../support/messages-api.ts'

const program = requireClaudeProgramInCi()

/** The scripted agent itself, so that tests with the whole command can rely on it. */
describe.skipIf(!program)('the scripted agent in the real program', () => {
  let api: MessagesApi
  let lab: ClaudeLab
  let message: string
  const open = async (options: FollowOptions) => {
    api = await startMessagesApi(followPrompt(options))
    lab = await openClaudeLab(program ?? '', api.url)
    await claude.prepare(lab.place)
    const { promptsFolder, workspace } = lab.place
    const file = join(promptsFolder, '001-autonomous_agent.md')
    writeFileSync(
      file,
      `## Facts\n\n- build: 1\n- attempt: 2\n- workspace: ${workspace}\n- request_file: ${file}\n- deploy_command: echo http://127.0.0.1:4321/\n`,
    )
    message = `Read ${file} and do what it says.`
  }
  const read = (name: string) =>
    JSON.parse(readFileSync(join(lab.place.workspace, name), 'utf8')) as Record<string, unknown>
  afterEach(async () => {
    await lab.close()
    await api.close()
  })

  it('asks, ends its turn, and goes on with the next message', async () => {
    await open({ question: { id: 'q1', question: 'Which?', reason: 'other' } })
    const pane = await lab.start(message)
    await lab.hook('Stop')
    expect(read('status.json')).toMatchObject({ status: 'awaiting_approval', attempt: 2 })
    expect(read('clarifications.json')).toMatchObject({ questions: [{ id: 'q1' }] })
    await lab.paste(pane, `Your answers are in ${lab.place.promptsFolder}/002-answers.md.`)
    await lab.tmux('send-keys', '-t', pane.id, 'Enter')
    await lab.hook('Stop', 2)
    expect(read('status.json')).toMatchObject({ status: 'deployed', attempt: 2 })
  })

  it('reports an error in the attempts that are to fail', async () => {
    await open({ errorOnAttempts: [2] })
    await lab.start(message)
    await lab.hook('Stop')
    expect(read('status.json')).toMatchObject({ status: 'error', attempt: 2 })
  })

  it.runIf(isFull)('goes on where it was after it died in the middle', async () => {
    let deaths = 0
    await open({
      instead: (step) => {
        if (step !== 'code' || deaths > 0) return undefined
        deaths += 1
        return die
      },
    })
    const pane = await lab.start(message)
    const isDead = () => lab.tmux('display-message', '-p', '-t', pane.id, '#{pane_dead}')
    await lab.waitFor('death', async () => (await isDead()) === '1')
    await lab.start('Go on.', true)
    await lab.hook('Stop')
    expect(read('status.json')).toMatchObject({ status: 'deployed' })
    expect(api.userTexts()).toEqual([message, 'Go on.'])
    const done = api.requests.at(-1)?.toolResults.map(({ id }) => id.split('_')[1])
    expect(done?.slice(0, 4)).toEqual(['prompt', 'facts', 'planning', 'implementing'])
    // Then the death, whose result was never recorded, and the rest: nothing is done twice.
    expect(done?.slice(5)).toEqual([
      'code',
      'deploying',
      'deploy',
      'summary',
      'completion',
      'deployed',
    ])
  })

  it.runIf(isFull)('tells of a credit that ran out while it worked', async () => {
    const broke = apiError(400, 'invalid_request_error', 'Your credit balance is too low')
    await open({ instead: (step) => (step === 'deploy' ? broke : undefined) })
    await lab.start(message)
    expect(await lab.hook('StopFailure')).toMatchObject({ error: 'billing_error' })
    expect(read('status.json')).toMatchObject({ status: 'deploying' })
  })
})
