import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { CreateInvalidationCommand } from '@aws-sdk/client-cloudfront'
import { shortGuid } from '../../domain/identity.ts'
import { conflict, usageError } from '../../errors.ts'
import { findSecrets } from '../../secrets/site-scan.ts'
import { withDeployLock } from '../../session/locks.ts'
import { requireSession, type Scope } from '../../session/scope.ts'
import { requirePlace } from '../../store/build-places.ts'
import { type Build, requireBuild, whileRunning } from '../../store/builds.ts'
import { appendEvent } from '../../store/events.ts'
import {
  findLastVerifiedRelease,
  listReleases,
  type Release,
  recordReleased,
  takeReleaseNumber,
} from '../../store/releases.ts'
import { copySite, requireSiteFolder } from '../copy-site.ts'
import { digestOf, readSiteFiles, type SiteFile } from '../site-files.ts'
import type { Deployment } from '../target.ts'
import { type Account, distributionMs, openAccount } from './account.ts'
import { explainAwsError } from './aws-errors.ts'
import { switchStack } from './change-stack.ts'
import { ensureSite } from './ensure-site.ts'
import type { Site } from './messages.ts'
import { stackNameOf } from './stack.ts'
import { uploadRelease } from './upload.ts'

/**
 * Publishes a built site on S3 and CloudFront as a release of this attempt, and returns its address. Deploying
 * the same files again changes nothing. After a kill at any point, a second run ends with the same release.
 */
export async function deployAws(scope: Scope, build: Build, wanted: Deployment): Promise<string> {
  const { world, paths, store } = scope
  const folder = await requireSiteFolder(wanted.folder, world.cwd, paths.workspace)
  const files = await readSiteFiles(folder, wanted.sourceMaps)
  if (!wanted.allowSecrets) await requireNoSecrets(folder, files)
  const place = requirePlace(build)
  const hasEnded = () => requireBuild(store, scope.guid, build.build).endedAt !== undefined
  const step = async (name: string, message: string) => {
    await whileRunning(store, build, (tx) =>
      appendEvent(tx, build, 'deploy_step', { step: name, message }),
    )
    world.notice(message)
  }
  const requireRunning = () => {
    if (hasEnded())
      throw conflict(
        'The build ended meanwhile: nothing was deployed.',
        `Change what is live with: tmux-builder refine ${shortGuid(scope.guid)}`,
      )
  }
  return withDeployLock(scope, async () => {
    try {
      requireRunning()
      const account = await openAccount(world, place)
      await step(
        'account',
        `AWS account ${account.id}, region ${account.region}, as ${account.arn}`,
      )
      const release = await takeRelease(scope, build, account, folder, wanted)
      const tell = (text: string) => step('stack', text)
      const site = await ensureSite(scope, account, build.build, tell, requireRunning)
      return await publish(scope, build, account, site, release, wanted.sourceMaps, step)
    } catch (error) {
      throw explainAwsError(error, place.profile)
    }
  })
}

async function requireNoSecrets(folder: string, files: readonly SiteFile[]): Promise<void> {
  const findings = await findSecrets(folder, files)
  if (findings.length === 0) return
  const list = findings.map(
    ({ path, line, what }) => `${path}${line === undefined ? '' : `:${line}`} (${what})`,
  )
  throw usageError(
    `Nothing was published, because the site seems to contain secrets: ${list.join(', ')}.`,
    'Remove them and build again. Keys that are public by design are not reported; use --allow-secrets only for values that may be public',
  )
}

/**
 * Finds the release of these files that an earlier run of this attempt began, or makes a new one. A private copy
 * is published, so that the agent cannot change a file between the search for secrets and the upload.
 */
