import type { App } from '../app/open-app.ts'
import { isInsideSession } from '../session/inside.ts'
import type { Scope } from '../session/scope.ts'
import { requireBuild } from '../store/builds.ts'
import { type Question, recordAnswer } from '../store/questions.ts'
import type { Context } from './context.ts'

/** Whether somebody can answer here: at a terminal that is not CI's, nor the agent's. */
export async function canAskHere({ stdin, stderr, env }: Context, scope: Scope): Promise<boolean> {
  return stdin.isTTY === true && stderr.isTTY === true && !env.CI && !(await isInsideSession(scope))
}

/** A question that stands on the terminal. */
export interface Asking {
  readonly key: string
  /** `asked`: it was answered here or taken away; `closed`: the input ended, and nobody answers here any more. */
  readonly done: Promise<'asked' | 'closed'>
  /** Takes the question away: it was answered elsewhere, or the build has ended. */
  abort(): void
}

/** Asks an open question at this terminal and records the answer. */
export function askHere(
  context: Context,
  app: App,
  place: { readonly guid: string; readonly build: number },
  question: Question,
): Asking {
  const taken = new AbortController()
  const ask = async () => {
    const { askAtTerminal } = await import('./ask.ts')
    const signal = AbortSignal.any([taken.signal, context.signal])
    const typed = await askAtTerminal(context, question, signal)
    if (typed === 'closed') return 'closed'
    const build = requireBuild(app.store, place.guid, place.build)
    if (typed)
      await app.store.transact((tx) => recordAnswer(tx, build, question, { ...typed, by: 'user' }))
    return 'asked'
  }
  return { key: question.key, done: ask(), abort: () => taken.abort() }
}
