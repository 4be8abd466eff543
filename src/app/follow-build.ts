import { askHere } from '../cli/ask-here.ts'
import { describeQuestion } from '../cli/describe-question.ts'
import { oneLine } from '../cli/plain-text.ts'
import type { BuildResult, Reporter } from '../cli/reporter.ts'
import { isFinal } from '../domain/build-state.ts'
import { answerByPolicy, isGate, withoutRepeated } from '../domain/gate.ts'
import type { Interrupted } from '../errors.ts'
import { exitCodes, notReady } from '../errors.ts'
import type { Scope } from '../session/scope.ts'
import { hasSupervisor, missingSupervisorMs } from '../session/start.ts'
import { watchFiles } from '../session/watch.ts'
import { type Build, requireBuild } from '../store/builds.ts'
import type { Store } from '../store/database.ts'
import { eachEvent } from '../store/events.ts'
import { listOpenQuestions, type Question } from '../store/questions.ts'
import { listResources } from '../store/resources.ts'
import { shellQuote } from '../world/shell-quote.ts'

export interface WatchOptions {
  readonly reporter: Reporter
  /** This watcher's own patience; the build goes on without it. */
  readonly timeoutMs: number | undefined
  /** Starts a supervisor that has been missing; absent: that ends the watching with exit 5. */
  readonly takeOver: (() => Promise<void>) | undefined
  /** Somebody can answer here. */
  readonly isInteractive: boolean
}

const lookEveryMs = 500

/** Follows a build's events from its first to its end, or to where this watcher has to leave it. */
export async function watchBuild(
  scope: Scope,
  number: number,
  options: WatchOptions,
): Promise<BuildResult> {
  const { context, store, guid } = scope
  const { reporter } = options
  const wakeup = watchFiles([`${scope.home.database}-wal`])
  context.signal.addEventListener('abort', wakeup.wake)
  const startedAt = context.elapsed()
  let seenSupervisorAt = startedAt
  let seenEndAt: number | undefined
  let lastSeq = 0
  let canAsk = options.isInteractive
  const isPatienceOver = () =>
    options.timeoutMs !== undefined && context.elapsed() - startedAt > options.timeoutMs
  const missingMs = () => {
    if (hasSupervisor(scope)) seenSupervisorAt = context.elapsed()
    return context.elapsed() - seenSupervisorAt
  }
  const showEvents = () => {
    for (const event of eachEvent(store, { guid, build: number, after: lastSeq })) {
      lastSeq = event.seq
      reporter.event(event)
    }
  }
  try {
    for (;;) {
      // The state first: all events up to it are then shown before it is acted on.
      const build = requireBuild(store, guid, number)
      showEvents()
      const isMissing = missingMs() > missingSupervisorMs
      if (isFinal(build.state)) {
        seenEndAt ??= context.elapsed()
        // Its supervisor is still putting things in order.
        if (!hasSupervisor(scope) || context.elapsed() - seenEndAt > missingSupervisorMs) {
          if (build.state === 'failed') reporter.notice(whatNext(scope, build))
          return resultOf(build, build.exitCode ?? exitCodes.buildFailed)
        }
      } else {
        if (context.signal.aborted) {
          reporter.notice(howToComeBack(scope, context.signal.reason as Interrupted))
          return resultOf(build, (context.signal.reason as Interrupted).exitCode)
        }
        if (build.state === 'awaiting_approval') {
          const questions = questionsForUsers(store, build)
          const [question] = questions
          // Where nobody waits for the answer that comes first: it would be given in vain.
          if (question && !canAsk && hasSupervisor(scope)) {
            for (const one of questions) reporter.notice(howToAnswer(scope, one))
            return resultOf(build, exitCodes.questionOpen)
          }
          if (question && canAsk && !isMissing && !isPatienceOver()) {
            reporter.close()
            canAsk = await askHere(scope, build, question, () => {
              const now = requireBuild(store, guid, number)
              const isOpen = questionsForUsers(store, now)[0]?.key === question.key
              const isOurs = !isFinal(now.state) && missingMs() <= missingSupervisorMs
              return isOpen && isOurs && !isPatienceOver()
            })
            continue
          }
        }
        if (isPatienceOver()) {
          reporter.notice(`The time to wait ran out; the build goes on. ${comeBack(scope)}`)
          return { ...resultOf(build, exitCodes.timeout), reason: 'wait_timeout' }
        }
        if (isMissing) {
          if (!options.takeOver) throw supervisorMissing(scope)
          await options.takeOver()
          seenSupervisorAt = context.elapsed()
        }
      }
      await wakeup.next(lookEveryMs)
    }
  } finally {
    context.signal.removeEventListener('abort', wakeup.wake)
    wakeup.close()
  }
}

/** The build as it stands, as the last line of a stream. */
export function resultOf(build: Build, exitCode: number): BuildResult {
  return {
    type: 'result',
    guid: build.guid,
    build: build.build,
    state: build.state,
    url: build.url ?? null,
    verified: build.verified,
    proof: build.proof ?? null,
    reason: build.reason ?? null,
    warnings: build.warnings,
    exit_code: exitCode,
  }
}

const comeBack = (scope: Scope) =>
  `Come back with: tmux-builder status ${scope.guid.slice(0, 12)} --watch`

const howToComeBack = (scope: Scope, interrupted: Interrupted) =>
  `${interrupted.signal}: the build goes on without this terminal. ${comeBack(scope)}`

function whatNext(scope: Scope, build: Build): string {
  const id = scope.guid.slice(0, 12)
  const left =
    listResources(scope.store, scope.guid).length > 0
      ? ` What it has in AWS: tmux-builder inventory ${id}.`
      : ''
  return `What happened: tmux-builder events ${id}; what the agent showed: tmux-builder logs ${id}. The same tmux-builder ${build.command} again starts a new build.${left}`
}

const supervisorMissing = (scope: Scope) =>
  notReady(
    'The build has no supervisor.',
    `Go on with: tmux-builder resume ${scope.guid.slice(0, 12)}`,
  )

/** What nobody but a user answers: the policy settles the others in a moment. */
const questionsForUsers = (store: Store, build: Build): readonly Question[] =>
  build.settings.questionPolicy === 'fail'
    ? []
    : withoutRepeated(listOpenQuestions(store, build)).filter(
        (question) => !answerByPolicy(question, build.settings.questionPolicy),
      )

/** The id is the agent's: nothing of it may act when the command is copied. */
const shellWord = (text: string) => (/^[\w.-]+$/.test(text) ? text : shellQuote(text))

function howToAnswer(scope: Scope, question: Question): string {
  const which = `${scope.guid.slice(0, 12)} --question ${shellWord(oneLine(question.id))}`
  const ways = isGate(question)
    ? `Approve with: tmux-builder approve ${which}\nRefuse with: tmux-builder reject ${which}`
    : `Answer with: tmux-builder answer ${which} TEXT`
  return `${describeQuestion(question)}\n${ways}`
}