async function takeRelease(
  scope: Scope,
  build: Build,
  account: Account,
  folder: string,
  { mode, allowSecrets, sourceMaps }: Deployment,
): Promise<Release> {
  const { paths, store, guid } = scope
  const aside = join(paths.site, `.taken-${process.pid}`)
  try {
    await copySite(folder, aside)
    const files = await readSiteFiles(aside, sourceMaps)
    if (!allowSecrets) await requireNoSecrets(aside, files)
    const digest = digestOf(files, mode)
    const same = listReleases(store, guid).filter(
      (one) =>
        one.remote?.digest === digest &&
        one.remote.account === account.id &&
        one.remote.region === account.region,
    )
    const own = same.find((one) => one.build === build.build && one.attempt === build.attempt)
    const release =
      own?.release ??
      (await store.transact((tx) =>
        takeReleaseNumber(tx, build, 'aws', {
          // Earlier uploads of the same files are reused.
          id: same[0]?.remote?.id ?? randomBytes(16).toString('hex'),
          digest,
          mode,
          index: files.find((file) => file.path === 'index.html')?.sha256 ?? '',
          account: account.id,
          region: account.region,
          profile: account.profile,
        }),
      ))
    await rm(join(paths.site, String(release)), { recursive: true, force: true })
    await copySite(aside, join(paths.site, String(release)))
    const taken = listReleases(store, guid).find((one) => one.release === release)
    if (!taken) throw new Error(`release ${release} has no record`)
    return taken
  } finally {
    await rm(aside, { recursive: true, force: true })
  }
}

async function publish(
  scope: Scope,
  build: Build,
  account: Account,
  site: Site,
  release: Release,
  sourceMaps: boolean,
  step: (name: string, message: string) => Promise<void>,
): Promise<string> {
  const { world, guid, paths, store } = scope
  const { remote } = release
  if (!remote) throw new Error(`release ${release.release} was not deployed to aws`)
  const folder = join(paths.site, String(release.release))
  const files = await readSiteFiles(folder, sourceMaps)
  if (site.release !== remote.id || site.digest !== remote.digest || site.mode !== remote.mode) {
    const done = await uploadRelease(
      account,
      site.bucket,
      folder,
      files,
      remote.id,
      site.release,
      remote.index,
    )
    await step(
      'upload',
      `${done.uploaded} files uploaded, ${done.copied} copied, ${done.kept} there already`,
    )
    // The switch may also update the stack's template and with it the distribution, which takes minutes.
    await account.requireFresh(distributionMs)
    await step('switch', `making release ${release.release} the live one`)
    await switchStack(world, account, stackNameOf(guid), site, {
      release: remote.id,
      digest: remote.digest,
      mode: remote.mode,
    })
    await invalidate(account, site, `${remote.id}-${Date.now()}`, step)
  }
  const isLate = await store.transact((tx) => {
    if (requireBuild(tx, guid, build.build).endedAt !== undefined) return true
    if (release.url !== site.url || requireSession(scope).remoteRelease !== release.release)
      recordReleased(tx, build, release.release, site.url)
    return false
  })
  if (!isLate) return site.url
  // The build's end could not undo this release, because it was not recorded yet.
  const before = findLastVerifiedRelease(store, guid, 'aws')
  await switchStack(
    world,
    account,
    stackNameOf(guid),
    site,
    before?.remote && before.url === site.url
      ? { ...before.remote, release: before.remote.id }
      : site,
  )
  throw conflict(
    'The build ended meanwhile: its last verified release is live.',
    `Change it with: tmux-builder refine ${shortGuid(guid)}`,
  )
}

/** Clears the old release from the edge caches. It may fail, because the new release has cache keys of its own. */
async function invalidate(
  account: Account,
  site: Site,
  reference: string,
  step: (name: string, message: string) => Promise<void>,
): Promise<void> {
  try {
    await account.cloudFront.send(
      new CreateInvalidationCommand({
        DistributionId: site.distribution,
        InvalidationBatch: {
          CallerReference: reference,
          Paths: { Quantity: 1, Items: ['/*'] },
        },
      }),
    )
    await step('invalidate', 'clearing the old release from the edge caches')
  } catch (error) {
    await step(
      'invalidate',
      `not invalidated (${(error as Error).name}): the switch does not depend on it`,
    )
  }
}
