import { type Activity, type FailureKind, noActivity } from '../activity.ts'
import { parseLimitReset } from './usage-limit.ts'

/** The hooks of Claude Code (2.1.330) that are written to the hook log; the demo agent writes the same names. */
export type HookName =
  | 'SessionStart'
  | 'UserPromptSubmit'
  | 'PreToolUse'
  | 'PostToolUse'
  | 'PostToolUseFailure'
  | 'PermissionRequest'
  | 'Notification'
  | 'Stop'
  | 'StopFailure'
  | 'SessionEnd'

/** One line of the hook log, with its texts cut to a limit where they may be long. */
export interface Hook {
  readonly name: HookName
  readonly prompt: string
  readonly error: string
  readonly toolName: string
  readonly lastMessage: string
  /** Whether background work or a timer of its own will wake it. */
  readonly isWaiting: boolean
  readonly transcript: string | undefined
}

/** The sum of all hooks of one agent process. */
export interface HooksSeen {
  readonly activity: Activity
  /** The file of the conversation, which may hold a prompt that no hook named. */
  readonly transcript: string | undefined
}

export const noHooks: HooksSeen = { activity: noActivity, transcript: undefined }

const isFilled = (value: unknown) => Array.isArray(value) && value.length > 0
const text = (value: unknown) => (typeof value === 'string' ? value : '')

/** Returns `undefined` for a line that is not a hook. */
export function parseHook(line: string): Hook | undefined {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value !== 'object' || value === null || !('hook_event_name' in value))
      return undefined
    const fields = value as Record<string, unknown>
    return {
      name: fields.hook_event_name as HookName,
      prompt: text(fields.prompt),
      error: text(fields.error),
      toolName: text(fields.tool_name),
      lastMessage: text(fields.last_assistant_message).slice(0, 2_000),
      isWaiting: isFilled(fields.background_tasks) || isFilled(fields.session_crons),
      transcript: text(fields.transcript_path) || undefined,
    }
  } catch {
    return undefined
  }
}

/** Adds one hook. `now` is needed for usage limits that name the time of day at which they end. */
export function applyHook(seen: HooksSeen, hook: Hook, now: number): HooksSeen {
  return {
    activity: { ...seen.activity, ...changeOf(seen.activity, hook, now) },
    transcript: hook.transcript ?? seen.transcript,
  }
}

function changeOf(activity: Activity, hook: Hook, now: number): Partial<Activity> {
  switch (hook.name) {
    case 'SessionStart':
      return { isReady: true }
    case 'UserPromptSubmit':
      return {
        isBusy: true,
        isWaiting: false,
        failure: undefined,
        permissionWanted: undefined,
        accepted: [...activity.accepted, hook.prompt],
      }
    case 'PermissionRequest':
      return { permissionWanted: hook.toolName || 'a tool' }
    case 'Stop':
      return { isBusy: false, isWaiting: hook.isWaiting }
    case 'StopFailure': {
      const kind = failureKindOf(hook.error)
      const until = kind === 'limit' ? parseLimitReset(hook.lastMessage, now) : undefined
      const failure = { kind, name: hook.error, message: hook.lastMessage, until }
      return { isBusy: false, isWaiting: false, failure }
    }
    default:
      return {}
  }
}

/** The error names in Claude Code's `StopFailure` hook (2.1.330). */
const failureKinds: Readonly<Record<string, FailureKind>> = {
  authentication_failed: 'login',
  oauth_org_not_allowed: 'login',
  account_on_hold: 'login',
  verification_required: 'login',
  cloud_credential_error: 'login',
  billing_error: 'credit',
  rate_limit: 'limit',
  overloaded: 'overload',
  server_error: 'overload',
}

const failureKindOf = (name: string): FailureKind =>
  (Object.hasOwn(failureKinds, name) ? failureKinds[name] : undefined) ?? 'other'
