import { describe, expect, it } from 'vitest'
import { readProcessId } from '../../src/session/processes.ts'
import { killNow, urlPattern } from '../support/builds.ts'
import { type ClaudeCliLab, gaps, openClaudeCliLab, registerArgs } from '../support/claude-cli.ts'
import { requireClaudeProgramInCi } from '../support/claude-program.ts'
import { guid, waitFor } from '../support/cli-lab.ts'
import { findProcesses } from '../support/find-processes.ts'
import { followPrompt } from '../support/follow-prompt.ts'
import { few } from '../support/full.ts'
import { reboot } from '../support/losses.ts'

const program = requireClaudeProgramInCi()

/** Living Claude Codes of the lab: their conversations, as their command lines name them. */
const agentsOf = (lab: ClaudeCliLab): (string | undefined)[] => {
  const idAt = (argv: readonly string[]) =>
    argv.findIndex((word) => word === '--session-id' || word === '--resume') + 1
  return findProcesses(
    ({ argv, environment }) =>
      idAt(argv) > 0 && environment.some((entry) => entry.includes(lab.root)),
  ).map(({ argv }) => argv[idAt(argv)])
}

const marksOf = (texts: readonly string[]) =>
  texts.flatMap((text) => /\[[0-9a-f]{8}-[\w-]+\]/.exec(text) ?? [])

describe.skipIf(!program)('a conversation with Claude Code that is lost in its middle', () => {
  it.each(
    few(1, [
      ['with the tmux server', (lab: ClaudeCliLab) => lab.tmux('kill-server')],
      [
        'by kill -9 of the tmux server',
        async (lab: ClaudeCliLab) =>
          killNow(Number(await lab.tmux('display-message', '-p', '#{pid}'))),
      ],
      ['in a reboot', async (lab: ClaudeCliLab) => reboot(lab, 'gone')],
    ]),
  )('%s goes on after resume: one agent, the prompt once, the same attempt', async (_n, lose) => {
    // The model is thinking when it happens, and never answers that request.
    let isLost = false
    let isAsked = false
    const hang = () => {
      isAsked = true
      return 'hang' as const
    }
    const lab = await openClaudeCliLab(
      program ?? '',
      followPrompt({ instead: (step) => (step === 'code' && !isLost ? hang() : undefined) }),
    )
    expect((await lab.run(registerArgs('Build it', '--detach'))).code).toBe(0)
    await waitFor('the middle of the work', async () =>
      (await lab.events('status')).some((event) => event.status === 'implementing'),
    )
    await waitFor('the request that hangs', () => isAsked)
    const [conversation, ...others] = agentsOf(lab)
    expect(others).toEqual([])
    const agent = await lab.agentPid()
    await lose(lab)
    await waitFor('the agent’s end', () => !readProcessId(agent))
    expect(await lab.json(['status', guid])).toMatchObject({
      state: 'implementing',
      alive: { agent: false, supervisor: false },
    })
    isLost = true

    // At boot nobody brings the key: the build has it.
    Reflect.deleteProperty(lab.env, 'ANTHROPIC_API_KEY')
    const all = await Promise.all([1, 2, 3].map(() => lab.run(['resume', guid])))
    expect(all.map(({ code }) => code)).toEqual([0, 0, 0])
    await waitFor('the agent', () => agentsOf(lab).length > 0, 60_000)
    expect(agentsOf(lab)).toEqual([conversation])
    const done = await lab.run(['status', guid, '--watch'])
    expect(done).toMatchObject({ code: 0, stdout: expect.stringMatching(urlPattern) })

    const events = await lab.events()
    expect(gaps(events)).toEqual([])
    const of = (type: string) => events.filter((event) => event.type === type)
    expect(of('retry')).toEqual([])
    expect(of('resumed')).toHaveLength(1)
    expect(of('deployed')).toMatchObject([{ attempt: 1 }])
    expect(of('agent_started').map(({ resumed }) => resumed)).toEqual([false, true])
    expect(of('prompt_delivered').map(({ prompt }) => prompt)).toEqual(['autonomous_agent', 'lost'])
    expect(new Set(lab.api.requests.map((turn) => turn.conversation))).toEqual(
      new Set([conversation]),
    )
    // The model has the conversation as it was, with each line of ours once.
    const marks = marksOf(lab.api.requests.at(-1)?.userTexts ?? [])
    expect(marks).toHaveLength(2)
    expect(new Set(marks).size).toBe(2)
  })
})
