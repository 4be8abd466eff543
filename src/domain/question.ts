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

type Asked = Pick<AskedQuestion, 'id' | 'question'> &
  Partial<Pick<AskedQuestion, 'reason' | 'cost_estimate_monthly'>>

/**
 * Keys a question by its id and all that an answer is about, so that an id that an agent uses again never gets an old
 * answer: not to another text, and not to another reason or amount in the same words.
 */
export function questionKey({ id, question, reason, cost_estimate_monthly }: Asked): string {
  const about = JSON.stringify([question, reason, cost_estimate_monthly])
  const hash = createHash('sha256').update(about, 'utf8').digest('hex').slice(0, 16)
  return `${id}#${hash}`
}
