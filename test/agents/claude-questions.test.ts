import { describe, expect, it } from 'vitest'
import { shellQuote } from '../../src/world/shell-quote.ts'
import { gaps, openClaudeCliLab, registerArgs } from '../support/claude-cli.ts'
import { requireClaudeProgramInCi } from '../support/claude-program.ts'
import { guid, program as tmuxBuilder } from '../support/cli-lab.ts'
import { followPrompt } from '../support/follow-prompt.ts'
import { bash, say } from '../support/messages-api.ts'

const program = requireClaudeProgramInCi()
const urlAlone = /^http:\/\/127\.0\.0\.1:\d+\/\n$/

describe.skipIf(!program)('questions of the real Claude Code', () => {
  it('it asks, is answered, and goes on; a cost holds it, and it cannot approve that itself', async () => {
    const command = [process.execPath, tmuxBuilder].map(shellQuote).join(' ')
    const lab = await openClaudeCliLab(
      program as string,
      followPrompt({
        question: { id: 'q1', question: 'Dark or light?', reason: 'tradeoff', options: ['dark'] },
        instead: (step, facts, turn) => {
          const isDone = turn.toolResults.some(({ id }) => id === 'toolu_implementing_cost')
          if (step !== 'code' || turn.userTexts.filter(isAnswerLine).length > 1) return undefined
          if (isDone) return say('I wait for the approval.')
          const workspace = shellQuote(facts.get('workspace') ?? '')
          const report = `{"status":"implementing","phase":2,"progress":41,"message":"Dear","cost_estimate_monthly":140}`
          return bash(
            [
              `cd ${workspace} && echo '${report}' > status.json.new && mv status.json.new status.json`,
              `until ${command} status ${guid} --json | grep -q cost-140; do :; done`,
              `${command} approve ${guid}; echo "with: $?"`,
              `env -u TMUX_BUILDER_SESSION ${command} approve ${guid}; echo "without: $?"`,
              `mkdir -p code && echo '<h1>x' > code/index.html && ${command} deploy ${guid} --dir code; echo "deploy: $?"`,
            ].join('\n'),
            'toolu_implementing_cost',
          )
        },
      }),
    )
    const asked = await lab.run(registerArgs('A page', '--max-attempts', '1'))
    expect(asked).toMatchObject({ code: 3, stdout: '' })
    expect(asked.stderr).toContain(`tmux-builder answer ${guid.slice(0, 12)} --question q1 TEXT`)
    expect((await lab.run(['answer', guid, 'dark'])).code).toBe(0)

    const held = await lab.run(['status', guid, '--watch'])
    expect(held).toMatchObject({ code: 3, stdout: '' })
    expect(held.stderr).toContain(`tmux-builder approve ${guid.slice(0, 12)} --question cost-140`)
    await expect
      .poll(() => lab.api.requests.at(-1)?.toolResults.at(-1)?.text, { timeout: 60_000 })
      .toMatch(/with: 6[\s\S]*without: 6[\s\S]*deploy: 3/)
    expect(await lab.events('answer')).toHaveLength(1)
    expect((await lab.run(['approve', guid])).code).toBe(0)

    const done = await lab.run(['status', guid, '--watch'])
    expect(done).toMatchObject({ code: 0, stdout: expect.stringMatching(urlAlone) })
    const lines = lab.api.userTexts().filter(isAnswerLine)
    expect(new Set(lines).size).toBe(2)
    expect(lines).toHaveLength(2)
    const events = await lab.events()
    expect(gaps(events)).toEqual([])
    expect(events.filter((event) => event.type === 'answer')).toMatchObject([
      { id: 'q1', answer: 'dark', by: 'user' },
      { id: 'cost-140', decision: 'approve', by: 'user' },
    ])
    expect(events.filter((event) => event.prompt === 'answer')).toHaveLength(2)
  })
})

const isAnswerLine = (line: string) => line.includes('answers.json')
