import type { Proof } from './build-settings.ts'

/**
 * The event types of the journal with their own fields. Every event also has `seq` (per session, gapless, from 1),
 * `at`, `guid`, `build` and `attempt`. The names are published in schemas/event.json.
 */
export interface EventFields {
  registered: {
    command: 'register' | 'refine'
    agent: string
    target: string
    request_sha256: string
    request_bytes: number
  }
  session_created: { tmux_session: string; reason?: string }
  session_reused: { tmux_session: string }
  session_ended: { reason: string; processes: number }
  supervisor_started: { pid: number }
  supervisor_waiting: { message: string }
  agent_started: { agent: string; conversation: string; resumed: boolean; pid: number }
  agent_ready: { conversation: string }
  prompt_delivered: {
    prompt: string
    file: string | null
    sha256: string
    bytes: number
    confirmed_by: string
  }
  status: { status: string; phase: number; progress: number; message: string; report: unknown }
  status_invalid: { problem: string }
  question: { question: unknown }
  answer: { id: string; answer: string; decision: string; by: string }
  agent_exited: { exit_status: number | null; exit_signal: string | null }
  agent_stalled: { silent_seconds: number }
  limit_reached: { until: string; message: string }
  retry: { reason: string; message: string; next_attempt: number; pause_seconds: number }
  deploy_step: { step: string; message: string }
  rolling_back: { target: string; url: string; release: number; from: number | null }
  rolled_back: { target: string; url: string; release: number; from: number | null }
  destroyed: { account: string; resources: readonly string[] }
  released: { target: string; url: string; release: number }
  /** The release is `null` when none is served any more. */
  release_switched: { target: string; release: number | null }
  preview_started: { url: string }
  verifying: { url: string }
  verified: { url: string; warnings: readonly string[]; proof: Proof | null }
  verify_failed: { url: string; evidence: unknown; tries: number }
  deployed: { url: string; verified: boolean }
  failed: { reason: string; message: string }
  stopped: Record<string, never>
  resumed: { by: string }
  archived: Record<string, never>
  restored: Record<string, never>
}

export type EventType = keyof EventFields

/** One line of the journal as users see it. */
export type JournalEvent = {
  [Type in EventType]: {
    readonly seq: number
    readonly at: string
    readonly guid: string
    readonly build: number | null
    readonly attempt: number | null
    readonly type: Type
  } & Readonly<EventFields[Type]>
}[EventType]
