export const questionPolicies = ['wait', 'fail', 'approve', 'reject', 'default'] as const

/** Decides who answers the agent's questions; `wait` leaves them to the user. */
export type QuestionPolicy = (typeof questionPolicies)[number]

/**
 * The proofs of an address, from weak to strong: it answers (`live`), it belongs to a resource of the account that
 * carries this GUID (`resource`), or it serves this very release of the session's own stack (`marker`).
 */
export const proofs = ['live', 'resource', 'marker'] as const
export type Proof = (typeof proofs)[number]

/** Whether the agent decides by itself, or asks critical questions before it builds. */
export const strategies = ['autonomous', 'ask'] as const
export type Strategy = (typeof strategies)[number]

/**
 * Where a build on `aws` deploys, and as whom. It is resolved once, when the build is planned, so that an edit of
 * the templates never leads elsewhere.
 */
export interface BuildPlace {
  /** `undefined` stands for the credentials of the environment. */
  readonly profile: string | undefined
  readonly region: string
  /** The AWS accounts that may be used; any when the list is empty. */
  readonly accounts: readonly string[]
  /**
   * The role that the agent works with; `undefined` when it has the credentials of the user who starts the build.
   */
  readonly role: string | undefined
  /** The account that the profile led to before the build was handed over. */
  readonly account?: string | undefined
}

/** The settings of a build, which the command that starts it resolves and records once. */
export interface BuildSettings {
  readonly timeoutMs: number
  readonly maxAttempts: number
  /** The limits of one attempt, in all and without a sign of life. */
  readonly attemptTimeoutMs: number | null
  readonly stallTimeoutMs: number
  /** The pause before the second attempt; it doubles for each further one. */
  readonly retryDelayMs: number
  /** The longest wait for a usage limit that is lifted at a known time. */
  readonly limitWaitMs: number
  readonly budgetDollars: number | null
  readonly questionPolicy: QuestionPolicy
  readonly approvalTimeoutMs: number
  /** The US dollars a month above which the build needs an approval. */
  readonly costThreshold: number
  readonly verify: boolean
  readonly verifyTimeoutMs: number
  /** The values as given: `host:port:address:port`. */
  readonly connectTo: readonly string[]
  /** Further hosts that an address on the `aws` target may have. */
  readonly domains: readonly string[]
  /** The AWS accounts that may be used; any when the list is empty. */
  readonly awsAccounts: readonly string[]
  /**
   * The role that the agent works with on `aws`; `null` when it has the rights of the user who starts the build.
   */
  readonly awsAgentRole: string | null
  /** The weakest proof with which an address on `aws` is believed. */
  readonly requireProof: Proof
  /** The absolute path of the user's own templates folder. */
  readonly templates: string | null
  /** Values for the prompts that win over the defaults of prompt_config.yaml. */
  readonly variables: Readonly<Record<string, string | number>>
}
