/** Why an agent's turn failed, in words that fit every agent program. */
export type FailureKind = 'login' | 'credit' | 'limit' | 'overload' | 'other'

export interface TurnFailure {
  readonly kind: FailureKind
  /** The program's own word for it, for messages. */
  readonly name: string
  readonly message: string
  /** When a usage limit ends, in milliseconds since the epoch; `undefined`: the program does not say. */
  readonly until: number | undefined
}

/** What one agent process is doing. The supervisor decides by this and never by a program's own words. */
export interface Activity {
  /** Whether its session has started, so that no start-up dialog is in the way. */
  readonly isReady: boolean
  readonly isBusy: boolean
  /** Whether its turn ended while its own background work will wake it. */
  readonly isWaiting: boolean
  /** Every text that it accepted as a prompt, oldest first. */
  readonly accepted: readonly string[]
  /** How its last turn failed. The object stays the same until another turn fails, so it is handled only once. */
  readonly failure: TurnFailure | undefined
  /** The tool for which it waits for permission. No human is there to give it, so only a new prompt ends this. */
  readonly permissionWanted: string | undefined
}

export const noActivity: Activity = {
  isReady: false,
  isBusy: false,
  isWaiting: false,
  accepted: [],
  failure: undefined,
  permissionWanted: undefined,
}

/** Whether the agent accepted a line, which it may report as part of a longer text. */
export const hasAccepted = (activity: Activity, line: string): boolean =>
  activity.accepted.some((text) => text.includes(line))

/** What an agent's program has used, according to its own accounting. */
export interface Usage {
  /** US dollars spent by its process or in its conversation. */
  readonly dollars: number
  /** Tokens of its last request: input, cached or not, and output. */
  readonly tokens: number
}

/** What was used between two readings. A sum that shrank belongs to a new process, which counts from zero. */
export const usageBetween = (before: Usage, now: Usage): Usage => ({
  dollars: now.dollars < before.dollars ? now.dollars : now.dollars - before.dollars,
  tokens: now.tokens === before.tokens ? 0 : now.tokens,
})

/** The files to which an agent program writes its activity and usage. */
export interface ActivityPlace {
  readonly hookLog: string
  readonly usageFile: string
  /** Milliseconds since the epoch, because a program may only name a time of day. */
  now(): number
}

/** Follows one agent program. Each profile has its own, which turns the program's words into an `Activity`. */
export interface ActivityWatch {
  look(): Promise<Activity>
  /** Names the proof that the agent accepted a line, in the program's own word; `undefined`: there is none. */
  findAcceptance(sent: { readonly id: string; readonly line: string }): Promise<string | undefined>
  readUsage(): Promise<Usage | undefined>
}
