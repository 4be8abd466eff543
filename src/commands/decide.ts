import type { Context } from '../context.ts'
import { usageError } from '../errors.ts'
import { recordAnswer } from '../store/questions.ts'
import { requireOpenQuestions } from './answer.ts'

/** Approves or rejects one open question, or all of them; returns their ids. */
export function decide(
  context: Context,
  guidOrPrefix: string,
  decision: 'approve' | 'reject',
  flags: { readonly question?: string },
): readonly string[] {
  const { store, build, open } = requireOpenQuestions(context, guidOrPrefix)
  const chosen =
    flags.question === undefined ? open : open.filter((one) => one.id === flags.question)
  if (chosen.length === 0)
    throw usageError(
      `No open question has the id ${JSON.stringify(flags.question)}.`,
      `Open are: ${open.map((one) => one.id).join(', ')}`,
    )
  const answer = decision === 'approve' ? 'approved' : 'rejected'
  return chosen
    .filter((question) => recordAnswer(store, build, question, { answer, decision, by: 'user' }))
    .map((question) => question.id)
}
