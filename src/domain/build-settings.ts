/** What a build was started with: resolved once by the command that starts it and recorded with it. */
export interface BuildSettings {
  readonly timeoutMs: number
  readonly maxAttempts: number
  readonly verify: boolean
  readonly verifyTimeoutMs: number
  /** As given: `host:port:address:port`. */
  readonly connectTo: readonly string[]
  /** Further hosts that an address on the `aws` target may have. */
  readonly domains: readonly string[]
  /** A templates folder of the user's, absolute. */
  readonly templates: string | null
  /** Values for the prompts that win over the defaults of prompt_config.yaml. */
  readonly variables: Readonly<Record<string, string | number>>
}
