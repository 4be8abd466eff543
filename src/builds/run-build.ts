import { followHookLog } from '../agents/hook-log.ts'
import { requireProfile } from '../agents/profiles.ts'
import { isFinal } from '../domain/build-state.ts'
import type { Scope } from '../session/scope.ts'
import { watchFiles } from '../session/watch.ts'
import { type Build, findBuild } from '../store/builds.ts'
import { isReadinessUntold, recordAgentReady } from '../store/events.ts'
import { writeAwsFiles } from './agent-role.ts'
import { beginAttempt } from './begin-attempt.ts'
import { startClock, startStopwatch } from './clock.ts'
import { deliver, proveAccepted, recordAccepted } from './deliver.ts'
import { cleanUp, failAttempt, failBuild } from './end-attempt.ts'
import { recordReport } from './follow-report.ts'
import { planAnswers, planCallBack, planReminder, sendAgain, tellLine } from './lines.ts'
import { nextStep, type Step } from './next-step.ts'
import { observe, type Seen, secondLookMs } from './observe.ts'
import { rotateAgentLog } from './rotate-log.ts'
import { findFirstDelivery, type Run, readBuild } from './run.ts'
import { recordQuestions, settleQuestions } from './settle-questions.ts'
import { watchSilence } from './silence.ts'
import { recordUsage } from './usage.ts'
import { verifyClaim } from './verify-claim.ts'
import { waitForLimit } from './wait-for-limit.ts'
import { recordGoingOn } from './waiting.ts'

/** Between two looks when nothing says that something changed: the process table and the records tell no one. */
const lookEveryMs = 500
/** How long an agent whose attempt failed may take to end its turn. */
const idleTimeoutMs = 20_000

/** Takes one build from wherever its records say it is to its end. */
export async function runBuild(
  scope: Scope,
  number: number,
  log: (line: string) => void,
): Promise<void> {
  const build = findBuild(scope.store, scope.guid, number)
  if (!build) return
  const run = await startRun(scope, build, log)
  scope.world.signal.addEventListener('abort', run.wakeup.wake)
  let hasGoneOn = false
  try {
    for (;;) {
      // Ended by a signal (a stop, a lost terminal): the records say where the next one goes on.
      scope.world.signal.throwIfAborted()
      await recordUsage(run, readBuild(run))
      const seen = await observe(run)
      if (
        seen.activity.isReady &&
        seen.facts.isAgentAlive &&
        isReadinessUntold(scope.store, scope.guid)
      )
        await scope.store.transact((tx) => recordAgentReady(tx, seen.build))
      const step = nextStep(seen.facts)
      if (step.do === 'leave') break
      await take(run, seen, step)
      if (!hasGoneOn) await recordGoingOn(scope, seen.build)
      hasGoneOn = true
    }
  } finally {
    scope.world.signal.removeEventListener('abort', run.wakeup.wake)
    run.wakeup.close()
  }
  // Whoever stopped it may have been killed half-way.
  if (readBuild(run).state !== 'deployed') await cleanUp(run)
}

async function startRun(scope: Scope, build: Build, log: Run['log']): Promise<Run> {
  const { paths } = scope
  if (!isFinal(build.state)) await writeAwsFiles(scope, build)
  const lookedMs = startStopwatch(scope.world.elapsed)
  return {
    scope,
    number: build.build,
    profile: await requireProfile(build.agent),
    wakeup: watchFiles([paths.report, paths.clarifications, paths.hookLog]),
    clock: startClock(scope.store, build, lookedMs),
    lookedMs,
    readHooks: followHookLog(paths.hookLog),
    silence: watchSilence(),
    sentAt: undefined,
    readyAt: undefined,
    askedAt: undefined,
    oldFailure: undefined,
    doubtfulReport: undefined,
    pause: undefined,
    openQuestions: new Map(),
    unnamedQuestionAt: undefined,
    log,
  }
}

async function take(run: Run, { build, silentMs }: Seen, step: Step): Promise<void> {
  switch (step.do) {
    case 'begin_attempt':
      return beginAttempt(run, build)
    case 'deliver':
      return withDelivery(run, build, (delivery) => deliver(run, build, delivery, idleTimeoutMs))
    case 'prove_accepted':
      return withDelivery(run, build, async (delivery) => {
        const proof = await proveAccepted(run, delivery)
        if (proof) await run.scope.store.transact((tx) => recordAccepted(tx, run, delivery, proof))
      })
    case 'record_report':
      return recordReport(run, build, step.report)
    case 'record_questions':
      return recordQuestions(run, build)
    case 'settle_questions':
      return settleQuestions(run, build)
    case 'plan_answers':
      return planAnswers(run, build)
    case 'plan_reminder':
      return planReminder(run, build, step.silence, Math.round(silentMs / 1000))
    case 'plan_call_back':
      return planCallBack(run, build)
    case 'tell_line':
      return tellLine(run, build)
    case 'send_again':
      return sendAgain(run, build)
    case 'wait_for_limit':
      return waitForLimit(run, build, step)
    case 'verify':
      return verify(run, build)
    case 'end_attempt':
      return failAttempt(run, build, step.failure)
    case 'fail':
      return failBuild(run, build, step.failure)
    case 'wait':
      await rotateAgentLog(run)
      return run.wakeup.next(run.doubtfulReport ? secondLookMs : lookEveryMs)
    case 'leave':
      return
  }
}

async function withDelivery(
  run: Run,
  build: Build,
  act: (delivery: NonNullable<ReturnType<typeof findFirstDelivery>>) => Promise<void>,
): Promise<void> {
  const delivery = findFirstDelivery(run, build)
  if (delivery) await act(delivery)
}

/** Verification may take half an hour: it stops when the build ends otherwise, or its time is up. */
async function verify(run: Run, build: Build): Promise<void> {
  const abort = new AbortController()
  const watch = setInterval(async () => {
    const { buildMs } = await run.clock.count(true, true)
    const isTimeUp = buildMs >= build.settings.timeoutMs
    if (isTimeUp || isFinal(readBuild(run).state)) abort.abort()
  }, lookEveryMs)
  try {
    const signal = AbortSignal.any([abort.signal, run.scope.world.signal])
    const failure = await verifyClaim(run, build, signal)
    if (failure) await failAttempt(run, readBuild(run), failure)
  } catch (error) {
    if (!abort.signal.aborted) throw error
  } finally {
    clearInterval(watch)
  }
}
