import type { BuildPlace, Proof } from '../domain/build-settings.ts'
import type { Scope } from '../session/scope.ts'
import type { Build } from '../store/builds.ts'
import type { Release } from '../store/releases.ts'
import type { Session } from '../store/sessions.ts'
import type { Variables } from '../world/world.ts'

/** What `deploy` was asked to publish, and how. */
export interface Deployment {
  readonly folder: string
  /** `spa`: index.html answers every page's path; `mpa`: each path has a page of its own. */
  readonly mode: 'spa' | 'mpa'
  readonly allowSecrets: boolean
  readonly sourceMaps: boolean
}

/** An address that passed the checks of its pages. */
export interface Answered {
  readonly url: string
  /** Present if the release's marker shows that the address serves exactly the release that was asked for. */
  readonly isMarked?: true
  readonly warnings: readonly string[]
}

/** What proves whose address it is. `null`: it needs none, because its bytes were compared with the release. */
export interface ProofFound {
  readonly proof: Proof | null
  readonly warnings: readonly string[]
}

/** Makes an earlier release live in place of `from`. The switch is recorded before anything changes. */
export type Switch = (release: Release, from: number | null) => Promise<void>

/** A place where sites go live: everything that differs between this machine and AWS. */
export interface Target {
  /** Remote sites need no process on this machine, and switching between releases takes a while. */
  readonly isRemote: boolean
  /** How long after a switch the new release may take to appear at its address. */
  readonly switchLimitMs: number
  /**
   * Checks access with the environment that the agent will see, before the agent costs anything. Returns the
   * place, completed with what was found out; throws what the user has to fix.
   */
  requireAccess(
    scope: Scope,
    place: BuildPlace | undefined,
    environment: Variables,
  ): Promise<BuildPlace | undefined>
  /** Makes a built site live, as a release of the build's attempt, and returns its address. */
  deploy(scope: Scope, build: Build, wanted: Deployment): Promise<string>
  /** Runs `act` under the lock for changes of the live release, and passes it the function that switches. */
  whileLocked<T>(scope: Scope, act: (switchTo: Switch) => Promise<T>): Promise<T>
  /** The number of the release that is live according to the records. */
  liveRelease(session: Session): number | undefined
  /** Finds the strongest proof that an answering address belongs to the session. */
  proofOf(scope: Scope, answered: Answered): Promise<ProofFound>
}
