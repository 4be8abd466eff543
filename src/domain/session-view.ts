import type { BuildState } from './build-state.ts'
import type { QuestionReason } from './question.ts'
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
