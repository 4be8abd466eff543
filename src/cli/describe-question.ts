import { isGate } from '../domain/gate.ts'
import type { AskedQuestion } from '../domain/question.ts'
import { redact } from '../secrets/redact.ts'
import { oneLine } from './plain-text.ts'

/** As it is asked, or as a view of it is printed. */
type Described = Pick<AskedQuestion, 'id' | 'question' | 'reason' | 'options'> & {
  readonly default: string | null | undefined
  readonly cost_estimate_monthly?: number | null | undefined
}

/** The question, its cost, its options with numbers and its default, for people. */
export function describeQuestion(question: Described): string {
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
