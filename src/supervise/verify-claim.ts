import { join } from 'node:path'
import type { Failure } from '../domain/next-step.ts'
import type { Scope } from '../session/scope.ts'
import { type Build, endBuild } from '../store/builds.ts'
import { appendEvent } from '../store/events.ts'
import { findReleaseOf, recordReleaseVerified } from '../store/releases.ts'
import {
  type Evidence,
  parseConnectTo,
  resolveWithDns,
  type VerifyOutcome,
  type VerifyTarget,
  verifyAddress,
} from '../verify/verify.ts'
import { needsApproval, recordReport } from './follow-report.ts'
import { findNewReport } from './observe.ts'
import { type Run, readBuild } from './run.ts'

/** Checks the address that the agent claims. A true one ends the build; a false one comes back as the failure. */
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
    endAsDeployed(scope, build, claimed.href, false, ['not verified: --no-verify'])
    return undefined
  }
  const release = findReleaseOf(scope.store, build)
  const outcome = await checkAddress(scope, build, url, signal)
  if (outcome.verified) {
    // A cost that it tells of only now needs its approval all the same.
    const late = await findNewReport(run, build)
    if (late && needsApproval(run, build, late)) {
      recordReport(run, build, late)
      return undefined
    }
    scope.store.transact(() => {
      // Stopped meanwhile: nothing follows that.
      if (readBuild(run).endedAt !== undefined) return
      // What was deployed meanwhile is not what was looked at: the next look is at that.
      if (findReleaseOf(scope.store, build)?.release !== release?.release) return
      appendEvent(scope.store, build, 'verified', { url: outcome.url, warnings: outcome.warnings })
      endAsDeployed(scope, build, outcome.url, true, outcome.warnings)
      if (release) recordReleaseVerified(scope.store, scope.guid, release.release)
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

/** Is the address really live, by the rules of the build's target? Throws the signal's reason when it aborts. */
export function checkAddress(
  scope: Scope,
  build: Build,
  url: string,
  signal: AbortSignal,
): Promise<VerifyOutcome> {
  const { context } = scope
  return verifyAddress(
    {
      url,
      target: verifyTarget(scope, build),
      timeoutMs: build.settings.verifyTimeoutMs,
      connectTo: build.settings.connectTo.map(parseConnectTo),
    },
    { resolve: resolveWithDns, now: context.elapsed, sleep: context.sleep, signal },
  )
}

function verifyTarget(scope: Scope, build: Build): VerifyTarget {
  if (build.target === 'aws') return { kind: 'aws', domains: build.settings.domains }
  const release = findReleaseOf(scope.store, build)
  return {
    kind: 'local',
    recordedUrl: release?.url,
    releaseFile: join(scope.paths.site, String(release?.release ?? 0), 'index.html'),
  }
}

function endAsDeployed(
  scope: Scope,
  build: Build,
  url: string,
  verified: boolean,
  warnings: readonly string[],
): void {
  endBuild(
    scope.store,
    build,
    'deployed',
    { url, verified, warnings, exitCode: 0, reason: null, phase: 4, progress: 100 },
    { url, verified },
  )
}

const describe = (evidence: Evidence) =>
  [evidence.message, evidence.status === undefined ? '' : `(status ${evidence.status})`]
    .filter(Boolean)
    .join(' ')
