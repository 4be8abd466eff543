import { expect, it } from 'vitest'
import { explainAwsError, explainStackFailure } from '../../../src/targets/aws/aws-errors.ts'
import { readStackParts } from '../../../src/targets/aws/stack.ts'
import { exists } from '../../../src/targets/aws/tagged-resources.ts'

it.each([
  [
    'Distribution: Resource handler returned message: "Access denied for operation \'AWS::CloudFront::Distribution: Your account must be verified before you can add new CloudFront resources. (Service: CloudFront, Status Code: 403)" (RequestToken: 1, HandlerErrorCode: AccessDenied)',
    /not verified this account/,
    /support/,
  ],
  [
    'Router: Resource handler returned message: "User: arn:aws:iam::1:user/a is not authorized to perform: cloudfront:CreateFunction on resource: b" (RequestToken: 1, HandlerErrorCode: AccessDenied)',
    /denies cloudfront:CreateFunction/,
    /deployer-policy/,
  ],
  [
    'Bucket: Resource handler returned message: "Encountered a permissions error performing a tagging operation" (RequestToken: 1, HandlerErrorCode: UnauthorizedTaggingOperation)',
    /denies an action/,
    /deployer-policy/,
  ],
  [
    'Distribution: Resource handler returned message: "You have reached the limit" (RequestToken: 1, HandlerErrorCode: ServiceLimitExceeded)',
    /quota/,
    /inventory/,
  ],
  [
    'Router: Resource handler returned message: "You have reached the maximum number of CloudFront functions for this AWS account. (Service: CloudFront, Status Code: 400)" (RequestToken: 1, HandlerErrorCode: InvalidRequest)',
    /quota/,
    /inventory/,
  ],
  [
    'Distribution: The security token included in the request is expired',
    /expired/,
    /Log in again/,
  ],
  ['Bucket: something that nobody foresaw', /something that nobody foresaw/, /Remove the cause/],
])('a failure of the stack has its cure: %s', (reason, says, cure) => {
  const told = explainStackFailure('The stack s could not be created:', reason, 'builder')
  expect(told.message).toMatch(/^The stack s could not be created: /)
  expect(told).toMatchObject({ reason: 'not_ready', message: expect.stringMatching(says) })
  expect(told.hint).toMatch(cure)
})

const refusal = (name: string, message: string, httpStatusCode?: number) =>
  Object.assign(new Error(message), { name, $metadata: { httpStatusCode } })

it.each<[string, string, number, RegExp, RegExp]>([
  ['InvalidClientTokenId', 'The token is invalid', 403, /not accept/, /clock.*region.*not enabled/],
  ['InvalidToken', 'The provided token is malformed', 400, /not accept/, /region.*not enabled/],
  ['OptInRequired', 'You need a subscription', 403, /not finished activating/, /payment/],
  ['SubscriptionRequiredException', 'A subscription', 400, /not finished activating/, /payment/],
  ['NotSignedUp', 'Your account is not signed up', 403, /not finished activating/, /payment/],
  [
    'RegionDisabledException',
    'STS is not activated',
    403,
    /region cannot be used/,
    /inventory accept/,
  ],
  ['TooManyFunctions', 'You have too many', 400, /quota/, /Service Quotas/],
  ['ValidationError', 'Template format error', 400, /refused/, /^Remove the cause/],
  ['InternalError', 'We encountered an error', 500, /refused/, /^Run the same command again/],
])('%s (%s, %i) has its cure', (name, message, status, says, cure) => {
  const told = explainAwsError(refusal(name, message, status), 'builder')
  expect(told).toMatchObject({ reason: 'not_ready', message: expect.stringMatching(says) })
  expect(told).toMatchObject({ hint: expect.stringMatching(cure) })
})

it.each([
  [
    'The SSO session associated with this profile has expired.',
    /^Log in again: aws sso login --pr/,
  ],
  [
    'Failed to load a token, please re-authenticate using aws login',
    /^Log in again: aws login --pr/,
  ],
  [
    'Your session has expired. Please reauthenticate.',
    /^Log in again: aws login --profile builder/,
  ],
  [
    'Profile builder requires multi-factor authentication, but no MFA',
    /export-credentials --profi/,
  ],
  [
    'Could not resolve credentials',
    /^Set the profile up .*; register, refine, destroy and inventory accept another/,
  ],
])('a profile without credentials (%s) is told how to get them', (message, cure) => {
  const told = explainAwsError(refusal('CredentialsProviderError', message), 'builder')
  expect(told).toMatchObject({ reason: 'not_ready', hint: expect.stringMatching(cure) })
})

it('of credentials that expired, both ways to log in are named', () => {
  expect(explainAwsError(refusal('ExpiredToken', 'It is too old', 403), 'builder')).toMatchObject({
    hint: expect.stringMatching(/aws sso login --profile builder, or aws login --profile builder/),
  })
})

const failing = (name: string) => ({
  send: () => Promise.reject(Object.assign(new Error(name), { name })),
})

it.each([
  ['arn:aws:cloudfront::1:distribution/E1', 'NoSuchDistribution', false],
  ['arn:aws:cloudfront::1:function/tmux-builder-1', 'NoSuchFunctionExists', false],
  ['arn:aws:cloudfront::1:distribution/E1', 'AccessDenied', true],
  ['arn:aws:lambda:us-east-1:1:function:f', 'nobody asks', true],
])('%s, about which AWS says %s, is there: %s', async (arn, name, there) => {
  const account = { cloudFront: failing(name), stacks: failing(name) }
  expect(await exists(account as never, arn)).toBe(there)
})

it('what is in a stack is known by its id there, nested stacks too', async () => {
  const pages = [
    { StackResourceSummaries: [{ PhysicalResourceId: 'orders' }], NextToken: 'more' },
    { StackResourceSummaries: [{ PhysicalResourceId: 'arn:aws:cloudformation:r:1:stack/in/2' }] },
  ]
  const account = { stacks: { send: () => Promise.resolve(pages.shift()) } }
  const isInStack = await readStackParts(account as never, ['arn:aws:cloudformation:r:1:stack/o/1'])
  expect(isInStack('arn:aws:dynamodb:r:1:table/orders')).toBe(true)
  expect(isInStack('arn:aws:cloudformation:r:1:stack/in/2')).toBe(true)
  expect(isInStack('arn:aws:dynamodb:r:1:table/old-orders')).toBe(false)
  const denied = { stacks: failing('AccessDenied') }
  expect((await readStackParts(denied as never, ['s']))('s')).toBe(false)
})
