import * as v from 'valibot'
import { parseJson } from './parse-json.ts'
import { type AskedQuestion, questionReasons } from './question.ts'
import { amountSchema } from './report.ts'

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
        // One that is no amount is left out: the question is asked all the same, and its answer covers no cost.
        cost_estimate_monthly: v.fallback(v.nullish(amountSchema), undefined),
      }),
    ),
    v.maxLength(100),
  ),
})

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
