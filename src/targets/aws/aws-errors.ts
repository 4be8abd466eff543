import { Interrupted, notReady, TmuxBuilderError } from '../../errors.ts'

interface AwsError {
  readonly name?: string
  readonly message?: string
  readonly code?: string
  readonly $metadata?: { readonly httpStatusCode?: number }
}

/** Names and codes of calls that came to nothing on the way. */
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
/** Of a profile's own program that failed, what it said. */
const messageOf = (error: unknown) =>
  ((error as AwsError).message ?? String(error)).replace(
    /^Command failed: .*\n(tmux-builder: )?/,
    '',
  )

export const isNamed = (error: unknown, ...names: readonly string[]) =>
  names.includes(nameOf(error))

export const saysThat = (error: unknown, pattern: RegExp) => pattern.test(messageOf(error))

/** How to get new credentials, as far as the refusal tells where the profile has them from. */
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

/** A refusal of AWS in plain words with its cure; what is ours already stays as it is. */
export function explainAwsError(error: unknown, profile: string | undefined): unknown {
  if (error instanceof TmuxBuilderError || error instanceof Interrupted) return error
  if (!(error instanceof Error)) return error
  const name = nameOf(error)
  const message = messageOf(error).replace(/\s+/g, ' ').trim().slice(0, 400)
  const login = loginCure(message, profile)
  if (/^Expired|^RequestExpired$|TokenProviderError/.test(name) || /token.*expired/i.test(message))
    return notReady(
      'The AWS credentials have expired.',
      `${login}, then run the same again: it goes on`,
    )
  if (
    /^(InvalidClientTokenId|UnrecognizedClientException|InvalidToken|SignatureDoesNotMatch|InvalidAccessKeyId|InvalidSignatureException|AuthFailure)$/.test(
      name,
    )
  )
    return notReady(
      `AWS does not accept the credentials (${name}).`,
      `${login}, and check this machine’s clock. A region that the account has not enabled answers so too`,
    )
  if (/requires multi-factor authentication/i.test(message))
    return notReady(
      `The profile ${profile ?? 'default'} asks for a code (MFA) when its role is taken, and nobody can be asked for it here.`,
      `Make another profile with credential_process = aws configure export-credentials --profile ${profile ?? 'default'} (docs/guides/aws.md)`,
    )
  if (/CredentialsProviderError|CredentialsError/.test(name))
    return notReady(
      `There are no AWS credentials${profile === undefined ? '' : ` for the profile ${profile}`}: ${message}`,
      isOfLogin(message) || isOfSignOn(message)
        ? `${login}, then run the same again: it goes on`
        : 'Set the profile up (aws configure sso); register, refine, destroy and inventory take another one with --aws-profile',
    )
  if (/OptInRequired|SubscriptionRequired|NotSignedUp/.test(name))
    return notReady(
      `AWS has not finished activating this account (${name}): ${message}`,
      'Finish signing up in the AWS console (payment method, phone number); it may take a day until all services know',
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
      `AWS does not let this profile take the agent’s role: ${message}`,
      'The role’s trust policy has to name who the profile is, and the profile’s policy sts:AssumeRole on the role (docs/guides/aws.md)',
    )
  if (/AccessDenied|Unauthorized\w*Operation|^Forbidden$/.test(name))
    return notReady(
      `AWS denies ${/perform: ([\w:-]+)/.exec(message)?.[1] ?? 'an action'} to this profile: ${message}`,
      'Give the profile, or the agent’s role, the policy in templates/aws/deployer-policy.json',
    )
  if (/Throttl|TooManyRequests|SlowDown|RequestLimitExceeded|PriorRequestNotComplete/.test(name))
    return notReady(
      `AWS asks to slow down (${name}).`,
      'Run the same again in a minute: it goes on',
    )
  if (/LimitExceeded|TooMany|QuotaExceeded/.test(name) || /maximum number of/i.test(message))
    return notReady(
      `A quota of the AWS account is used up (${name}): ${message}`,
      'Destroy what is not used (tmux-builder inventory shows it), or raise the quota in AWS’s Service Quotas',
    )
  if (/InvalidRegion|RegionDisabled/.test(name))
    return notReady(
      `This region cannot be used (${name}): ${message}`,
      'Enable it for the account; register, refine, destroy and inventory take another one with --region',
    )
  const { code, $metadata } = error as AwsError
  const noAnswer = [name, code].find((one) => one !== undefined && noAnswers.has(one))
  if (noAnswer !== undefined)
    return notReady(
      `AWS cannot be reached (${noAnswer}): ${message}`,
      'Check the network and the region’s name, then run the same again: it goes on',
    )
  if ($metadata !== undefined)
    return notReady(
      `AWS refused (${name}): ${message}`,
      // Of 4xx the caller is the cause, and stays it.
      isPermanent($metadata.httpStatusCode)
        ? 'Remove the cause that AWS names, then run the same again: it goes on'
        : 'Run the same again: it goes on from where it was',
    )
  return error
}

/** A failure that CloudFormation tells of: the service's own code stands in the text, and has its cure as elsewhere. */
export function explainStackFailure(
  what: string,
  reason: string,
  profile: string | undefined,
): TmuxBuilderError {
  const name = /HandlerErrorCode: (\w+)/.exec(reason)?.[1] ?? ''
  const told = explainAwsError(Object.assign(new Error(reason), { name }), profile)
  return told instanceof TmuxBuilderError
    ? notReady(`${what} ${told.message}`, told.hint)
    : notReady(`${what} ${reason}`, 'Remove the cause, then run the same again: it goes on')
}
