import { isFinal, phaseNames } from '../domain/build-state.ts'
import type { Diagnosis } from '../domain/diagnosis.ts'
import { shortGuid } from '../domain/identity.ts'
import { isGate } from '../domain/question.ts'
import type { SessionSummary, SessionView } from '../domain/session-view.ts'
import { redact } from '../secrets/redact.ts'
import { describeQuestion } from './ask.ts'
import type { Context } from './context.ts'
import { oneLine } from './plain-text.ts'
import { printObject } from './result.ts'

/** Prints a session's status for people, and what to run next. */
export function showStatus(context: Context, view: SessionView, json: boolean): void {
  if (json) {
    printObject(context, view)
    return
  }
  const advice = adviceFor(view)
  const rows: [string, string | null][] = [
    ['session', view.guid + (view.archived ? ' (archived)' : '')],
    ['project', view.project],
    ['e-mail', view.email ?? null],
    ['phone', view.phone ?? null],
    ['build', view.build === null ? null : `${view.build}, attempt ${view.attempt}`],
    ['state', stateText(view)],
    ['phase', phaseText(view)],
    ['message', view.message === '' ? null : redact(view.message)],
    ['url', urlText(view)],
    ['agent', `${view.agent ?? 'none'} (${aliveText(view.alive.agent)})`],
    ['supervisor', aliveText(view.alive.supervisor)],
    ['preview', view.target === 'local' ? aliveText(view.alive.preview) : null],
    ['request', firstLine(view.request)],
    ['expires', view.expires_at],
    ['destroy', view.destroy_at === null ? null : `${view.destroy_at}, by gc --remote`],
    ['folder', view.folder],
  ]
  for (const [name, value] of rows)
    if (value !== null) context.stdout.write(`${name.padEnd(11)}${oneLine(value)}\n`)
  for (const question of view.questions) context.stdout.write(`${describeQuestion(question)}\n`)
  if (advice) context.stderr.write(`${advice}\n`)
}

function urlText({ url, verified, proof }: SessionView): string | null {
  if (url === null) return null
  const shown = proof === null ? 'verified' : `verified, proof: ${proof}`
  return `${url} (${verified ? shown : 'not verified'})`
}

/** Prints sessions for people, one line each. */
export function showList(
  context: Context,
  sessions: readonly SessionSummary[],
  json: boolean,
  /** Whether other sessions exist that do not match. */
  isNarrowed: boolean,
): void {
  if (json) {
    printObject(context, { sessions })
    return
  }
  if (sessions.length === 0)
    context.stderr.write(
      isNarrowed
        ? 'No session matches. See them all with: tmux-builder list --all\n'
        : 'No sessions yet. Start one with: tmux-builder register\n',
    )
  for (const session of sessions)
    context.stdout.write(
      `${[
        shortGuid(session.guid),
        session.state.padEnd(17),
        `${String(Math.round(session.progress)).padStart(3)}%`,
        (session.agent ?? '').padEnd(7),
        session.updated_at.slice(0, 19).replace('T', ' '),
        session.project ?? '-',
        oneLine(session.url ?? '-'),
        session.archived ? '(archived)' : '',
        isAbandoned(session) ? withoutSupervisor : '',
      ]
        .join('  ')
        .trimEnd()}\n`,
    )
}

const withoutSupervisor = '(no supervisor)'

function stateText(view: SessionView): string {
  if (isAbandoned(view)) return `${view.state} ${withoutSupervisor}`
  return view.state + (view.reason ? ` (${view.reason})` : '')
}

const aliveText = (alive: boolean) => (alive ? 'alive' : 'not running')

function phaseText(view: SessionView): string {
  const name = phaseNames[view.phase]
  return `${view.phase}/4${name ? ` ${name}` : ''}, ${view.progress}%`
}

function firstLine(text: string | null): string | null {
  if (text === null) return null
  const line = text.trim().split('\n')[0] ?? ''
  return line.length > 100 || text.trim().includes('\n') ? `${line.slice(0, 100)} …` : line
}

const marks = { good: 'ok  ', note: 'note', bad: 'BAD ' } as const

/** Prints each finding, and what to install so that builds resume after a reboot. */
export function showDiagnosis(context: Context, diagnosis: Diagnosis, json: boolean): void {
  if (json) {
    printObject(context, diagnosis)
    return
  }
  for (const { check, is, message, hint } of diagnosis.findings) {
    context.stdout.write(`${marks[is]}  ${check}: ${message}\n`)
    if (hint !== null) context.stdout.write(`      ${hint}\n`)
  }
  context.stdout.write(
    `\nTo resume unfinished builds at boot (${diagnosis.at_boot.way}):\n\n${diagnosis.at_boot.install}\n`,
  )
}

/** Whether a build is unfinished and has no supervisor, so its state is only the last known one. */
const isAbandoned = (session: SessionSummary): boolean =>
  session.build !== null && !isFinal(session.state) && !session.alive.supervisor

/** Says in a sentence what to run next; `undefined` when nothing is needed. */
function adviceFor(view: SessionView): string | undefined {
  const short = shortGuid(view.guid)
  if (view.waiting !== null)
    return `The build waits: ${view.waiting} It continues by itself once that is fixed${isAbandoned(view) ? `, or with: tmux-builder resume ${short}` : '.'}`
  const ask = adviceForQuestion(view, short)
  if (isAbandoned(view))
    return [`No supervisor runs this build. Continue it with: tmux-builder resume ${short}`, ask]
      .filter(Boolean)
      .join('\n')
  if (ask) return ask
  if (view.state === 'deployed' && view.target === 'local' && !view.alive.preview)
    return `The preview is not running. Bring it back with: tmux-builder resume ${short}`
  return undefined
}

function adviceForQuestion(view: SessionView, short: string): string | undefined {
  const [question] = view.questions
  if (!question) return undefined
  return isGate(question)
    ? `An approval is open. Decide: tmux-builder approve ${short}, or reject ${short}`
    : `A question is open. Answer it: tmux-builder answer ${short} TEXT`
}
