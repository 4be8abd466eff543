import type { AskedQuestion } from '../domain/questions.ts'
import { oneLine } from './plain-text.ts'

/** The question, its cost, its options with numbers and its default, for people. */
export function describeQuestion(question: AskedQuestion): string {
  const cost = question.cost_estimate_monthly
  return [
    `Question ${oneLine(question.id)}: ${oneLine(question.question)}`,
    ...(cost === undefined ? [] : [`  estimated cost: ${cost} US dollars a month`]),
    ...question.options.map((option, index) => `  ${index + 1}. ${oneLine(option)}`),
    ...(question.default === undefined ? [] : [`  default: ${oneLine(question.default)}`]),
  ].join('\n')
}
