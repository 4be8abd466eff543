import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Decision } from '../apps/app-plan.ts'
import type { Scenario } from '../scenarios.ts'
import { writeFileOnce } from './write.ts'

interface Question {
  readonly id: string
  readonly question: string
  readonly reason: 'tradeoff' | 'cost_threshold'
  readonly options: readonly string[]
  readonly default: string
  readonly cost_estimate_monthly?: number
}

const questions: Partial<Record<Scenario, Question>> = {
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

/** The question that a scenario asks while planning. */
export const questionOf = (scenario: Scenario): Question | undefined => questions[scenario]

/** Writes the question for whoever answers; an answer to an earlier one is taken away first. */
export function askQuestion(workspace: string, question: Question): void {
  rmSync(join(workspace, 'answers.json'), { force: true })
  writeFileOnce(
    join(workspace, 'clarifications.json'),
    `${JSON.stringify({ questions: [question] }, null, 2)}\n`,
  )
}

/** What was decided about a question, or `undefined` while answers.json does not say. */
export function readAnswer(
  workspace: string,
  question: Question,
): (Decision & { isRejected: boolean }) | undefined {
  try {
    const text = readFileSync(join(workspace, 'answers.json'), 'utf8')
    const { answers } = JSON.parse(text) as {
      answers: { id: string; answer?: string; decision?: string }[]
    }
    const given = answers.find((answer) => answer.id === question.id)
    if (!given) return undefined
    return {
      question: question.question,
      answer: given.answer || given.decision || 'no answer',
      isRejected: given.decision === 'reject',
    }
  } catch {
    return undefined
  }
}
