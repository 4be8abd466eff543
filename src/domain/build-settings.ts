export const questionPolicies = ['wait', 'fail', 'approve', 'reject', 'default'] as const

/** Who answers the agent's questions: `wait` leaves them to the user. */
export type QuestionPolicy = (typeof questionPolicies)[number]

/**
 * What was shown of an address: it answers (`live`); it belongs to a resource of the account that carries this GUID
 * (`resource`); it is our own deployment and serves this very release (`marker`). From weak to strong.
 */
export const proofs = ['live', 'resource', 'marker'] as const
export type Proof = (typeof proofs)[number]

/** Whether the agent decides by itself, or asks critical questions before it builds. */
export const strategies = ['autonomous', 'ask'] as const
export type Strategy = (typeof strategies)[number]

/**
 * Where a build on `aws` deploys, and as whom: resolved once, when the build is planned, so that a templates folder that
 * was edited since never leads elsewhere.
 */
export interface BuildPlace {
  /** `undefined`: the credentials of the environment. */
  readonly profile: string | undefined
  readonly region: string
  /** AWS accounts that may be used; none named: any. */
  readonly accounts: readonly string[]
  /** The role that the agent works with; `undefined`: it works with the credentials of the build's starter. */
  readonly role: string | undefined
  /** The account that the profile led to when it was looked at before the hand-over. */
  readonly account?: string | undefined
}

/** What a build was started with: resolved once by the command that starts it and recorded with it. */
export interface BuildSettings {
  readonly timeoutMs: number
  readonly maxAttempts: number
  /** Limits of one attempt: in all, and without a sign of life. */
  readonly attemptTimeoutMs: number | null
  readonly stallTimeoutMs: number
  /** The pause before the second attempt; it doubles for each further one. */
  readonly retryDelayMs: number
  /** How long a usage limit with a known reset is waited for. */
  readonly limitWaitMs: number
  readonly budgetDollars: number | null
  readonly questionPolicy: QuestionPolicy
  readonly approvalTimeoutMs: number
  /** US dollars a month: above it nothing goes on without an approval. */
  readonly costThreshold: number
  readonly verify: boolean
  readonly verifyTimeoutMs: number
  /** As given: `host:port:address:port`. */
  readonly connectTo: readonly string[]
  /** Further hosts that an address on the `aws` target may have. */
  readonly domains: readonly string[]
  /** AWS accounts that may be used; none named: any. */
  readonly awsAccounts: readonly string[]
  /** The role that the agent works with on `aws`; `null`: it has the rights of the user who starts the build. */
  readonly awsAgentRole: string | null
  /** How much has to be shown before an address on `aws` is believed. */
  readonly requireProof: Proof
  /** A templates folder of the user's, absolute. */
  readonly templates: string | null
  /** Values for the prompts that win over the defaults of prompt_config.yaml. */
  readonly variables: Readonly<Record<string, string | number>>
}
