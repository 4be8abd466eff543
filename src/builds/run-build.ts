import { usageBetween } from '../agents/activity.ts'
import { requireProfile } from '../agents/profiles.ts'
import { isFinal } from '../domain/build-state.ts'
import { requireSession, type Scope } from '../session/scope.ts'
import { watchFiles } from '../session/watch.ts'
import { type Build, findBuild, requireBuild, updateBuild, whileRunning } from '../store/builds.ts'
import type { Delivery } from '../store/deliveries.ts'
import { lacksReadyEvent, recordAgentReady } from '../store/events.ts'
import { updateSession } from '../store/sessions.ts'
import { recordQuestions, settleQuestions } from './agent-questions.ts'
import { writeAwsFiles } from './agent-role.ts'
import { rotateAgentLog } from './agent-window.ts'
import { beginAttempt } from './begin-attempt.ts'
import { isWorthSaving, startStopwatch } from './clock.ts'
import { deliver, proveAccepted, recordAccepted } from './deliver.ts'
import { cleanUp, failAttempt, failBuild } from './end-attempt.ts'
import { factsOf, secondLookMs } from './facts.ts'
import { recordInvalidReport, recordReport } from './follow-report.ts'
import {
  planAnswers,
  planCallBack,
  planReminder,
  sendAgain,
  tellLine,
  waitForLimit,
} from './lines.ts'
import { beginMemory, remember, withTimePassed } from './memory.ts'
import { nextStep, type Step } from './next-step.ts'
import { observe, type Snapshot } from './observe.ts'
import { findPrompt, type Run, readBuild } from './run.ts'
import { judgeSilence } from './silence.ts'
import { verifyClaim } from './verify-claim.ts'
import { recordGoingOn } from './waiting.ts'

/** The time until the next look when no file changes. The process table and the records wake no one. */
const lookEveryMs = 500
/** How long an agent whose attempt failed may take to end its turn. */
const idleTimeoutMs = 20_000

/** Takes one build to its end, from wherever its records say that it is. */
export async function runBuild(scope: Scope, number: number): Promise<void> {
  const build = findBuild(scope.store, scope.guid, number)
  if (!build) return
  const run = await startRun(scope, build)
  scope.world.signal.addEventListener('abort', run.wakeup.wake)
  let hasGoneOn = false
  try {
    for (;;) {
      // After a signal (a stop, a lost terminal) the records say where the next supervisor goes on.
      scope.world.signal.throwIfAborted()
      await countUsage(run, readBuild(run))
      const seen = await observe(run)
      run.remember((before) => remember(before, seen))
      await saveClock(run, seen.build)
      const facts = factsOf(seen, run.memory())
      if (facts.isAgentReady && facts.isAgentAlive) await recordReadiness(run, seen.build)
      const step = nextStep(facts)
      if (step.do === 'leave') break
      await take(run, seen, step)
      if (!hasGoneOn) await recordGoingOn(scope, seen.build)
      hasGoneOn = true
    }
  } finally {
    scope.world.signal.removeEventListener('abort', run.wakeup.wake)
    run.wakeup.close()
  }
  // The process that stopped it may have been killed half-way.
  if (readBuild(run).state !== 'deployed') await cleanUp(run)
}

async function startRun(scope: Scope, build: Build): Promise<Run> {
  const { paths } = scope
  if (!isFinal(build.state)) await writeAwsFiles(scope, build)
  const lookedMs = startStopwatch(scope.world.elapsed)
  const profile = await requireProfile(build.agent)
  const { hookLog, usage: usageFile } = paths
  let memory = beginMemory(build, lookedMs())
  return {
    scope,
    number: build.build,
    profile,
    agent: profile.watchActivity({ hookLog, usageFile, now: scope.world.now }),
    wakeup: watchFiles([paths.report, paths.clarifications, hookLog]),
    lookedMs,
    memory: () => memory,
    remember(change) {
      memory = change(memory)
    },
  }
}

async function take(run: Run, seen: Snapshot, step: Step): Promise<void> {
  const { build } = seen
  const { scope } = run
  switch (step.do) {
    case 'begin_attempt':
      return beginAttempt(run, build)
    case 'deliver':
      return withDelivery(run, build, (delivery) => deliver(run, build, delivery, idleTimeoutMs))
    case 'prove_accepted':
      return withDelivery(run, build, async (delivery) => {
        const proof = await proveAccepted(run, delivery)
        if (proof !== undefined) await recordAccepted(run, build, delivery, proof)
      })
    case 'record_report':
      return recordReport(run, build, step.report)
    case 'record_invalid_report':
      return recordInvalidReport(run, build, step.problem)
    case 'record_questions':
      return recordQuestions(scope, build, seen.asked)
    case 'settle_questions':
      return settleQuestions(scope, build, run.memory().openQuestions, run.lookedMs())
    case 'plan_answers':
      return planAnswers(run, build)
    case 'plan_reminder':
      return planReminder(run, build, step.silence, silentSeconds(run, seen))
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
      return run.wakeup.next(mustLookAgainSoon(run, seen) ? secondLookMs : lookEveryMs)
    case 'leave':
      return
  }
}

