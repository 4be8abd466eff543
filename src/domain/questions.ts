import { createHash } from 'node:crypto'

export const questionReasons = [
  'cost_threshold',
  'security',
  'approval',
  'tradeoff',
  'other',
] as const

export type QuestionReason = (typeof questionReasons)[number]

/** One question of clarifications.json. */
export interface AskedQuestion {
  readonly id: string
  readonly question: string
  readonly reason: QuestionReason
  readonly options: readonly string[]
  readonly default: string | undefined
  readonly cost_estimate_monthly: number | undefined
}

export type Decision = 'approve' | 'reject' | 'answer'

export interface Answer {
  readonly answer: string
  readonly decision: Decision
  readonly by: 'user' | 'timeout' | 'policy'
  readonly answered_at: string
}

/** Keys a question by id and text, so that an id that an agent uses again never gets an old answer. */
export function questionKey(question: Pick<AskedQuestion, 'id' | 'question'>): string {
  const hash = createHash('sha256').update(question.question, 'utf8').digest('hex').slice(0, 16)
  return `${question.id}#${hash}`
}
