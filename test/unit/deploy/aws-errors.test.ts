import { expect, it } from 'vitest'
import { explainStackFailure } from '../../../src/deploy/aws/errors.ts'
import { exists } from '../../../src/deploy/aws/exists.ts'
import { readStackParts } from '../../../src/deploy/aws/stack-parts.ts'

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
    'Distribution: The security token included in the request is expired',
    /expired/,
    /Log in again/,
  ],
  ['Bucket: something that nobody foresaw', /something that nobody foresaw/, /Remove the cause/],
])('a failure of the stack has its cure: %s', (reason, says, cure) => {
  const told = explainStackFailure('The stack s could not be made:', reason, 'builder')
  expect(told.message).toMatch(/^The stack s could not be made: /)
  expect(told).toMatchObject({ exitCode: 5, message: expect.stringMatching(says) })
  expect(told.hint).toMatch(cure)
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
