import { createHash } from 'node:crypto'
import * as v from 'valibot'
import { parseJson } from './report.ts'

export const questionReasons = [
  'cost_threshold',
  'security',
  'approval',
  'tradeoff',
  'other',
] as const

const bounded = (maxLength: number) => v.pipe(v.string(), v.maxLength(maxLength))

const clarificationsSchema = v.looseObject({
  questions: v.pipe(
    v.array(
      v.looseObject({
        id: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
        question: v.pipe(v.string(), v.minLength(1), v.maxLength(20_000)),
        reason: v.optional(v.fallback(v.picklist(questionReasons), 'other'), 'other'),
        options: v.nullish(v.pipe(v.array(bounded(2_000)), v.maxLength(50))),
        default: v.nullish(bounded(20_000)),
        cost_estimate_monthly: v.nullish(v.number()),
      }),
    ),
    v.maxLength(100),
  ),
})

/** One question of clarifications.json. */
export interface AskedQuestion {
  readonly id: string
  readonly question: string
  readonly reason: (typeof questionReasons)[number]
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

/** Reads the text of a clarifications.json; never throws. */
export function parseClarifications(
  text: string,
):
  | { readonly ok: true; readonly questions: readonly AskedQuestion[] }
  | { readonly ok: false; readonly problem: string } {
  const json = parseJson(text)
  if (!json.ok) return json
  const parsed = v.safeParse(clarificationsSchema, json.value)
  if (!parsed.success) {
    const issue = parsed.issues[0]
    return { ok: false, problem: `${v.getDotPath(issue) ?? 'clarifications'}: ${issue.message}` }
  }
  return {
    ok: true,
    questions: parsed.output.questions.map((question) => ({
      id: question.id,
      question: question.question,
      reason: question.reason,
      options: question.options ?? [],
      default: question.default ?? undefined,
      cost_estimate_monthly: question.cost_estimate_monthly ?? undefined,
    })),
  }
}

/** Keys a question by id and text, so that an id that an agent uses again never gets an old answer. */
export function questionKey(question: Pick<AskedQuestion, 'id' | 'question'>): string {
  const hash = createHash('sha256').update(question.question, 'utf8').digest('hex').slice(0, 16)
  return `${question.id}#${hash}`
}
