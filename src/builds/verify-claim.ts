import { join } from 'node:path'
import { type Proof, proofs } from '../domain/build-settings.ts'
import type { Scope } from '../session/scope.ts'
import { type Build, endBuild, whileRunning } from '../store/builds.ts'
import type { Tx } from '../store/database.ts'
import { appendEvent } from '../store/events.ts'
import {
  findReleaseOf,
  findStandingRelease,
  type Release,
  recordReleaseVerified,
} from '../store/releases.ts'
import { markerPath } from '../targets/site-files.ts'
import type { ProofFound } from '../targets/target.ts'
import { targetOf } from '../targets/targets.ts'
import type { Marker } from '../verify/address-rules.ts'
import {
  type Evidence,
  parseConnectTo,
  resolveWithDns,
  type VerifyOutcome,
  type VerifyTarget,
  type VerifyWorld,
  verifyAddress,
} from '../verify/verify.ts'
import { findNewReport, needsApproval, recordReport } from './follow-report.ts'
import type { Failure } from './next-step.ts'
import type { Run } from './run.ts'

/**
 * Checks the address that the agent claims. A true claim ends the build, and a false one is returned as a failure.
 */
export async function verifyClaim(
  run: Run,
  build: Build,
  signal: AbortSignal,
): Promise<Failure | undefined> {
  const { scope } = run
  const url = build.report?.deployment_url ?? ''
  if (!build.settings.verify) {
    const claimed = URL.parse(url)
    if (!claimed || !/^https?:$/.test(claimed.protocol))
      return { reason: 'verification', message: `${JSON.stringify(url)} is no web address` }
    const warnings = ['not verified: --no-verify']
    await scope.store.transact((tx) => endAsDeployed(tx, build, claimed.href, false, warnings))
    return undefined
  }
  const release = findReleaseOf(scope.store, build)
  const outcome = await checkAddress(scope, build, url, signal)
  if (outcome.verified) {
    const { proof, warnings } = await awaitProof(scope, build, outcome, signal)
    if (!isEnough(build, proof))
      return {
        reason: 'verification',
        message: `The claimed address ${JSON.stringify(url)} answers, but its proof is ${proof}, and ${build.settings.requireProof} is required`,
      }
    // A cost that the agent reports only now needs an approval all the same.
    const late = await findNewReport(run, build)
    if (late && needsApproval(run, build, late)) {
      await recordReport(run, build, late)
      return undefined
    }
    await whileRunning(scope.store, build, (tx) => {
      // A release that was deployed meanwhile has not been checked, so the next look checks it.
      if (findReleaseOf(tx, build)?.release !== release?.release) return
      appendEvent(tx, build, 'verified', {
        url: outcome.url,
        warnings,
        proof,
      })
      endAsDeployed(tx, build, outcome.url, true, warnings, proof)
      if (release && (!targetOf(build.target).isRemote || outcome.isMarked))
        recordReleaseVerified(tx, scope.guid, release.release)
    })
    return undefined
  }
  const { tries, evidence } = outcome
  return {
    reason: 'verification',
    message: `The claimed address ${JSON.stringify(url)} could not be verified: ${describe(evidence)}`,
    seen: { url, evidence, tries },
  }
}

type Verified = Extract<VerifyOutcome, { verified: true }>

const isEnough = ({ settings }: Build, proof: Proof | null) =>
  proof === null || proofs.indexOf(proof) >= proofs.indexOf(settings.requireProof)

/** AWS may return the tags of a new resource some minutes late. */
const tagsLateMs = 5 * 60_000
const askAgainMs = 15_000

/** Asks the target for a proof, and asks again while it is too weak and AWS may still be late. */
async function awaitProof(
  scope: Scope,
  build: Build,
  outcome: Verified,
  signal: AbortSignal,
): Promise<ProofFound> {
  const { world } = scope
  const { requireProof, verifyTimeoutMs } = build.settings
  const waitMs = requireProof === 'resource' ? Math.min(verifyTimeoutMs, tagsLateMs) : 0
  for (const deadline = world.elapsed() + waitMs; ; ) {
    const shown = await targetOf(build.target).proofOf(scope, outcome)
    if (isEnough(build, shown.proof) || world.elapsed() + askAgainMs > deadline) return shown
    await world.sleep(askAgainMs, signal)
    signal.throwIfAborted()
  }
}

/**
 * Checks whether the address is live by the rules of the build's target. Throws the reason of an aborted signal.
 */
export function checkAddress(
  scope: Scope,
  build: Build,
  url: string,
  signal: AbortSignal,
): Promise<VerifyOutcome> {
  const release =
    build.endedAt === undefined
      ? findReleaseOf(scope.store, build)
      : findStandingRelease(scope.store, scope.guid, build.target)
  return check(scope, build, release, url, signal)
}

/** Checks whether the release's address serves that very release. */
export const checkRelease = (
  scope: Scope,
  build: Build,
  release: Release,
  { limitMs, onTry }: { readonly limitMs: number } & Pick<VerifyWorld, 'onTry'>,
): Promise<VerifyOutcome> =>
  check(scope, within(build, limitMs), release, release.url ?? '', scope.world.signal, onTry)

/** Returns the build with that limit for its verification, unless its own is shorter. */
export const within = (build: Build, limitMs: number): Build => ({
  ...build,
  settings: {
    ...build.settings,
    verifyTimeoutMs: Math.min(build.settings.verifyTimeoutMs, limitMs),
  },
})

function check(
  scope: Scope,
  build: Build,
  release: Release | undefined,
  url: string,
  signal: AbortSignal,
  onTry?: VerifyWorld['onTry'],
): Promise<VerifyOutcome> {
  const { world } = scope
  return verifyAddress(
    {
      url,
      target: verifyTarget(scope, build, release),
      timeoutMs: build.settings.verifyTimeoutMs,
      connectTo: build.settings.connectTo.map(parseConnectTo),
    },
    {
      resolve: resolveWithDns,
      now: world.elapsed,
      sleep: world.sleep,
      signal,
      ...(onTry && { onTry }),
    },
  )
}

function verifyTarget(scope: Scope, build: Build, release: Release | undefined): VerifyTarget {
  if (build.target === 'aws')
    return { kind: 'aws', domains: build.settings.domains, marker: markerOf(release) }
  return {
    kind: 'local',
    recordedUrl: release?.url,
    releaseFile: join(scope.paths.site, String(release?.release ?? 0), 'index.html'),
  }
}

function markerOf(release: Release | undefined): Marker | undefined {
  const host = URL.parse(release?.url ?? '')?.hostname
  if (release?.remote === undefined || host === undefined) return undefined
  const { id, index } = release.remote
  return { host, path: `/${markerPath}`, release: id, index }
}

function endAsDeployed(
  tx: Tx,
  build: Build,
  url: string,
  verified: boolean,
  warnings: readonly string[],
  proof: Proof | null = null,
): void {
  const release = findReleaseOf(tx, build)
  // The agent may have deployed to another address without `deploy`, which makes no release.
  const isRelease = release !== undefined && hostOf(release.url) === hostOf(url)
  const ended = { reason: null, phase: 4, progress: 100 } as const
  endBuild(
    tx,
    build,
    'deployed',
    { url, release: isRelease ? release.release : null, verified, proof, warnings, ...ended },
    { url, verified },
  )
}

const hostOf = (url: string | undefined) => URL.parse(url ?? '')?.host

const describe = (evidence: Evidence) =>
  [evidence.message, evidence.status === undefined ? '' : `(status ${evidence.status})`]
    .filter(Boolean)
    .join(' ')
