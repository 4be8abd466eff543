import { createInterface, type Interface } from 'node:readline/promises'
import type { App } from '../app/open-app.ts'
import { type Answer, type AskedQuestion, approved, isGate, rejected } from '../domain/question.ts'
import { type Interrupted, TmuxBuilderError, usageError } from '../errors.ts'
import { redact } from '../secrets/redact.ts'
import { isInsideSession } from '../session/inside.ts'
import type { Scope } from '../session/scope.ts'
import { requireBuild } from '../store/builds.ts'
import { type Question, recordAnswer } from '../store/questions.ts'
import type { Context } from './context.ts'
import { oneLine } from './plain-text.ts'

/** A question as the agent asked it, or as `status` shows it. */
type ShownQuestion = Pick<AskedQuestion, 'id' | 'question' | 'reason' | 'options'> & {
  readonly default: string | null | undefined
  readonly cost_estimate_monthly?: number | null | undefined
}

/** Describes the question with its cost, its numbered options and its default, for people. */
export function describeQuestion(question: ShownQuestion): string {
  const cost = question.cost_estimate_monthly
  const isDefaultShown = typeof question.default === 'string' && !isGate(question)
  const show = (text: string) => oneLine(redact(text))
  return [
    `Question ${show(question.id)}: ${show(question.question)}`,
    ...(typeof cost !== 'number' ? [] : [`  estimated cost: ${cost} US dollars a month`]),
    ...question.options.map((option, index) => `  ${index + 1}. ${show(option)}`),
    ...(isDefaultShown ? [`  default: ${show(question.default ?? '')}`] : []),
  ].join('\n')
}

/** True when a user can answer here: at a terminal that is neither in CI nor in the session's own panes. */
export async function canAskHere({ stdin, stderr, env }: Context, scope: Scope): Promise<boolean> {
  return stdin.isTTY === true && stderr.isTTY === true && !env.CI && !(await isInsideSession(scope))
}

/** A question that is being asked at the terminal. */
export interface Asking {
  readonly key: string
  /** `asked` when it was answered here or taken away; `closed` when the input ended, so nobody can answer here. */
  readonly done: Promise<'asked' | 'closed'>
  /** Takes the question away, because it was answered elsewhere or the build has ended. */
  abort(): void
}

/** Asks an open question at this terminal and records the answer. */
export function askHere(
  context: Context,
  app: App,
  place: { readonly guid: string; readonly build: number },
  question: Question,
): Asking {
  const taken = new AbortController()
  const ask = async () => {
    const signal = AbortSignal.any([taken.signal, context.signal])
    const typed = await askAtTerminal(context, question, signal)
    if (typed === 'closed') return 'closed'
    const build = requireBuild(app.store, place.guid, place.build)
    if (typed)
      await app.store.transact((tx) => recordAnswer(tx, build, question, { ...typed, by: 'user' }))
    return 'asked'
  }
  return { key: question.key, done: ask(), abort: () => taken.abort() }
}

type Typed = Pick<Answer, 'answer' | 'decision'>

/** How long to read and discard what was typed before the question was shown. */
const typeAheadMs = 50

/**
 * Asks until a line is an answer. Returns `undefined` when the signal came first (the question was answered
 * elsewhere), and `closed` when the input ended.
 */
async function askAtTerminal(
  context: Context,
  question: AskedQuestion,
  signal: AbortSignal,
): Promise<Typed | 'closed' | undefined> {
  const typed = await readAtTerminal(context, signal, async (lines, ended) => {
    await discardTypeAhead(context, lines, ended)
    context.stderr.write(`\n${describeQuestion(question)}\n`)
    for (;;) {
      const line = await lines.question(promptFor(question), { signal: ended })
      const parsed = parseTyped(question, line)
      if (parsed) return parsed
      context.stderr.write('That does not answer this question.\n')
    }
  })
  return typed ?? (signal.aborted ? undefined : 'closed')
}

