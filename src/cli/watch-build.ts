import { type BuildResult, followBuild, questionsForUsers } from '../app/follow-build.ts'
import { type App, scopeIn } from '../app/open-app.ts'
import { shortGuid } from '../domain/identity.ts'
import type { JournalEvent } from '../domain/journal.ts'
import { isGate } from '../domain/question.ts'
import type { Interrupted } from '../errors.ts'
import type { Scope } from '../session/scope.ts'
import { findBuild } from '../store/builds.ts'
import { readEvents } from '../store/events.ts'
import type { Question } from '../store/questions.ts'
import { listResources } from '../store/resources.ts'
import { shellQuote } from '../world/shell-quote.ts'
import type { Variables } from '../world/world.ts'
import { type Asking, askHere, canAskHere, describeQuestion } from './ask.ts'
import type { Context } from './context.ts'
import { oneLine } from './plain-text.ts'
import type { Reporter } from './reporter.ts'

export interface WatchOptions {
  readonly reporter: Reporter
  readonly patienceMs: number | undefined
  /** What the agent may see, where a missing supervisor is to be started again. */
  readonly agentEnvironment: Variables | undefined
}

/** Shows a build's events as they come and asks its questions at this terminal; returns how it ended or stands. */
export async function watchBuild(
  context: Context,
  app: App,
  place: { readonly guid: string; readonly build: number },
  { reporter, patienceMs, agentEnvironment }: WatchOptions,
): Promise<BuildResult> {
  const scope = scopeIn(app, place.guid)
  let canAsk = await canAskHere(context, scope)
  const followed = followBuild(app, {
    ...place,
    patienceMs,
    agentEnvironment,
    isAnswering: () => canAsk,
  })
  let shownSeq = 0
  const openQuestion = (): Question | undefined => {
    // What led to the question is shown before it.
    const isBehind = readEvents(app.store, { ...place, after: shownSeq, limit: 1 }).length > 0
    if (!canAsk || (isBehind && !asking)) return undefined
    const build = findBuild(app.store, place.guid, place.build)
    return build?.state === 'awaiting_approval' ? questionsForUsers(scope, build)[0] : undefined
  }
  let asking: Asking | undefined
  /** What came while a question stood on the terminal; it is shown when the question is settled. */
  let held: JournalEvent[] = []
  const stopAsking = async () => {
    asking?.abort()
    canAsk = (await asking?.done) !== 'closed' && canAsk
    asking = undefined
    for (const event of held) reporter.event(event)
    held = []
  }
  try {
    let next = followed.next()
    for (;;) {
      const question = openQuestion()
      if (asking && asking.key !== question?.key) await stopAsking()
      if (question && !asking) {
        reporter.close()
        asking = askHere(context, app, place, question)
      }
      const came = await Promise.race(asking ? [next, asking.done] : [next])
      if (typeof came === 'string') {
        await stopAsking()
        continue
      }
      if (came.done) throw new Error('a build was followed to no result')
      next = followed.next()
      if (came.value.type === 'result') {
        await stopAsking()
        noticeEnd(context, scope, came.value, reporter)
        return came.value
      }
      shownSeq = came.value.seq
      if (asking) held.push(came.value)
      else reporter.event(came.value)
    }
  } finally {
    asking?.abort()
    await followed.return()
  }
}

function noticeEnd(context: Context, scope: Scope, result: BuildResult, reporter: Reporter): void {
  const build = findBuild(scope.store, result.guid, result.build)
  if (!build) return
  switch (result.endedBy) {
    case 'build':
      if (result.state === 'failed') reporter.notice(whatNext(scope, build.command))
      return
    case 'signal': {
      const { signal } = context.signal.reason as Interrupted
      reporter.notice(`${signal}: the build goes on without this terminal. ${comeBack(scope)}`)
      return
    }
    case 'question':
      for (const question of questionsForUsers(scope, build))
        reporter.notice(howToAnswer(scope, question))
      return
    case 'patience':
      reporter.notice(`The time to wait ran out; the build goes on. ${comeBack(scope)}`)
  }
}

const comeBack = (scope: Scope) =>
  `Come back with: tmux-builder status ${shortGuid(scope.guid)} --watch`

function whatNext(scope: Scope, command: string): string {
  const id = shortGuid(scope.guid)
  const left =
    listResources(scope.store, scope.guid).length > 0
      ? ` What it has in AWS: tmux-builder inventory ${id}.`
      : ''
  return `What happened: tmux-builder events ${id}; what the agent showed: tmux-builder logs ${id}. To retry, run the same \`tmux-builder ${command}\` command again.${left}`
}

/** The id is the agent's choice: nothing of it may act when the command is copied. */
const shellWord = (text: string) => (/^[\w.-]+$/.test(text) ? text : shellQuote(text))

function howToAnswer(scope: Scope, question: Question): string {
  const which = `${shortGuid(scope.guid)} --question ${shellWord(oneLine(question.id))}`
  const ways = isGate(question)
    ? `Approve with: tmux-builder approve ${which}\nRefuse with: tmux-builder reject ${which}`
    : `Answer with: tmux-builder answer ${which} TEXT`
  return `${describeQuestion(question)}\n${ways}`
}
