import { join } from 'node:path'
import { loadTemplates } from '../../prompts/templates.ts'
import type { Build } from '../../store/builds.ts'
import { packageRoot } from '../../world/package-root.ts'
import type { AwsPlace } from './account.ts'

/** Where a build deploys to: what it was started with, as the agent was told. */
export async function awsPlaceOf(build: Pick<Build, 'settings'>): Promise<AwsPlace> {
  const { variables, templates, awsAccounts } = build.settings
  const ours = join(packageRoot, 'templates')
  const defaults = (await loadTemplates(ours, templates ?? undefined)).config.variables
  const { aws_profile: profile, default_region: region } = { ...defaults, ...variables }
  return {
    profile: asText(profile),
    region: asText(region) ?? 'us-east-1',
    accounts: awsAccounts,
  }
}

const asText = (value: unknown) => (value === undefined || value === '' ? undefined : String(value))
