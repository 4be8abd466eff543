import { isInsideSession } from '../session/inside.ts'
import type { Scope } from '../session/scope.ts'
import type { Build } from '../store/builds.ts'
import { type Question, recordAnswer } from '../store/questions.ts'

const lookEveryMs = 300

/** Whether somebody can answer here: at a terminal that is not CI's, nor the agent's. */
export async function canAskHere(scope: Scope): Promise<boolean> {
  const { stdin, stderr, env } = scope.context
  return stdin.isTTY === true && stderr.isTTY === true && !env.CI && !(await isInsideSession(scope))
}

/**
 * Asks an open question at this terminal and records the answer. Returns when it is answered, or when something else
 * is due (somebody answered elsewhere, the build ended …); `false`: nobody answers here any more.
 */
export async function askHere(
  scope: Scope,
  build: Build,
  question: Question,
  isStillDue: () => boolean,
): Promise<boolean> {
  const { askAtTerminal } = await import('./ask.ts')
  const over = new AbortController()
  const look = setInterval(() => {
    if (!isStillDue()) over.abort()
  }, lookEveryMs)
  try {
    const signal = AbortSignal.any([over.signal, scope.context.signal])
    const typed = await askAtTerminal(scope.context, question, signal)
    if (typed === 'closed') return false
    if (typed) recordAnswer(scope.store, build, question, { ...typed, by: 'user' })
    return true
  } finally {
    clearInterval(look)
  }
}
