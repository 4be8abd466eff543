/** Why an agent's turn failed, in words that every agent program shares. */
export type FailureKind = 'login' | 'credit' | 'limit' | 'overload' | 'other'

export interface TurnFailure {
  readonly kind: FailureKind
  /** The program's own word for it, for messages. */
  readonly name: string
  readonly message: string
  /** When a usage limit is lifted, in milliseconds since the epoch; `undefined`: the program does not say. */
  readonly until: number | undefined
}

/** What one agent process shows of itself. The supervisor decides by this and never by a program's own words. */
export interface Activity {
  /** Its session started: it is past its dialogs. */
  readonly isReady: boolean
  readonly isBusy: boolean
  /** Its turn ended, and work of its own in the background will wake it. */
  readonly isWaiting: boolean
  /** Every text that it took as a prompt, oldest first. */
  readonly accepted: readonly string[]
  /** How its last turn failed. It stays the same object until another turn fails, so that it can be recognised. */
  readonly failure: TurnFailure | undefined
  /** The tool that it waits for a human to allow. No human watches, so only a new prompt ends that. */
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

/** An agent says of a prompt that it took: the line itself, or a text that holds the line. */
export const hasAccepted = (activity: Activity, line: string): boolean =>
  activity.accepted.some((text) => text.includes(line))

/** What an agent's program has used, by its own accounting. */
export interface Usage {
  /** US dollars: the sum of its process, or of its conversation. */
  readonly dollars: number
  /** Of its last request: what went in, cached or not, and what came out. */
  readonly tokens: number
}

/** What was used between two looks. A sum that shrank is that of a process which counts from nothing. */
export const usageBetween = (before: Usage, now: Usage): Usage => ({
  dollars: now.dollars < before.dollars ? now.dollars : now.dollars - before.dollars,
  tokens: now.tokens === before.tokens ? 0 : now.tokens,
})

/** Where an agent program leaves what it does and what it has used. */
export interface ActivityPlace {
  readonly hookLog: string
  readonly usageFile: string
  /** Milliseconds since the epoch: a program may name a moment by a time of day. */
  now(): number
}

/** Follows one agent program; each profile brings its own, which turns the program's words into an `Activity`. */
export interface ActivityWatch {
  look(): Promise<Activity>
  /** What shows that the agent took a line, by the program's own name for it; `undefined`: nothing does. */
  findAcceptance(sent: { readonly id: string; readonly line: string }): Promise<string | undefined>
  readUsage(): Promise<Usage | undefined>
}
