import { approved, rejected } from '../domain/gate.ts'
import { recordAnswer } from '../store/questions.ts'
import type { Context } from '../world/world.ts'
import { requireAnswered, requireOpenQuestions, tellIfAbandoned } from './answer.ts'

/** Approves or rejects one open question, or all of them; returns their ids. */
export async function decide(
  context: Context,
  guidOrPrefix: string,
  decision: 'approve' | 'reject',
  flags: { readonly question?: string },
): Promise<readonly string[]> {
  const { scope, build, questions } = await requireOpenQuestions(
    context,
    guidOrPrefix,
    flags.question,
  )
  const answer = { ...(decision === 'approve' ? approved : rejected), by: 'user' } as const
  const answered = scope.store.transact(() =>
    questions.flatMap((question) => recordAnswer(scope.store, build, question, answer)),
  )
  const ids = requireAnswered(answered, questions)
  tellIfAbandoned(scope)
  return ids
}
