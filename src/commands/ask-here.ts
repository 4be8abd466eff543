import { isFinal } from '../domain/build-state.ts'
import type { Scope } from '../session/scope.ts'
import { type Build, requireBuild } from '../store/builds.ts'
import { listOpenQuestions, type Question, recordAnswer } from '../store/questions.ts'

const lookEveryMs = 300

/** Asks an open question at this terminal and records the answer; returns when it is answered, here or elsewhere. */
export async function askHere(scope: Scope, build: Build, question: Question): Promise<void> {
  const { askAtTerminal } = await import('../ui/ask.ts')
  const answeredElsewhere = new AbortController()
  const look = setInterval(() => {
    const now = requireBuild(scope.store, build.guid, build.build)
    const isOpen = listOpenQuestions(scope.store, now).some((one) => one.key === question.key)
    if (!isOpen || isFinal(now.state)) answeredElsewhere.abort()
  }, lookEveryMs)
  try {
    const signal = AbortSignal.any([answeredElsewhere.signal, scope.context.signal])
    const typed = await askAtTerminal(scope.context, question, signal)
    if (typed) recordAnswer(scope.store, build, question, { ...typed, by: 'user' })
  } finally {
    clearInterval(look)
  }
}
