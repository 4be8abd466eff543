import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findPromptFile, parseFacts } from '../../packages/demo-agent/src/order.ts'
import { gaps, openClaudeCliLab, registerArgs } from '../support/claude-cli.ts'
import { requireClaudeProgramInCi } from '../support/claude-program.ts'
import { guid } from '../support/cli-lab.ts'
import { followPrompt } from '../support/follow-prompt.ts'
import { few, isFull } from '../support/full.ts'
import { type ReplyBlock, type Script, say } from '../support/messages-api.ts'

const program = requireClaudeProgramInCi()

type Facts = ReadonlyMap<string, string>
const bashBlock = (command: string): ReplyBlock => ({
  type: 'tool_use',
  name: 'Bash',
  input: { command },
})

/** A report written where it lies, so that it can be seen half-written. */
const report = (facts: Facts, status: string, phase: number, more = '') =>
  `cat > status.json <<TB\n{"status":"${status}","phase":${phase},"progress":${phase * 25},"message":"${status}","build":${facts.get('build')},"attempt":${facts.get('attempt')}${more}}\nTB`
const deployed = (facts: Facts, url: string) =>
  report(facts, 'deployed', 4, `,"deployment_url":"${url}"`)
const site =
  'mkdir -p code && echo "<!doctype html><title>Mine</title><h1>Made by hand</h1>" > code/index.html'

/** An agent in a style of its own: reads the prompt with the tool `Read`, then gives each reply in turn and ends. */
const inOwnStyle =
  (...replies: readonly ((facts: Facts) => readonly ReplyBlock[])[]): Script =>
  (turn) => {
    const [read] = turn.toolResults
    if (!read) {
      const file_path = findPromptFile(turn.lastUserText) ?? 'none'
      return [
        { type: 'text', text: 'I shall read it.' },
        { type: 'tool_use', name: 'Read', input: { file_path } },
      ]
    }
    // The tool numbers the lines.
    const facts = parseFacts(read.text.replaceAll(/^\s*\d+[→\t]/gm, ''))
    const turns = turn.messages.filter((message) => message.role === 'assistant').length
    return replies[turns - 1]?.(facts) ?? say('Done.')
  }

describe.skipIf(!program)('tmux-builder with agents of other habits', () => {
  it.each<[string, Script]>(
    few(2, [
      [
        'does all in one turn of parallel calls and reports in place, many times in a moment',
        inOwnStyle((facts) => [
          bashBlock(report(facts, 'planning', 1)),
          bashBlock(`${report(facts, 'implementing', 2)}\n${report(facts, 'deploying', 3)}`),
          bashBlock(
            `${site}\nurl=$(${facts.get('deploy_command')} code)\n${deployed(facts, '$url')}`,
          ),
        ]),
      ],
      [
        'names the address without the slash at its end, and no build and attempt',
        inOwnStyle((facts) => [
          bashBlock(
            `${site}\nurl=$(${facts.get('deploy_command')} code); bare=\${url%/}\n${deployed(facts, '$bare').replace(/,"build":\d+,"attempt":\d+/, '')}`,
          ),
        ]),
      ],
      [
        'ends its turn before its last report is written',
        inOwnStyle((facts) => [
          bashBlock(
            `${site}\nurl=$(${facts.get('deploy_command')} code)\nexport url\nnohup setsid sh -c 'sleep 2\n${deployed(facts, '$url')}' > /dev/null 2>&1 &`,
          ),
        ]),
      ],
      [
        'writes its report in two halves, a moment apart',
        inOwnStyle((facts) => [
          bashBlock(
            `${site}\nurl=$(${facts.get('deploy_command')} code)\n${deployed(facts, '$url')}\nmv status.json whole; head -c 40 whole > status.json; sleep 0.4; tail -c +41 whole >> status.json`,
          ),
        ]),
      ],
      [
        'goes on working after it has reported',
        inOwnStyle(
          (facts) => [
            bashBlock(
              `${site}\nurl=$(${facts.get('deploy_command')} code)\n${deployed(facts, '$url')}`,
            ),
          ],
          () => [{ type: 'text', text: 'More.' }, bashBlock('sleep 3; date')],
          () => [bashBlock('date'), bashBlock('date')],
        ),
      ],
    ]),
  )('accepts one that %s', async (_, script) => {
    const lab = await openClaudeCliLab(program ?? '', script)
    const done = await lab.run(registerArgs('Build it'))
    expect(done).toMatchObject({ code: 0, stdout: expect.stringMatching(/^http.*\/\n$/) })
    expect(await (await fetch(done.stdout.trim())).text()).toContain('Made by hand')
    expect(gaps(await lab.events())).toEqual([])
    expect(await lab.events('retry')).toEqual([])
  })

  it.runIf(isFull)(
    'tells a busy agent of answers too, once, though it has read them itself',
    async () => {
      const question = '{"questions":[{"id":"q1","question":"Blue?","reason":"other"}]}'
      const lab = await openClaudeCliLab(
        program ?? '',
        inOwnStyle(
          (facts) => [
            bashBlock(
              `rm -f answers.json; echo '${question}' > clarifications.json; ${report(facts, 'awaiting_approval', 1)}\nuntil [ -f answers.json ]; do sleep 0.2; done; sleep 5`,
            ),
          ],
          (facts) => [
            bashBlock(
              `${site}\nurl=$(${facts.get('deploy_command')} code)\n${deployed(facts, '$url')}`,
            ),
          ],
        ),
      )
      expect(await lab.run(registerArgs('Build it'))).toMatchObject({ code: 3, stdout: '' })
      expect(await lab.run(['answer', guid, 'Blue'])).toMatchObject({ code: 0 })
      expect(await lab.run(['status', guid, '--watch'])).toMatchObject({ code: 0 })
      const delivered = await lab.events('prompt_delivered')
      expect(delivered.map(({ prompt }) => prompt)).toEqual(['autonomous_agent', 'answer'])
      // Versions before some 2.1.2xx call no hook for a queued message.
      expect(delivered[1]?.confirmed_by).toMatch(/^(UserPromptSubmit|transcript)$/)
      expect(JSON.stringify(lab.api.requests.at(-1)?.messages).split('-1-1-l1]')).toHaveLength(2)
    },
  )

  it.runIf(isFull)(
    'gives a refinement to an agent that still works after its deployment',
    async () => {
      let isBusy = false
      const follow = followPrompt({
        afterwards: (facts) => {
          isBusy = facts.get('build') === '1'
          return isBusy ? [bashBlock('sleep 6')] : undefined
        },
      })
      const lab = await openClaudeCliLab(program ?? '', follow)
      expect(await lab.run(registerArgs('Build it'))).toMatchObject({ code: 0 })
      expect(await lab.run(['refine', guid, '--request', 'Make it blue'])).toMatchObject({
        code: 0,
      })
      expect(await lab.events('agent_started')).toHaveLength(1)
      const file = String((await lab.events('prompt_delivered'))[1]?.file)
      expect(readFileSync(join(lab.folder, file), 'utf8')).toContain('Make it blue')
      expect(lab.api.userTexts().filter((text) => text.includes(file))).toHaveLength(1)
    },
  )
})
