import { join } from 'node:path'
import type { BuildPlace, BuildSettings } from '../domain/build-settings.ts'
import { loadTemplates } from '../prompts/templates.ts'
import { packageRoot } from '../world/package-root.ts'

/** Finds where a build with these settings deploys on `aws`. The templates decide what the settings leave open. */
export async function resolvePlace(settings: BuildSettings): Promise<BuildPlace> {
  const { variables, templates, awsAccounts, awsAgentRole } = settings
  const ours = join(packageRoot, 'templates')
  const defaults = (await loadTemplates(ours, templates ?? undefined)).config.variables
  const { aws_profile: profile, default_region: region } = { ...defaults, ...variables }
  return {
    profile: asText(profile),
    region: asText(region) ?? 'us-east-1',
    accounts: awsAccounts,
    role: awsAgentRole ?? undefined,
  }
}

const asText = (value: unknown) => (value === undefined || value === '' ? undefined : String(value))
