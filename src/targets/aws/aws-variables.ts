import type { SessionPaths } from '../../session/paths.ts'
import type { Variables } from '../../world/world.ts'

type AwsFiles = Pick<SessionPaths, 'agentAwsConfig' | 'agentAwsCredentials'>

/** AWS SDKs and tools take credentials from these when no profile is named. */
export const ownCredentials: readonly string[] = [
  'AWS_ACCESS_KEY_ID',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
]

/** Matches those names and the others that belong to a set of credentials. */
const credentialNames =
  /^AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|SECURITY_TOKEN|CREDENTIAL_EXPIRATION|WEB_IDENTITY_TOKEN_FILE|ROLE_ARN|ROLE_SESSION_NAME|CONTAINER_\w+)$/

/** Names that say where and how AWS is called, but not as whom. The bearer token only gives access to models. */
const callNames =
  /^AWS_(REGION|DEFAULT_REGION|ENDPOINT_URL(_\w+)?|IGNORE_CONFIGURED_ENDPOINT_URLS|CA_BUNDLE|PAGER|DEFAULT_OUTPUT|CLI_\w+|RETRY_MODE|MAX_ATTEMPTS|USE_(FIPS|DUALSTACK)_ENDPOINT|STS_REGIONAL_ENDPOINTS|BEARER_TOKEN_BEDROCK)$/

const without = (variables: Variables, isLeftOut: (name: string) => boolean): Variables =>
  Object.fromEntries(Object.entries(variables).filter(([name]) => !isLeftOut(name)))

/** Merges variables; `brought` wins. Credentials in it replace all old ones, so that two sets never mix. */
export const extendVariables = (before: Variables, brought: Variables): Variables => ({
  ...(ownCredentials.some((name) => brought[name])
    ? without(before, (name) => credentialNames.test(name))
    : before),
  ...brought,
})

/** The environment of an agent that can get credentials only through these files. */
export const withAwsFiles = (variables: Variables, files: AwsFiles): Variables => ({
  ...without(variables, (name) => name.startsWith('AWS_') && !callNames.test(name)),
  AWS_CONFIG_FILE: files.agentAwsConfig,
  AWS_SHARED_CREDENTIALS_FILE: files.agentAwsCredentials,
  // Otherwise a machine in AWS would offer its own role when the agent's role is refused.
  AWS_EC2_METADATA_DISABLED: 'true',
})

/** The AWS variables as one text, to see whether any has changed. */
export const awsTextOf = (variables: Variables): string =>
  JSON.stringify(
    Object.entries(variables)
      .filter(([name]) => name.startsWith('AWS_'))
      .toSorted(),
  )
