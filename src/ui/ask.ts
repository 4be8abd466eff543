import { createInterface } from 'node:readline/promises'
import type { Context } from '../context.ts'
import { isGate } from '../domain/gate.ts'
import type { AskedQuestion, Decision } from '../domain/questions.ts'
import { describeQuestion } from './describe-question.ts'

export interface Typed {
  readonly answer: string
  readonly decision: Decision
}

/** Asks at the terminal until the line fits. `undefined`: the signal came first (somebody answered elsewhere). */
export async function askAtTerminal(
  context: Context,
  question: AskedQuestion,
  signal: AbortSignal,
): Promise<Typed | undefined> {
  const lines = createInterface({ input: context.stdin, output: context.stderr, terminal: true })
  // In raw mode Ctrl-C is a key: make it the signal that it means.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  try {
    context.stderr.write(`\n${describeQuestion(question)}\n`)
    for (;;) {
      const typed = parseTyped(question, await lines.question('> ', { signal }))
      if (typed) return typed
      context.stderr.write(isGate(question) ? 'Type approve or reject.\n' : 'Type an answer.\n')
    }
  } catch (error) {
    if (signal.aborted) return undefined
    throw error
  } finally {
    lines.close()
  }
}

/** A line as it was typed: a number chooses an option, an empty line takes the default (never of an approval). */
export function parseTyped(question: AskedQuestion, line: string): Typed | undefined {
  const text = line.trim()
  if (isGate(question)) {
    if (/^(a|approve|approved|y|yes)$/i.test(text))
      return { answer: 'approved', decision: 'approve' }
    if (/^(r|reject|rejected|n|no)$/i.test(text)) return { answer: 'rejected', decision: 'reject' }
    return undefined
  }
  const answer = text === '' ? question.default : (question.options[Number(text) - 1] ?? text)
  return answer ? { answer, decision: 'answer' } : undefined
}

/** Only the whole word counts. */
export async function askYes(context: Context, text: string): Promise<boolean> {
  const lines = createInterface({ input: context.stdin, output: context.stderr, terminal: true })
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  try {
    return (await lines.question(text, { signal: context.signal })).trim() === 'yes'
  } catch (error) {
    if (context.signal.aborted) return false
    throw error
  } finally {
    lines.close()
  }
}
