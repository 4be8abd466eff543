import type { Context } from '../context.ts'
import { noSuchSession, usageError } from '../errors.ts'
import { type Build, findLatestBuild } from '../store/builds.ts'
import type { Store } from '../store/open.ts'
import { listOpenQuestions, type Question, recordAnswer } from '../store/questions.ts'
import { openSession } from './open.ts'

/** The open questions of the session's running build. Exit 2 when there is none. */
export function requireOpenQuestions(
  context: Context,
  guidOrPrefix: string,
): { readonly store: Store; readonly build: Build; readonly open: readonly Question[] } {
  const { guid, store } = openSession(context, guidOrPrefix)
  const build = findLatestBuild(store, guid)
  if (!build)
    throw noSuchSession('This session has no build.', 'Start one with: tmux-builder register')
  const open = build.endedAt === undefined ? listOpenQuestions(store, build) : []
  if (open.length === 0)
    throw usageError(
      'No question is open in this session.',
      `See: tmux-builder status ${guid.slice(0, 12)}`,
    )
  return { store, build, open }
}

/** Answers an open question of the session's build; returns the question's id. */
export function answer(
  context: Context,
  guidOrPrefix: string,
  text: string,
  flags: { readonly question?: string },
): string {
  const { store, build, open } = requireOpenQuestions(context, guidOrPrefix)
  const ids = open.map((question) => question.id).join(', ')
  if (flags.question === undefined && open.length > 1)
    throw usageError(`${open.length} questions are open: ${ids}.`, 'Name one with --question ID')
  const question =
    flags.question === undefined ? open[0] : open.find((one) => one.id === flags.question)
  if (!question)
    throw usageError(
      `No open question has the id ${JSON.stringify(flags.question)}.`,
      `Open are: ${ids}`,
    )
  if (question.reason === 'cost_threshold')
    throw usageError(
      `Question ${question.id} needs a decision, not a text.`,
      'Decide with: tmux-builder approve, or reject',
    )
  if (text.trim() === '')
    throw usageError('The answer is empty.', 'Give the answer as the last argument')
  if (!recordAnswer(store, build, question, { answer: text, decision: 'answer', by: 'user' }))
    throw usageError(
      `Question ${question.id} was answered a moment ago.`,
      'See the journal: tmux-builder events',
    )
  return question.id
}
