import { type BuildState, isFinal } from './build-state.ts'

/** What the decision needs to know of a build. */
export interface KnownBuild {
  readonly build: number
  readonly command: 'register' | 'refine'
  readonly requestHash: string
  readonly agent: string
  readonly target: string
  readonly state: BuildState
  /** What was deployed and destroyed has none any more. */
  readonly url: string | undefined
}

export interface Wish {
  readonly command: 'register' | 'refine'
  readonly requestHash: string
  /** Only what a flag named: it makes another request of the same text. */
  readonly agent: string | undefined
  readonly target: string | undefined
  readonly rebuild: boolean
}

export type Decision =
  | { readonly do: 'join'; readonly build: number }
  /** It is deployed already: look whether it is still live, and report it. */
  | { readonly do: 'report'; readonly build: number }
  | { readonly do: 'conflict'; readonly build: number }
  | { readonly do: 'never_deployed' }
  | { readonly do: 'start' }

/** What `register` or `refine` does in a session with these builds, oldest first (contract, section 6). */
export function decideBuild(builds: readonly KnownBuild[], wish: Wish): Decision {
  const running = builds.findLast((build) => !isFinal(build.state))
  const deployed = builds.findLast(isDeployed)
  if (running)
    return running.command === wish.command && isSame(running, wish)
      ? { do: 'join', build: running.build }
      : { do: 'conflict', build: running.build }
  if (wish.command === 'refine' && !deployed) return { do: 'never_deployed' }
  if (wish.rebuild || !deployed) return { do: 'start' }
  const compared =
    wish.command === 'refine' ? deployed : builds.findLast((build) => build.command === 'register')
  return compared?.command === wish.command &&
    compared.state === 'deployed' &&
    // One that was destroyed lives on only in what was built onto it later.
    compared.build <= deployed.build &&
    isSame(compared, wish)
    ? { do: 'report', build: deployed.build }
    : { do: 'start' }
}

/** And not destroyed since. */
export const isDeployed = (build: Pick<KnownBuild, 'state' | 'url'>): boolean =>
  build.state === 'deployed' && build.url !== undefined

const isSame = (build: KnownBuild, wish: Wish) =>
  build.requestHash === wish.requestHash &&
  (wish.agent ?? build.agent) === build.agent &&
  (wish.target ?? build.target) === build.target
