import type { BuildPlace, Proof } from '../domain/build-settings.ts'
import type { Scope } from '../session/scope.ts'
import type { Build } from '../store/builds.ts'
import type { Release } from '../store/releases.ts'
import type { Session } from '../store/sessions.ts'

type Variables = Readonly<Record<string, string>>

/** How a site is to be deployed. */
export interface Deployment {
  readonly folder: string
  /** Whether an unknown path is the application's, or nobody's. */
  readonly mode: 'spa' | 'mpa'
  readonly allowSecrets: boolean
  readonly sourceMaps: boolean
}

/** An address that answered as it should. */
export interface Answered {
  readonly url: string
  /** It serves the very release that was asked for, as its marker says. */
  readonly isMarked?: true
  readonly warnings: readonly string[]
}

/** What was shown of an address beyond that it answers; `null`: the target shows it by the bytes themselves. */
export interface Shown {
  readonly proof: Proof | null
  readonly warnings: readonly string[]
}

/** Makes a release of before the live one, in place of `from`; this is recorded before anything changes. */
export type Switch = (release: Release, from: number | null) => Promise<void>

/** Where sites are made live: what differs between this machine and AWS, and nothing else. */
export interface Target {
  /** Sites live elsewhere: they need no process of this machine's, and to switch them takes a while. */
  readonly isRemote: boolean
  /** How long a release that was switched to may take to show itself. */
  readonly switchLimitMs: number
  /**
   * Looks before it costs an agent whether a build will be let in with what its agent may see. Returns the place with
   * what was found; throws what the user has to set right.
   */
  requireAccess(
    scope: Scope,
    place: BuildPlace | undefined,
    environment: Variables,
  ): Promise<BuildPlace | undefined>
  /** Makes a built site the live one, as a release of the build's attempt; returns its address. */
  deploy(scope: Scope, build: Build, wanted: Deployment): Promise<string>
  /** Keeps out every other change of what is live while `act` runs, and gives it the way to make one. */
  whileLocked<T>(scope: Scope, act: (switchTo: Switch) => Promise<T>): Promise<T>
  /** The number of the release that is live by the records. */
  liveRelease(session: Session): number | undefined
  /** Shows what it can of an address that answers, beyond that. */
  proofOf(scope: Scope, answered: Answered): Promise<Shown>
}
