import type { BuildPlace } from '../../domain/build-settings.ts'
import { type ErrorReason, TmuxBuilderError } from '../../errors.ts'
import type { HomePaths } from '../../session/paths.ts'
import type { Deployment } from '../target.ts'

// Commands and supervisors exchange these messages with the process that works in AWS. All of them are JSON.

/** Where to work in AWS, and with which credentials. */
export type AwsPlace = Pick<BuildPlace, 'profile' | 'region' | 'accounts'>

/** The profile and region that the user gave; `undefined`: the records decide. */
export interface AwsGiven {
  readonly profile: string | undefined
  readonly region: string | undefined
}

/** A session's stack: which release is live, and what the stack consists of. */
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
  /** The ARN of the CloudFront function that routes requests to the live release. */
  readonly router: string
}

export interface Item {
  readonly guid: string
  readonly account: string
  readonly region: string
  readonly kind: string
  readonly name: string
  /**
   * `ours`: `deploy` made it. `foreign`: it carries the GUID, but other code made it, such as the agent's.
   * `orphan`: it belongs to no recorded session, or its stack is gone. `gone`: it is in the ledger but not in
   * AWS. `unknown`: it is in the ledger, and AWS could not be asked.
   */
  readonly state: 'ours' | 'foreign' | 'orphan' | 'gone' | 'unknown'
  readonly monthly_dollars: number
}

/** The resources that were found, and the places that could not be read. */
export interface InventoryFound {
  readonly items: readonly Item[]
  readonly failures: readonly { readonly place: AwsPlace; readonly error: Refusal }[]
}

/** What will be destroyed in one account and region, and what will be kept. */
export interface DestroyPlan {
  readonly place: AwsPlace
  readonly account: string
  readonly hasStack: boolean
  readonly site: Site | undefined
  readonly buckets: readonly string[]
  /** Whether the shared access control was created for this session or is used by it. */
  readonly hasAccessControl: boolean
  /** Ids of other stacks that carry the GUID, which the agent created. */
  readonly otherStacks: readonly string[]
  /** ARNs of resources that carry the GUID but belong to no stack here. `deploy` did not make them. */
  readonly kept: readonly string[]
}

/** What was destroyed, in words, and which of the agent's stacks remain, with the reason. */
export interface CarriedOut {
  readonly destroyed: readonly string[]
  readonly left: readonly string[]
}

/** What a host belongs to. `stack`: the session's stack. `tagged`: another resource that carries the GUID. */
export type HostOwner = 'stack' | 'tagged' | 'none'

/** Credentials of a role, with the keys that AWS's `credential_process` requires. */
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

/** Every kind of request, with its input and the value of its answer. */
export interface AwsCalls {
  /** Checks that the place can be used and its role assumed. Answers with the account's id. */
  check_access: { input: InPlace; value: string }
  /** Assumes the agent's role for one session. */
  assume_role: { input: InPlace; value: RoleCredentials }
  /** Answers with the site's address. */
  deploy: { input: InSession & { build: number; wanted: Deployment }; value: string }
  switch_release: { input: InSession & { release: number; from: number | null }; value: null }
  inventory: {
    input: InHome & { guid: string | undefined; given: AwsGiven; host: string | undefined }
    value: InventoryFound
  }
  owner_of_host: { input: InSession & { host: string }; value: HostOwner }
  plan_destruction: {
    input: InSession & { given: AwsGiven; isDryRun: boolean }
    /** `names` lists in words what the plans would destroy. */
    value: { plans: readonly DestroyPlan[]; names: readonly string[] }
  }
  destroy: { input: InSession & { plans: readonly DestroyPlan[] }; value: CarriedOut }
}

export type AwsCallName = keyof AwsCalls
export type AwsRequest<Name extends AwsCallName = AwsCallName> = {
  readonly [One in Name]: { readonly do: One } & Readonly<AwsCalls[One]['input']>
}[Name]

/** One line of the child's stdout. Any number of notices come first, then one result or error. */
export type AwsMessage =
  | { readonly type: 'notice'; readonly text: string }
  | { readonly type: 'result'; readonly value: unknown }
  | ({ readonly type: 'error' } & Refusal)
  | ({ readonly type: 'error' } & Bug)

/** An error that is meant for the user. */
export interface Refusal {
  readonly reason: ErrorReason
  readonly message: string
  readonly hint?: string | undefined
}

/** Any other error, with the fields that the system or SQLite added to it. */
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
  // Fields such as `code`, `syscall`, `path` and SQLite's `errcode` tell a broken environment from a bug.
  const fields = Object.entries({ ...(error as object) }).filter(
    ([, value]) => typeof value === 'string' || typeof value === 'number',
  )
  return { type: 'error', reason: null, message, stack, fields: Object.fromEntries(fields) }
}

/** Rebuilds the child's error with its fields, so that a broken environment can still be told from a bug. */
export function thrownBy(answer: Extract<AwsMessage, { type: 'error' }>): Error {
  if (answer.reason !== null) return errorOf(answer)
  const { message, stack, fields } = answer
  return Object.assign(new Error(message), fields, stack === undefined ? {} : { stack })
}
