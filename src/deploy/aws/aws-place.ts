import { join } from 'node:path'
import type { Context } from '../../context.ts'
import { packageRoot } from '../../package-root.ts'
import { loadTemplates } from '../../prompts/templates.ts'
import type { Build } from '../../store/builds.ts'
import type { AwsPlace } from './account.ts'

/** Where a build deploys to: what it was started with, as the agent was told. */
export async function awsPlaceOf(context: Context, build: Build): Promise<AwsPlace> {
  const { variables, templates, awsAccounts } = build.settings
  const ours = join(packageRoot, 'templates')
  const defaults = (await loadTemplates(ours, templates ?? undefined)).config.variables
  return {
    profile:
      asText(variables.aws_profile) ??
      (hasOwnCredentials(context)
        ? undefined
        : (context.env.AWS_PROFILE ?? asText(defaults.aws_profile))),
    region: asText(variables.default_region) ?? asText(defaults.default_region) ?? 'us-east-1',
    accounts: awsAccounts,
  }
}

const asText = (value: unknown) => (value === undefined || value === '' ? undefined : String(value))

/** Without a profile of the user's the environment's own credentials win over the default one, as CI has them. */
export const hasOwnCredentials = ({ env }: Pick<Context, 'env'>): boolean =>
  [
    'AWS_ACCESS_KEY_ID',
    'AWS_WEB_IDENTITY_TOKEN_FILE',
    'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
    'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  ].some((name) => env[name])
