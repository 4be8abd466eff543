import { type BuildState, isFinal } from './build-state.ts'

/** The properties of a build that the decision needs. */
export interface KnownBuild {
  readonly build: number
  readonly command: 'register' | 'refine'
  readonly requestHash: string
  readonly agent: string
  readonly target: string
  readonly state: BuildState
  /** A build that was deployed and then destroyed has no URL any more. */
  readonly url: string | undefined
}

export interface Wish {
  readonly command: 'register' | 'refine'
  readonly requestHash: string
  /** It is set only when a flag named it: then the same text is another request. */
  readonly agent: string | undefined
  readonly target: string | undefined
  readonly rebuild: boolean
}

export type BuildDecision =
  | { readonly do: 'join'; readonly build: number }
  /** The build is deployed already: its address is checked and reported. */
  | { readonly do: 'report'; readonly build: number }
  | { readonly do: 'conflict'; readonly build: number }
  | { readonly do: 'never_deployed' }
  | { readonly do: 'start' }

/** Decides what `register` or `refine` does in a session with these builds, oldest first. */
export function decideBuild(builds: readonly KnownBuild[], wish: Wish): BuildDecision {
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
    // A destroyed build lives on only in the builds that were made onto it later.
    compared.build <= deployed.build &&
    isSame(compared, wish)
    ? { do: 'report', build: deployed.build }
    : { do: 'start' }
}

/** Whether the build was deployed and not destroyed since. */
export const isDeployed = (build: Pick<KnownBuild, 'state' | 'url'>): boolean =>
  build.state === 'deployed' && build.url !== undefined

const isSame = (build: KnownBuild, wish: Wish) =>
  build.requestHash === wish.requestHash &&
  (wish.agent ?? build.agent) === build.agent &&
  (wish.target ?? build.target) === build.target
