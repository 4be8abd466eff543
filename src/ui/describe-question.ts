import { isGate } from '../domain/gate.ts'
import type { AskedQuestion } from '../domain/questions.ts'
import { redact } from '../domain/redact.ts'
import { oneLine } from './plain-text.ts'

/** The question, its cost, its options with numbers and its default, for people. */
export function describeQuestion(question: AskedQuestion): string {
  const cost = question.cost_estimate_monthly
  const isDefaultShown = question.default !== undefined && !isGate(question)
  const show = (text: string) => oneLine(redact(text))
  return [
    `Question ${show(question.id)}: ${show(question.question)}`,
    ...(cost === undefined ? [] : [`  estimated cost: ${cost} US dollars a month`]),
    ...question.options.map((option, index) => `  ${index + 1}. ${show(option)}`),
    ...(isDefaultShown ? [`  default: ${show(question.default ?? '')}`] : []),
  ].join('\n')
}
