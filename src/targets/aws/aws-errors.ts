import { Interrupted, notReady, TmuxBuilderError } from '../../errors.ts'

interface AwsError {
  readonly name?: string
  readonly message?: string
  readonly code?: string
  readonly $metadata?: { readonly httpStatusCode?: number }
}

/** Names and codes of calls that got no answer. */
const noAnswers = new Set([
  'TimeoutError',
  'ENOTFOUND',
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'EPIPE',
])
const isPermanent = (status = 0) => status >= 400 && status < 500

const nameOf = (error: unknown) => (error as AwsError).name ?? ''
/** The error's message. If a program of the profile failed, it is what that program printed. */
const messageOf = (error: unknown) =>
  ((error as AwsError).message ?? String(error)).replace(
    /^Command failed: .*\n(tmux-builder: )?/,
    '',
  )

export const isNamed = (error: unknown, ...names: readonly string[]) =>
  names.includes(nameOf(error))

export const saysThat = (error: unknown, pattern: RegExp) => pattern.test(messageOf(error))

/** Says how to get new credentials, by what the refusal shows about where the profile gets them from. */
export function loginCure(refusal: string, profile: string | undefined): string {
  const option = profile === undefined ? '' : ` --profile ${profile}`
  if (isOfLogin(refusal)) return `Log in again: aws login${option}`
  if (isOfSignOn(refusal)) return `Log in again: aws sso login${option}`
  return profile === undefined
    ? 'Renew the credentials'
    : `Log in again (aws sso login${option}, or aws login${option}) or renew the profile’s keys`
}

const isOfLogin = (refusal: string) => /re-?authenticate|^Failed to load token from /i.test(refusal)
const isOfSignOn = (refusal: string) => /\bsso\b|^UnauthorizedException/i.test(refusal)

/** Explains a refusal of AWS in plain words with a cure. The program's own errors pass unchanged. */
export function explainAwsError(error: unknown, profile: string | undefined): unknown {
  if (error instanceof TmuxBuilderError || error instanceof Interrupted) return error
  if (!(error instanceof Error)) return error
  const name = nameOf(error)
  const message = messageOf(error).replace(/\s+/g, ' ').trim().slice(0, 400)
  const login = loginCure(message, profile)
  if (/^Expired|^RequestExpired$|TokenProviderError/.test(name) || /token.*expired/i.test(message))
    return notReady(
      'The AWS credentials have expired.',
      `${login}, then run the same command again to continue`,
    )
  if (
    /^(InvalidClientTokenId|UnrecognizedClientException|InvalidToken|SignatureDoesNotMatch|InvalidAccessKeyId|InvalidSignatureException|AuthFailure)$/.test(
      name,
    )
  )
    return notReady(
      `AWS does not accept the credentials (${name}).`,
      `${login}, and check this machine’s clock. AWS also answers this in a region that the account has not enabled`,
    )
  if (/requires multi-factor authentication/i.test(message))
    return notReady(
      `The profile ${profile ?? 'default'} needs an MFA code to assume its role, and a build cannot ask for one.`,
      `Create another profile with credential_process = aws configure export-credentials --profile ${profile ?? 'default'} (docs/guides/aws.md)`,
    )
  if (/CredentialsProviderError|CredentialsError/.test(name))
    return notReady(
      `There are no AWS credentials${profile === undefined ? '' : ` for the profile ${profile}`}: ${message}`,
      isOfLogin(message) || isOfSignOn(message)
        ? `${login}, then run the same command again to continue`
        : 'Set the profile up (aws configure sso); register, refine, destroy and inventory accept another one with --aws-profile',
    )
  if (/OptInRequired|SubscriptionRequired|NotSignedUp/.test(name))
    return notReady(
      `AWS has not finished activating this account (${name}): ${message}`,
      'Finish signing up in the AWS console (payment method, phone number); it may take a day until all services accept the account',
    )
  if (/must be verified before/i.test(message))
    return notReady(
      'AWS has not verified this account for CloudFront yet.',
      'Open a case with AWS support (account and billing): new accounts are verified by hand',
    )
  if (
    /AccessDenied/.test(name) &&
    /perform: sts:(AssumeRole|TagSession|SetSourceIdentity)\b/.test(message)
  )
    return notReady(
      `AWS does not let this profile assume the agent’s role: ${message}`,
      'The role’s trust policy must name the profile’s identity, and the profile’s policy must allow sts:AssumeRole on the role (docs/guides/aws.md)',
    )
  if (/AccessDenied|Unauthorized\w*Operation|^Forbidden$/.test(name))
    return notReady(
      `AWS denies ${/perform: ([\w:-]+)/.exec(message)?.[1] ?? 'an action'} to this profile: ${message}`,
      'Give the profile, or the agent’s role, the policy in templates/aws/deployer-policy.json',
    )
  if (/Throttl|TooManyRequests|SlowDown|RequestLimitExceeded|PriorRequestNotComplete/.test(name))
    return notReady(
      `AWS asks to slow down (${name}).`,
      'Run the same command again in a minute to continue',
    )
  if (/LimitExceeded|TooMany|QuotaExceeded/.test(name) || /maximum number of/i.test(message))
    return notReady(
      `A quota of the AWS account is used up (${name}): ${message}`,
      'Destroy unused resources (tmux-builder inventory lists them), or raise the quota in AWS’s Service Quotas',
    )
  if (/InvalidRegion|RegionDisabled/.test(name))
    return notReady(
      `This region cannot be used (${name}): ${message}`,
      'Enable it for the account; register, refine, destroy and inventory accept another one with --region',
    )
  const { code, $metadata } = error as AwsError
  const noAnswer = [name, code].find((one) => one !== undefined && noAnswers.has(one))
  if (noAnswer !== undefined)
    return notReady(
      `AWS cannot be reached (${noAnswer}): ${message}`,
      'Check the network and the region’s name, then run the same command again to continue',
    )
  if ($metadata !== undefined)
    return notReady(
      `AWS refused (${name}): ${message}`,
      // A 4xx status means that the call itself is wrong, so another attempt would fail in the same way.
      isPermanent($metadata.httpStatusCode)
        ? 'Remove the cause that AWS names, then run the same command again to continue'
        : 'Run the same command again to continue',
    )
  return error
}

/**
 * Explains a stack's failure. CloudFormation's text holds the service's own error code, which has its usual cure.
 */
export function explainStackFailure(
  what: string,
  reason: string,
  profile: string | undefined,
): TmuxBuilderError {
  const name = /HandlerErrorCode: (\w+)/.exec(reason)?.[1] ?? ''
  const explained = explainAwsError(Object.assign(new Error(reason), { name }), profile)
  return explained instanceof TmuxBuilderError
    ? notReady(`${what} ${explained.message}`, explained.hint)
    : notReady(`${what} ${reason}`, 'Remove the cause, then run the same command again to continue')
}
