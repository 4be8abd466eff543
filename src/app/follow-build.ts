import { isFinal } from '../domain/build-state.ts'
import { shortGuid } from '../domain/identity.ts'
import type { JournalEvent } from '../domain/journal.ts'
import { answerByPolicy, withoutRepeated } from '../domain/question.ts'
import { notReady } from '../errors.ts'
import type { Scope } from '../session/scope.ts'
import { hasSupervisor, missingSupervisorMs } from '../session/start.ts'
import { watchFiles } from '../session/watch.ts'
import { type Build, requireBuild } from '../store/builds.ts'
import { eachEvent } from '../store/events.ts'
import { listOpenQuestions, type Question } from '../store/questions.ts'
import type { Variables } from '../world/world.ts'
import { takeOver } from './hand-over.ts'
import { type App, scopeIn } from './open-app.ts'

export interface FollowInput {
  /** The whole GUID. */
  readonly guid: string
  readonly build: number
  /** How long this follower waits, in milliseconds; the build goes on without it. Default: to the end. */
  readonly patienceMs?: number | undefined
  /**
   * What the agent may see. With it a supervisor that has been missing for 10 s is started again; without it
   * that ends the following with the reason `not_ready`.
   */
  readonly agentEnvironment?: Variables | undefined
  /** Whether somebody answers questions while this follows. If not, following ends at an open question. */
  readonly isAnswering?: () => boolean
}

/** How a build ended, or how it stands when the following ends before it: the last thing that is yielded. */
export interface BuildResult {
  readonly type: 'result'
  readonly guid: string
  readonly build: number
  readonly state: Build['state']
  readonly url: string | null
  readonly verified: boolean
  readonly proof: Build['proof'] | null
  readonly reason: string | null
  readonly warnings: readonly string[]
  /** What ended the following: the build's end, an open question, the follower's patience, or the signal. */
  readonly endedBy: 'build' | 'question' | 'patience' | 'signal'
}

const lookEveryMs = 500

/**
 * Follows a build: yields its events from the first one, and its result at the end. It changes nothing, but starts
 * a missing supervisor again.
 */
export async function* followBuild(
  app: App,
  input: FollowInput,
): AsyncGenerator<JournalEvent | BuildResult, void> {
  const { world, store } = app
  const { guid, build: number } = input
  const scope = scopeIn(app, guid)
  const wakeup = watchFiles([`${app.home.database}-wal`])
  world.signal.addEventListener('abort', wakeup.wake)
  const startedAt = world.elapsed()
  let seenSupervisorAt = startedAt
  let seenEndAt: number | undefined
  let lastSeq = 0
  try {
    for (;;) {
      // The state is read first: all events up to it are then yielded before it is acted on.
      const build = requireBuild(store, guid, number)
      for (const event of eachEvent(store, { guid, build: number, after: lastSeq })) {
        lastSeq = event.seq
        yield event
      }
      const now = world.elapsed()
      if (hasSupervisor(scope)) seenSupervisorAt = now
      const isMissing = now - seenSupervisorAt > missingSupervisorMs
      if (isFinal(build.state)) {
        seenEndAt ??= now
        // Its supervisor may still be cleaning up.
        if (!hasSupervisor(scope) || now - seenEndAt > missingSupervisorMs)
          return yield resultOf(build, 'build')
      } else if (world.signal.aborted) {
        return yield resultOf(build, 'signal')
      } else if (mustLeaveAtQuestion(scope, build, input)) {
        return yield resultOf(build, 'question')
      } else if (input.patienceMs !== undefined && now - startedAt > input.patienceMs) {
        return yield resultOf(build, 'patience')
      } else if (isMissing) {
        if (!input.agentEnvironment) throw supervisorMissing(guid)
        await takeOver(scope, number, input.agentEnvironment)
        seenSupervisorAt = world.elapsed()
      }
      await wakeup.next(lookEveryMs)
    }
  } finally {
    world.signal.removeEventListener('abort', wakeup.wake)
    wakeup.close()
  }
}

/** A missing supervisor is started again first, because without one an answer has no effect. */
const mustLeaveAtQuestion = (scope: Scope, build: Build, input: FollowInput) =>
  build.state === 'awaiting_approval' &&
  !input.isAnswering?.() &&
  hasSupervisor(scope) &&
  questionsForUsers(scope, build).length > 0

export const resultOf = (build: Build, endedBy: BuildResult['endedBy']): BuildResult => ({
  type: 'result',
  guid: build.guid,
  build: build.build,
  state: build.state,
  url: build.url ?? null,
  verified: build.verified,
  proof: build.proof ?? null,
  reason: endedBy === 'patience' ? 'wait_timeout' : (build.reason ?? null),
  warnings: build.warnings,
  endedBy,
})

/** The open questions that only a user answers: the policy settles the others in a moment. */
export const questionsForUsers = ({ store }: Scope, build: Build): readonly Question[] =>
  build.settings.questionPolicy === 'fail'
    ? []
    : withoutRepeated(listOpenQuestions(store, build)).filter(
        (question) => !answerByPolicy(question, build.settings.questionPolicy),
      )

const supervisorMissing = (guid: string) =>
  notReady('The build has no supervisor.', `Continue with: tmux-builder resume ${shortGuid(guid)}`)