async function withDelivery(
  run: Run,
  build: Build,
  act: (delivery: Delivery) => Promise<void>,
): Promise<void> {
  const delivery = findPrompt(run, build)
  if (delivery) await act(delivery)
}

function silentSeconds(run: Run, { build, activity, lookedMs }: Snapshot): number {
  const { stillness } = run.memory()
  const { silentMs } = judgeSilence(stillness, lookedMs, activity, build.settings.stallTimeoutMs)
  return Math.round(silentMs / 1000)
}

/** Whether status.json is bad, which a second look has to confirm because it may be half-written. */
function mustLookAgainSoon(run: Run, seen: Snapshot): boolean {
  const { doubtfulReport } = run.memory()
  return doubtfulReport !== undefined && doubtfulReport.problem !== seen.recordedProblem
}

/** Records that the agent is past its start. It reads first, because this is asked at every look. */
export async function recordReadiness({ scope }: Run, build: Build): Promise<void> {
  if (!lacksReadyEvent(scope.store, scope.guid)) return
  await whileRunning(scope.store, build, (tx) => recordAgentReady(tx, build))
}

/** Adds to the build what the agent's own accounting has grown by since the last look. */
export async function countUsage(run: Run, build: Build): Promise<void> {
  const { store, guid } = run.scope
  const now = await run.agent.readUsage()
  if (!now) return
  const before = requireSession(run.scope).usageSeen ?? { dollars: 0, tokens: 0 }
  if (now.dollars === before.dollars && now.tokens === before.tokens) return
  const used = usageBetween(before, now)
  await store.transact((tx) => {
    const { dollars, tokens } = requireBuild(tx, guid, build.build)
    updateSession(tx, guid, { usageSeen: now })
    updateBuild(tx, build, {
      dollars: dollars + used.dollars,
      tokens: tokens + Math.round(used.tokens),
    })
  })
}

async function saveClock(run: Run, recorded: Build): Promise<void> {
  const { clock } = run.memory()
  if (!isWorthSaving(clock, recorded)) return
  await run.scope.store.transact((tx) =>
    updateBuild(tx, recorded, {
      clockMs: Math.round(clock.buildMs),
      attemptClockMs: Math.round(clock.attemptMs),
    }),
  )
}

/** Verification may take half an hour, so it stops when the build ends otherwise or its time is up. */
async function verify(run: Run, build: Build): Promise<void> {
  const failure = await whileWatched(
    (signal) => verifyClaim(run, build, signal),
    (signal) => countMeanwhile(run, signal),
    run.scope.world.signal,
  )
  if (failure) await failAttempt(run, readBuild(run), failure)
}

/**
 * Runs `act` and `watch` until one of them ends, which ends the other. Both have ended when this settles, because
 * nothing may go on that the caller no longer knows of. Resolves to `undefined` when `watch` ended `act`.
 */
export async function whileWatched<T>(
  act: (signal: AbortSignal) => Promise<T>,
  watch: (signal: AbortSignal) => Promise<void>,
  outer: AbortSignal,
): Promise<T | undefined> {
  const stop = new AbortController()
  const done = new AbortController()
  const acting = act(AbortSignal.any([stop.signal, outer]))
    .catch((error: unknown) => {
      if (!stop.signal.aborted) throw error
      return undefined
    })
    .finally(() => done.abort())
  const watching = watch(done.signal).finally(() => stop.abort())
  await Promise.allSettled([acting, watching])
  await watching
  return acting
}

/** Counts the build's time until the signal aborts, the build has ended or its time is up. */
async function countMeanwhile(run: Run, signal: AbortSignal): Promise<void> {
  for (;;) {
    await run.scope.world.sleep(lookEveryMs, signal)
    if (signal.aborted) return
    run.remember((before) => withTimePassed(before, run.lookedMs()))
    const build = readBuild(run)
    await saveClock(run, build)
    if (isFinal(build.state) || run.memory().clock.buildMs >= build.settings.timeoutMs) return
  }
}
