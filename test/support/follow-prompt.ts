/** A script for the Messages API that behaves as a good agent: it does what the prompt file says, by real tool calls. */
import { findPromptFile, parseFacts } from '../../packages/demo-agent/src/order.ts'
import { shellQuote } from '../../src/world/shell-quote.ts'
import {
  bash,
  blocksOf,
  call,
  type Reply,
  type Script,
  say,
  type ToolResult,
  type Turn,
} from './messages-api.ts'

export type StepName =
  | 'prompt'
  | 'facts'
  | 'planning'
  | 'question'
  | 'implementing'
  | 'code'
  | 'error'
  | 'deploying'
  | 'deploy'
  | 'summary'
  | 'completion'
  | 'deployed'

export interface FollowOptions {
  /** Attempts that report `error` in place of a deployment. */
  readonly errorOnAttempts?: readonly number[]
  /** Asked before anything is built; the turn ends, and the next message of the user goes on. */
  readonly question?: Readonly<Record<string, unknown>>
  /** The address it claims, in place of the one that the deploy command printed. */
  readonly claim?: (printed: string) => string
  /** Another reply to one step: `hang`, an HTTP error, `die`, a tool that needs permission … */
  readonly instead?: (step: StepName, facts: Facts, turn: Turn) => Reply | undefined
  /** What it does, once, when all is done. */
  readonly afterwards?: (facts: Facts) => Reply | undefined
}

/**
 * The agent kills itself, as `kill -9` would: the parent of its shell is the program itself. Not at once: a tool result
 * is in its transcript only some time after its hook (2.1.330).
 */
export const die: Reply = bash('sleep 1; kill -9 $PPID')

type Facts = ReadonlyMap<string, string>

/** Each request is answered from its history alone, so that a conversation goes on after a kill and a resume. */
export const followPrompt =
  (options: FollowOptions = {}): Script =>
  (turn) => {
    const { promptFile, results, hasNewMessage } = sincePrompt(turn)
    if (promptFile === undefined) return say('There is no prompt for me in this message.')
    const isDone = (step: StepName) =>
      results.some((result) => isOf(result, step) && !result.isError)
    const facts = parseFacts(results.findLast((result) => isOf(result, 'facts'))?.text ?? '')
    if (isDone('facts') && !facts.has('workspace')) return say('The prompt has no facts.')
    const isBroken = options.errorOnAttempts?.includes(Number(facts.get('attempt'))) === true
    const steps: readonly StepName[] = [
      'prompt',
      'facts',
      'planning',
      ...(options.question ? (['question'] as const) : []),
      'implementing',
      'code',
      ...(isBroken
        ? (['error'] as const)
        : (['deploying', 'deploy', 'summary', 'completion', 'deployed'] as const)),
    ]
    const step = steps.find((name) => !isDone(name))
    if (step === undefined) {
      const isLast = isOf(results.at(-1), steps.at(-1))
      return (
        (isLast && options.afterwards?.(facts)) ||
        say(isBroken ? 'I could not finish it.' : 'It is live.')
      )
    }
    if (step === 'implementing' && options.question && !hasNewMessage)
      return say('I wait for an answer.')
    if (results.filter((result) => isOf(result, step)).length > 3)
      return say(`I cannot do ${step}.`)
    const instead = options.instead?.(step, facts, turn)
    return instead ?? act(step, promptFile, facts, results, options)
  }

const isOf = (result: ToolResult | undefined, step: StepName | undefined) =>
  result?.id.startsWith(`toolu_${step}_`) === true

/** The newest message that names the prompt of a build, and what came after it. */
function sincePrompt(turn: Turn) {
  let promptFile: string | undefined
  let results: ToolResult[] = []
  let hasNewMessage = false
  const byId = new Map(turn.toolResults.map((result) => [result.id, result]))
  for (const message of turn.messages) {
    if (message.role !== 'user') continue
    for (const block of blocksOf(message.content)) {
      const result = byId.get(block.tool_use_id ?? '')
      if (result) {
        results.push(result)
        hasNewMessage = false
      } else if (block.type === 'text' && turn.userTexts.includes(block.text ?? '')) {
        const named = findPromptFile(block.text ?? '')
        hasNewMessage = true
        // Other files there, such as answers to a question, continue the build.
        if (!named || !/-(autonomous_agent|refinement_mode|debug_mode)\.md$/.test(named)) continue
        promptFile = named
        results = []
      }
    }
  }
  return { promptFile, results, hasNewMessage }
}

function act(
  step: StepName,
  promptFile: string,
  facts: Facts,
  results: readonly ToolResult[],
  options: FollowOptions,
): Reply {
  const workspace = facts.get('workspace') ?? ''
  const file = (name: string) => shellQuote(`${workspace}/${name}`)
  const id = `toolu_${step}_${results.length}${Date.now().toString(36)}`
  const run = (command: string) => bash(command, id)
  const replace = (name: string, value: object) =>
    `cat > ${file(`${name}.tmp`)} <<'TB_END'\n${JSON.stringify(value)}\nTB_END\nmv ${file(`${name}.tmp`)} ${file(name)}`
  const status = (phase: number, progress: number, more: object = {}) =>
    replace('status.json', {
      status: step,
      phase,
      progress,
      message: `At ${step}`,
      build: Number(facts.get('build')),
      attempt: Number(facts.get('attempt')),
      ...more,
    })
  const printed = /https?:\/\/\S+/.exec(
    results.findLast((result) => isOf(result, 'deploy'))?.text ?? '',
  )
  const url = options.claim?.(printed?.[0] ?? '') ?? printed?.[0] ?? ''

  switch (step) {
    case 'prompt':
      return run(`cat ${shellQuote(promptFile)}`)
    case 'facts':
      return run(`awk '/^## Facts/{f=1;print;next} f&&/^#+ /{exit} f' ${shellQuote(promptFile)}`)
    case 'planning':
      return run(status(1, 30))
    case 'question': {
      const questions = replace('clarifications.json', { questions: [options.question] })
      return run(`${questions}\n${status(1, 30, { status: 'awaiting_approval' })}`)
    }
    case 'implementing':
      return run(status(2, 40))
    case 'code': {
      const request = shellQuote(facts.get('request_file') ?? '')
      const page = `echo '<!doctype html><title>Built</title><h1>Built for you</h1><pre>'; sed 's/&/\\&amp;/g; s/</\\&lt;/g' ${request}; echo '</pre>'`
      return run(`mkdir -p ${file('code')} && { ${page}; } > ${file('code/index.html')}`)
    }
    case 'error':
      return run(status(3, 70, { error: 'The tests fail.', reason: 'tests' }))
    case 'deploying':
      return run(status(3, 80))
    case 'deploy': {
      // An address of its own on aws is one that it made itself.
      const isOwn = facts.get('target') === 'aws' && options.claim !== undefined
      const command = isOwn ? undefined : facts.get('deploy_command')
      return run(command ? `${command} ${file('code')}` : 'echo no deploy command')
    }
    case 'summary': {
      const content = `# Deployment\n\n- URL: ${url}\n- Guid: ${facts.get('guid')}\n`
      return call('Write', { file_path: `${workspace}/docs/DEPLOYMENT_SUMMARY.md`, content }, id)
    }
    case 'completion':
      return run(`printf '%s\\n' ${shellQuote(url)} > ${file('completion.txt')}`)
    case 'deployed':
      return run(status(4, 100, { deployment_url: url, completed_at: new Date().toISOString() }))
  }
}