/** Reads from the terminal. Returns `undefined` when the signal came first or the input ended. */
async function readAtTerminal<Value>(
  context: Context,
  signal: AbortSignal,
  read: (lines: Interface, ended: AbortSignal) => Promise<Value>,
): Promise<Value | undefined> {
  const lines = createInterface({ input: context.stdin, output: context.stderr, terminal: true })
  const closed = new AbortController()
  lines.once('close', () => closed.abort())
  // In raw mode Ctrl-C is only a key, so it is turned into the signal here.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  const ended = AbortSignal.any([signal, closed.signal])
  try {
    return await read(lines, ended)
  } catch (error) {
    if (!ended.aborted) throw error
    context.stderr.write('\n')
    return undefined
  } finally {
    lines.close()
  }
}

/** Discards what was typed before the question could be read, so that it does not answer it by accident. */
async function discardTypeAhead(
  context: Context,
  lines: Interface,
  ended: AbortSignal,
): Promise<void> {
  await context.sleep(typeAheadMs, ended)
  lines.write(null, { ctrl: true, name: 'e' })
  lines.write(null, { ctrl: true, name: 'u' })
}

function promptFor(question: AskedQuestion): string {
  if (isGate(question))
    return hasChoice(question) ? 'approve, reject or a number> ' : 'approve or reject> '
  const ways = [
    ...(question.options.length > 0 ? ['a number or a text'] : []),
    ...(question.default ? ['Enter for the default'] : []),
  ]
  return `${ways.join(', ') || 'answer'}> `
}

/** A cost can only be approved or rejected; other approvals may offer options to choose from. */
const hasChoice = (question: AskedQuestion) =>
  question.reason !== 'cost_threshold' && question.options.some((one) => !parseDecision(one))

/** Parses a typed line: a number chooses an option; an empty line takes the default, except for an approval. */
export function parseTyped(question: AskedQuestion, line: string): Typed | undefined {
  const text = line.trim()
  const option = /^\d{1,3}$/.test(text) ? question.options[Number(text) - 1] : undefined
  if (!isGate(question)) {
    // A number that is no option is a typing error, not an answer.
    if (question.options.length > 0 && /^\d+$/.test(text) && !option) return undefined
    const answer = text === '' ? question.default : (option ?? text)
    return answer?.trim() ? { answer, decision: 'answer' } : undefined
  }
  const decision = parseDecision(option ?? text)
  if (decision) return decision
  const chosen = option ?? question.options.find((one) => one.trim() === text)
  return chosen?.trim() && hasChoice(question) ? { answer: chosen, decision: 'answer' } : undefined
}

function parseDecision(text: string): Typed | undefined {
  if (/^(a|approve|approved|y|yes)$/i.test(text.trim())) return approved
  if (/^(r|reject|rejected|n|no)$/i.test(text.trim())) return rejected
  return undefined
}

/** True only for the whole word `yes`; the end of the input counts as no. */
async function askYes(context: Context, text: string): Promise<boolean> {
  const typed = await readAtTerminal(context, context.signal, (lines, ended) =>
    lines.question(text, { signal: ended }),
  )
  return typed?.trim() === 'yes'
}

/** Asks before AWS resources are destroyed, and throws unless the answer is yes. */
export async function requireYes(
  context: Context,
  planned: readonly string[],
  account: string,
): Promise<void> {
  if (context.stdin.isTTY !== true || context.stderr.isTTY !== true)
    throw usageError(
      `Nothing was destroyed. In the AWS account ${account} this would destroy ${planned.length} resources: ${planned.join('; ')}.`,
      'Confirm with --yes, or look first with --dry-run',
    )
  context.stderr.write(
    `In the AWS account ${account}:\n${planned.map((one) => `  ${one}\n`).join('')}`,
  )
  if (await askYes(context, 'Destroy all of it? Type yes: ')) return
  if (context.signal.aborted) throw context.signal.reason as Interrupted
  throw new TmuxBuilderError('refused', 'Nothing was destroyed.')
}
