import type { BuildPlace } from '../../domain/build-settings.ts'
import { type ErrorReason, TmuxBuilderError } from '../../errors.ts'
import type { HomePaths } from '../../session/paths.ts'
import type { Deployment } from '../target.ts'

// What passes between a command or a supervisor and the process that works in AWS for it. All of it is JSON.

/** Where to work in AWS, and as whom. */
export type AwsPlace = Pick<BuildPlace, 'profile' | 'region' | 'accounts'>

/** As whom and where to look; `undefined`: as the records say. */
export interface AwsGiven {
  readonly profile: string | undefined
  readonly region: string | undefined
}

/** What the stack says is live, and what it is made of. */
export interface Site {
  readonly stackId: string
  readonly status: string
  readonly release: string
  readonly digest: string
  readonly mode: string
  readonly url: string
  readonly bucket: string
  readonly distribution: string
  readonly domain: string
  readonly accessControl: string
  /** The ARN of the function at the edge. */
  readonly router: string
}

export interface Item {
  readonly guid: string
  readonly account: string
  readonly region: string
  readonly kind: string
  readonly name: string
  /**
   * `ours`: the helper made it. `foreign`: it carries the GUID, and somebody else made it (the agent's own code).
   * `orphan`: no session of these records, or no stack, is behind it. `gone`: in the ledger, not in AWS. `unknown`: in
   * the ledger, and AWS could not be asked.
   */
  readonly state: 'ours' | 'foreign' | 'orphan' | 'gone' | 'unknown'
  readonly monthly_dollars: number
}

/** What was found, and the places that could not be looked at. */
export interface InventoryFound {
  readonly items: readonly Item[]
  readonly failures: readonly { readonly place: AwsPlace; readonly error: Refusal }[]
}

/** What is to be destroyed in one account and region, and what may not be touched. */
export interface DestroyPlan {
  readonly place: AwsPlace
  readonly account: string
  readonly hasStack: boolean
  readonly site: Site | undefined
  readonly buckets: readonly string[]
  /** The shared access control was made for this session or used by it. */
  readonly hasAccessControl: boolean
  /** Ids of stacks that carry the GUID: the agent's own CloudFormation. */
  readonly otherStacks: readonly string[]
  /** Carries the GUID, is part of no stack here, and was not made by the helper. */
  readonly kept: readonly string[]
}

/** What was carried out of plans, in words, and what was not: stacks of the agent's own, with the reason. */
export interface CarriedOut {
  readonly destroyed: readonly string[]
  readonly left: readonly string[]
}

/** `stack`: our stack's, made by `deploy`. `tagged`: something else that carries the GUID. */
export type HostOwner = 'stack' | 'tagged' | 'none'

/** In the words of AWS's `credential_process`. */
export interface RoleCredentials {
  readonly AccessKeyId: string | undefined
  readonly SecretAccessKey: string | undefined
  readonly SessionToken: string | undefined
  readonly Expiration: string | undefined
}

interface InHome {
  readonly home: HomePaths
}

interface InSession extends InHome {
  readonly guid: string
}

interface InPlace {
  readonly guid: string
  readonly place: BuildPlace
}

/** Everything that can be asked for: what it takes, and what it answers. */
export interface AwsCalls {
  /** Is the place open, and can its role be taken? Answers with the account's id. */
  check_access: { input: InPlace; value: string }
  /** Takes the agent's role for one session. */
  assume_role: { input: InPlace; value: RoleCredentials }
  /** Answers with the address. */
  deploy: { input: InSession & { build: number; wanted: Deployment }; value: string }
  switch_release: { input: InSession & { release: number; from: number | null }; value: null }
  inventory: {
    input: InHome & { guid: string | undefined; given: AwsGiven; host: string | undefined }
    value: InventoryFound
  }
  owner_of_host: { input: InSession & { host: string }; value: HostOwner }
  plan_destruction: {
    input: InSession & { given: AwsGiven; isDryRun: boolean }
    /** The names of what would be destroyed stand beside the plans. */
    value: { plans: readonly DestroyPlan[]; names: readonly string[] }
  }
  destroy: { input: InSession & { plans: readonly DestroyPlan[] }; value: CarriedOut }
}

export type AwsCallName = keyof AwsCalls
export type AwsRequest<Name extends AwsCallName = AwsCallName> = {
  readonly [One in Name]: { readonly do: One } & Readonly<AwsCalls[One]['input']>
}[Name]

/** One line of the child's stdout: any number of notices, then one of the others. */
export type AwsMessage =
  | { readonly type: 'notice'; readonly text: string }
  | { readonly type: 'result'; readonly value: unknown }
  | ({ readonly type: 'error' } & Refusal)
  | ({ readonly type: 'error' } & Bug)

/** An error that a user can be told. */
export interface Refusal {
  readonly reason: ErrorReason
  readonly message: string
  readonly hint?: string | undefined
}

/** Any other error, with what the system or SQLite says of it. */
interface Bug {
  readonly reason: null
  readonly message: string
  readonly stack: string | undefined
  readonly fields: Readonly<Record<string, unknown>>
}

export const refusalOf = ({ reason, message, hint }: TmuxBuilderError): Refusal => ({
  reason,
  message,
  hint,
})

export const errorOf = ({ reason, message, hint }: Refusal): TmuxBuilderError =>
  new TmuxBuilderError(reason, message, hint)

export function errorMessageOf(error: unknown): AwsMessage {
  if (error instanceof TmuxBuilderError) return { type: 'error', ...refusalOf(error) }
  const { message, stack } = error instanceof Error ? error : new Error(String(error))
  // `code`, `syscall`, `path`, SQLite's `errcode`: what tells surroundings that are broken from a bug.
  const fields = Object.entries({ ...(error as object) }).filter(
    ([, value]) => typeof value === 'string' || typeof value === 'number',
  )
  return { type: 'error', reason: null, message, stack, fields: Object.fromEntries(fields) }
}

/** The child's error as it would have been thrown here: what the surroundings did to it can still be told from a bug. */
export function thrownBy(told: Extract<AwsMessage, { type: 'error' }>): Error {
  if (told.reason !== null) return errorOf(told)
  const { message, stack, fields } = told
  return Object.assign(new Error(message), fields, stack === undefined ? {} : { stack })
}
