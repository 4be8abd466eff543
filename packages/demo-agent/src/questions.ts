import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Decision } from './plan.ts'
import type { Scenario } from './scenarios.ts'
import { writeFileOnce } from './write-file.ts'

const questions = {
  ask: {
    id: 'q1',
    question: 'Should the app open in dark colours or follow the visitor’s system?',
    reason: 'tradeoff',
    options: ['always dark', 'follow the system'],
    default: 'follow the system',
  },
  'ask-cost': {
    id: 'q1',
    question: 'The hosting I would choose is estimated at 140 dollars a month. May I go on?',
    reason: 'cost_threshold',
    options: ['approve', 'reject'],
    default: 'reject',
    cost_estimate_monthly: 140,
  },
}

type Question = (typeof questions)['ask'] & { cost_estimate_monthly?: number }
export type Answer = Decision & { readonly isRejected: boolean }

/** The question that a scenario asks while planning. */
export const questionOf = (scenario: Scenario): Question | undefined =>
  (questions as Partial<Record<Scenario, Question>>)[scenario]

/** Writes the question into the workspace; the answer to an earlier one is taken away first. */
export function askQuestion(workspace: string, question: Question): void {
  rmSync(join(workspace, 'answers.json'), { force: true })
  const text = JSON.stringify({ questions: [question] }, null, 2)
  writeFileOnce(join(workspace, 'clarifications.json'), `${text}\n`)
}

/** What was decided about a question, or `undefined` while answers.json does not say. */
export function readAnswer(workspace: string, question: Question): Answer | undefined {
  try {
    const { answers } = JSON.parse(readFileSync(join(workspace, 'answers.json'), 'utf8'))
    const given = answers.find((answer: { id: unknown }) => answer.id === question.id)
    return {
      question: question.question,
      answer: String(given.answer || given.decision || 'no answer'),
      isRejected: given.decision === 'reject',
    }
  } catch {
    return undefined
  }
}
