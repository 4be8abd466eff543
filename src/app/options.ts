import { agentNames, defaultAgent } from '../agents/profiles.ts'
import { proofs, questionPolicies, strategies } from '../domain/build-settings.ts'
import { parseDuration } from '../domain/duration.ts'
import { parseEmail, parsePhone, parseProject } from '../domain/identity.ts'
import {
  parseAwsAccount,
  parseAwsProfile,
  parseAwsRole,
  parseBudget,
  parseCostThreshold,
  parseDomain,
  parseMapping,
  parseMaxAttempts,
  parseProof,
  parseQuestionPolicy,
  parseRegion,
  parseStrategy,
  parseTarget,
  parseVariableName,
  targets,
} from './option-parsers.ts'
import type { OptionTable } from './option-row.ts'

/** US dollars a month, as in the built-in prompt_config.yaml. */
export const defaultCostThreshold = 100
/** A new distribution of CloudFront may take this long until it answers everywhere. */
export const defaultVerifyTimeouts = { aws: '35m', local: '30s' } as const

const asText = (text: string): string => text

// Each setting is defined once, here and not in cli/, because a script or a server that calls planBuild needs
// the same defaults and parsers as the command line.

/** Names the session and says how long its resources last: only the command that creates a session needs these. */
export const sessionOptions = {
  email: {
    flag: '--email <address>',
    key: 'email',
    parse: parseEmail,
    help: 'e-mail address that identifies the session',
    group: 'Session:',
  },
  phone: {
    flag: '--phone <number>',
    key: 'phone',
    parse: parsePhone,
    help: 'phone number that identifies the session',
    group: 'Session:',
  },
  project: {
    flag: '--project <name>',
    key: 'project',
    parse: parseProject,
    help: 'use a separate session for this project',
    group: 'Session:',
  },
  ttlMs: {
    flag: '--ttl <duration>',
    key: 'ttl',
    parse: parseDuration,
    defaultText: 'never',
    help: 'age after which `gc --remote` removes its AWS resources',
    group: 'Session:',
  },
} as const satisfies OptionTable

