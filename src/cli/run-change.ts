import type { ResumedAll } from '../app/resume.ts'
import { usageError } from '../errors.ts'
import type { HomeInput } from './command-row.ts'
import { exitCodes } from './exit-codes.ts'
import { oneLine } from './plain-text.ts'
import { printDone } from './result.ts'

// Commands that change a session on this machine.

interface Session {
  readonly guid: string
}
interface JsonOption {
  readonly json?: boolean
}
interface QuestionOptions extends JsonOption {
  readonly question?: string
}

export async function runAnswer(
  input: HomeInput<Session & { readonly text: string }, QuestionOptions>,
): Promise<number> {
  const { context, app, args, options } = input
  const { answer } = await import('../app/answer.ts')
  const question = await answer(app, { ...args, question: options.question })
  printDone(context, options.json === true, { question }, `answered ${oneLine(question)}`)
  return exitCodes.ok
}

export async function runDecide(
  input: HomeInput<Session, QuestionOptions>,
  decision: 'approve' | 'reject',
): Promise<number> {
  const { context, app, args, options } = input
  const { decide } = await import('../app/answer.ts')
  const questions = await decide(app, {
    guid: args.guid,
    decision,
    question: options.question,
  })
  const done = { approve: 'approved', reject: 'rejected' }[decision]
  const text = `${done} ${questions.map(oneLine).join(', ')}`
  printDone(context, options.json === true, { questions }, text)
  return exitCodes.ok
}

export async function runResume(
  input: HomeInput<Partial<Session>, JsonOption & { readonly all?: boolean }>,
): Promise<number> {
  const { context, app, args, options } = input
  const { guid } = args
  if ((guid === undefined) === (options.all !== true))
    throw usageError('Give either a session or --all.', 'For example: tmux-builder resume --all')
  const { resume, resumeAll } = await import('../app/resume.ts')
  const { resumed, failure } =
    guid === undefined
      ? await resumeAll(app)
      : { resumed: [await resume(app, guid)], failure: undefined }
  const json = options.json === true
  // With --json the error is the only object on stdout.
  if (!failure || (!json && resumed.length > 0))
    printDone(context, json, { resumed }, resumedText(resumed))
  if (failure) throw failure
  return exitCodes.ok
}

const resumedWords = {
  running: 'is running',
  nothing: 'has nothing to resume',
  went_on: 'continues',
  next_attempt: 'continues with its next attempt',
  preview: 'is served again',
} as const

function resumedText(resumed: ResumedAll['resumed']): string {
  if (resumed.length === 0) return 'nothing to resume'
  return resumed
    .map(({ guid, build, did }) => `${guid} build ${build} ${resumedWords[did]}`)
    .join('\n')
}

export async function runStop(input: HomeInput<Session, JsonOption>): Promise<number> {
  const { context, app, args, options } = input
  const { stop } = await import('../app/stop-and-archive.ts')
  const stopped = await stop(app, args.guid)
  const { processes } = stopped
  const text = `stopped: ${processes} ${processes === 1 ? 'process' : 'processes'} ended`
  printDone(context, options.json === true, stopped, text)
  return exitCodes.ok
}

export async function runArchive(input: HomeInput<Session, JsonOption>): Promise<number> {
  const { context, app, args, options } = input
  const { archive } = await import('../app/stop-and-archive.ts')
  const guid = await archive(app, args.guid)
  printDone(context, options.json === true, { guid }, `archived ${guid}`)
  return exitCodes.ok
}

export async function runRestore(input: HomeInput<Session, JsonOption>): Promise<number> {
  const { context, app, args, options } = input
  const { restore } = await import('../app/stop-and-archive.ts')
  const guid = await restore(app, args.guid)
  printDone(context, options.json === true, { guid }, `restored ${guid}`)
  return exitCodes.ok
}

interface GcOptions extends JsonOption {
  readonly olderThanMs?: number
  readonly purge?: boolean
  readonly remote?: boolean
}

export async function runGc(input: HomeInput<object, GcOptions>): Promise<number> {
  const { context, app, options } = input
  const { gc } = await import('../app/gc.ts')
  const { failure, ...collected } = await gc(app, options)
  const { archived, expired, purged, destroyed } = collected
  const json = options.json === true
  const text = [
    `archived ${archived.length}`,
    ...(expired.length > 0 ? [`ended ${expired.length} expired`] : []),
    ...(options.purge ? [`deleted ${purged.length}`] : []),
    ...(options.remote ? [`destroyed ${destroyed.length}`] : []),
  ].join(', ')
  // With --json the error is the only object on stdout.
  if (!failure || !json) printDone(context, json, collected, text)
  if (failure) throw failure
  return exitCodes.ok
}
