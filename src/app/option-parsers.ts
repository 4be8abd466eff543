import {
  type Proof,
  proofs,
  type QuestionPolicy,
  questionPolicies,
  type Strategy,
  strategies,
} from '../domain/build-settings.ts'
import { usageError } from '../errors.ts'
import type { Build } from '../store/builds.ts'
import { parseConnectTo } from '../verify/connect-to.ts'

// Each parser takes the text of one option from any source, and throws a usage error with a cure.

const maxAttemptsLimit = 100

export const targets = ['aws', 'local'] as const satisfies readonly Build['target'][]

export function parseTarget(text: string): Build['target'] {
  const target = targets.find((one) => one === text)
  if (target) return target
  throw usageError(
    `Unknown target: ${JSON.stringify(text)}.`,
    `Choose one of: ${targets.join(', ')}`,
  )
}

export function parseVariableName(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return name
  throw usageError(
    `Not a variable name: ${JSON.stringify(name)}.`,
    'Give --agent-env NAME; its value is taken from the environment',
  )
}

export function parseMaxAttempts(text: string): number {
  const attempts = /^\d+$/.test(text) ? Number(text) : 0
  if (attempts < 1 || attempts > maxAttemptsLimit)
    throw usageError(
      `Not a number of attempts: ${JSON.stringify(text)}.`,
      `Give --max-attempts 1 to ${maxAttemptsLimit}`,
    )
  return attempts
}

/** A budget of 0 is refused, because no agent could do anything with it. */
export function parseBudget(text: string): number {
  const dollars = parseDollars(text, '--budget-usd 5')
  if (dollars > 0) return dollars
  throw usageError('A budget of 0 dollars is too small for any agent.', 'Give --budget-usd 5')
}

export const parseCostThreshold = (text: string): number =>
  parseDollars(text, '--max-cost-threshold 100')

function parseDollars(text: string, example: string): number {
  if (!/^\d+(\.\d+)?$/.test(text))
    throw usageError(`Not an amount of dollars: ${JSON.stringify(text)}.`, `Give ${example}`)
  return Number(text)
}

export function parseQuestionPolicy(text: string): QuestionPolicy {
  const policy = questionPolicies.find((one) => one === text)
  if (policy) return policy
  throw usageError(
    `Unknown question policy: ${JSON.stringify(text)}.`,
    `Choose one of: ${questionPolicies.join(', ')}`,
  )
}

export function parseStrategy(text: string): Strategy {
  const strategy = strategies.find((one) => one === text)
  if (strategy) return strategy
  throw usageError(
    `Unknown clarification strategy: ${JSON.stringify(text)}.`,
    `Choose one of: ${strategies.join(', ')}`,
  )
}

export function parseProof(text: string): Proof {
  const proof = proofs.find((one) => one === text)
  if (proof) return proof
  throw usageError(
    `Unknown proof: ${JSON.stringify(text)}.`,
    `Choose one of, from weak to strong: ${proofs.join(', ')}`,
  )
}

/** Returns the text itself, because the build's record shows it. */
export function parseMapping(text: string): string {
  parseConnectTo(text)
  return text
}

export function parseDomain(text: string): string {
  const host = text.trim().toLowerCase()
  if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/.test(host))
    throw usageError(`Not a host name: ${JSON.stringify(text)}.`, 'Give --domain app.example.com')
  return host
}

export function parseAwsProfile(text: string): string {
  if (/^[^\x00-\x1f\x7f[\]]{1,128}$/.test(text) && text.trim() !== '') return text
  throw usageError(
    `Not an AWS profile’s name: ${JSON.stringify(text)}.`,
    'Give a name from ~/.aws/config with --aws-profile',
  )
}

export function parseRegion(text: string): string {
  if (/^[a-z]{2,}(-[a-z0-9]+)+$/.test(text)) return text
  throw usageError(`Not an AWS region: ${JSON.stringify(text)}.`, 'Give --region us-east-1')
}

export function parseAwsAccount(text: string): string {
  if (/^\d{12}$/.test(text)) return text
  throw usageError(
    `Not an AWS account ID: ${JSON.stringify(text)}.`,
    'Give its 12 digits with --aws-account',
  )
}

export function parseAwsRole(text: string): string {
  if (/^arn:aws(-[a-z]+)*:iam::\d{12}:role\/[\w+=,.@/-]{1,576}$/.test(text)) return text
  throw usageError(
    `Not a role’s ARN: ${JSON.stringify(text)}.`,
    'Give --aws-agent-role arn:aws:iam::123456789012:role/NAME',
  )
}