/** The settings of a build. Those that planBuild does not consume are recorded under these names. */
export const buildOptions = {
  agent: {
    flag: '--agent <name>',
    key: 'agent',
    parse: asText,
    choices: agentNames,
    default: defaultAgent,
    help: 'agent program that builds',
    group: 'Agent:',
  },
  agentOptions: {
    flag: '--agent-option <name=value>',
    key: 'agent_options',
    parse: asText,
    isList: true,
    help: 'option of the agent',
    group: 'Agent:',
  },
  agentEnv: {
    flag: '--agent-env <name>',
    key: 'agent_env',
    parse: parseVariableName,
    isList: true,
    help: 'environment variable to pass on to the agent',
    group: 'Agent:',
  },
  templates: {
    flag: '--templates <folder>',
    key: 'templates',
    parse: asText,
    defaultText: 'built-in',
    help: 'folder with your own prompt templates',
    group: 'Agent:',
  },
  clarificationStrategy: {
    flag: '--clarification-strategy <way>',
    key: 'clarification_strategy',
    parse: parseStrategy,
    choices: strategies,
    defaultText: 'autonomous',
    help: 'whether the agent asks critical questions before it builds',
    group: 'Questions and costs:',
  },
  questionPolicy: {
    flag: '--on-question <way>',
    key: 'on_question',
    parse: parseQuestionPolicy,
    choices: questionPolicies,
    default: 'wait',
    help: 'what to do when the agent asks a question',
    group: 'Questions and costs:',
  },
  approvalTimeoutMs: {
    flag: '--approval-timeout <duration>',
    key: 'approval_timeout',
    parse: parseDuration,
    default: '24h',
    help: 'how long to wait before the safe default is used',
    group: 'Questions and costs:',
  },
  costThreshold: {
    flag: '--max-cost-threshold <dollars>',
    key: 'max_cost_threshold',
    parse: parseCostThreshold,
    defaultText: String(defaultCostThreshold),
    help: 'monthly cost above which an approval is needed',
    group: 'Questions and costs:',
  },
  budgetDollars: {
    flag: '--budget-usd <dollars>',
    key: 'budget_usd',
    parse: parseBudget,
    defaultText: 'none',
    help: 'limit on what the agent spends, by its own accounting',
    group: 'Questions and costs:',
  },
  timeoutMs: {
    flag: '--timeout <duration>',
    key: 'timeout',
    parse: parseDuration,
    default: '4h',
    help: 'time limit of the build; when joining: how long to wait',
    group: 'Limits:',
  },
  maxAttempts: {
    flag: '--max-attempts <number>',
    key: 'max_attempts',
    parse: parseMaxAttempts,
    default: '3',
    help: 'how often the agent may try',
    group: 'Limits:',
  },
  attemptTimeoutMs: {
    flag: '--attempt-timeout <duration>',
    key: 'attempt_timeout',
    parse: parseDuration,
    defaultText: 'none',
    help: 'time limit of one attempt',
    group: 'Limits:',
  },
  stallTimeoutMs: {
    flag: '--stall-timeout <duration>',
    key: 'stall_timeout',
    parse: parseDuration,
    default: '15m',
    help: 'how long the agent may show no sign of life',
    group: 'Limits:',
  },
  retryDelayMs: {
    flag: '--retry-delay <duration>',
    key: 'retry_delay',
    parse: parseDuration,
    default: '5s',
    help: 'pause before the second attempt; it doubles for each further one',
    group: 'Limits:',
  },
  limitWaitMs: {
    flag: '--wait-for-limit <duration>',
    key: 'wait_for_limit',
    parse: parseDuration,
    default: '6h',
    help: 'how long to wait for a usage limit to be lifted',
    group: 'Limits:',
  },
  target: {
    flag: '--target <target>',
    key: 'target',
    parse: parseTarget,
    choices: targets,
    defaultText: 'aws; local with the agent demo',
    help: 'where to deploy',
    group: 'Deployment and verification:',
  },
  verifyTimeoutMs: {
    flag: '--verify-timeout <duration>',
    key: 'verify_timeout',
    parse: parseDuration,
    defaultText: `${defaultVerifyTimeouts.aws} on aws, ${defaultVerifyTimeouts.local} on local`,
    help: 'how long the address may take to be live',
    group: 'Deployment and verification:',
  },
  connectTo: {
    flag: '--connect-to <mapping>',
    key: 'connect_to',
    parse: parseMapping,
    isList: true,
    help: 'host:port:address:port, as in curl, for the verification',
    group: 'Deployment and verification:',
  },
  domains: {
    flag: '--domain <host>',
    key: 'domains',
    parse: parseDomain,
    isList: true,
    help: 'another host that the address may have',
    group: 'Deployment and verification:',
  },
  requireProof: {
    flag: '--require-proof <proof>',
    key: 'require_proof',
    parse: parseProof,
    choices: proofs,
    default: 'live',
    help: 'on aws: how much must be proved about the address',
    group: 'AWS:',
  },
  awsProfile: {
    flag: '--aws-profile <name>',
    key: 'aws_profile',
    parse: parseAwsProfile,
    defaultText: 'sunware',
    help: 'AWS profile to deploy with',
    group: 'AWS:',
  },
  region: {
    flag: '--region <name>',
    key: 'region',
    parse: parseRegion,
    defaultText: 'us-east-1',
    help: 'AWS region to deploy to',
    group: 'AWS:',
  },
  awsAccounts: {
    flag: '--aws-account <id>',
    key: 'aws_accounts',
    parse: parseAwsAccount,
    isList: true,
    defaultText: 'any',
    help: 'AWS account that may be used',
    group: 'AWS:',
  },
  awsAgentRole: {
    flag: '--aws-agent-role <arn>',
    key: 'aws_agent_role',
    parse: parseAwsRole,
    defaultText: 'none',
    help: 'IAM role that the agent is limited to',
    group: 'AWS:',
  },
} as const satisfies OptionTable

export const options = { ...sessionOptions, ...buildOptions }
