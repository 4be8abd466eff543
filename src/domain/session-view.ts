import { type BuildState, isFinal } from './build-state.ts'
import { isGate, type QuestionReason } from './question.ts'
import type { Report } from './report.ts'

/** A session as `list --json` shows it. */
export interface SessionSummary {
  readonly guid: string
  readonly project: string | null
  /** It is there only with `--show-identity`. */
  readonly email?: string
  readonly phone?: string
  readonly build: number | null
  readonly attempt: number | null
  readonly state: BuildState
  readonly reason: string | null
  readonly phase: number
  readonly progress: number
  readonly message: string
  readonly url: string | null
  readonly verified: boolean
  readonly agent: string | null
  readonly target: string | null
  /** This is looked up now, not remembered. */
  readonly alive: {
    readonly agent: boolean
    readonly supervisor: boolean
    readonly preview: boolean
  }
  readonly archived: boolean
  readonly created_at: string
  readonly updated_at: string
}

/** A session as `status --json` shows it. */
export interface SessionView extends SessionSummary {
  readonly request: string | null
  /** The last report of the agent, with all of its fields. */
  readonly report: Report | null
  /** The open questions. */
  readonly questions: readonly QuestionView[]
  readonly usage: { readonly tokens: number; readonly dollars: number } | null
  /** The problem that has to be fixed before an unfinished build can go on. */
  readonly waiting: string | null
  readonly proof: string | null
  readonly warnings: readonly string[]
  readonly expires_at: string | null
  /** The time after which `gc --remote` destroys what the session has in AWS. */
  readonly destroy_at: string | null
  readonly tmux: { readonly socket: string | null; readonly session: string | null }
  readonly folder: string
  readonly workspace: string
}

export interface QuestionView {
  readonly id: string
  readonly question: string
  readonly reason: QuestionReason
  readonly options: readonly string[]
  readonly default: string | null
  readonly cost_estimate_monthly: number | null
  readonly asked_at: string
}

/** Whether a build is unfinished and has no supervisor, so its state is only the last known one. */
export const isAbandoned = (session: SessionSummary): boolean =>
  session.build !== null && !isFinal(session.state) && !session.alive.supervisor

/** Says in a sentence what to run next; `undefined` when nothing is needed. */
export function adviceFor(view: SessionView): string | undefined {
  const short = view.guid.slice(0, 12)
  if (view.waiting !== null)
    return `The build waits: ${view.waiting} It goes on by itself when that is fixed${isAbandoned(view) ? `, or with: tmux-builder resume ${short}` : '.'}`
  const ask = adviceForQuestion(view, short)
  if (isAbandoned(view))
    return [`Nothing works on this build. Go on with: tmux-builder resume ${short}`, ask]
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
