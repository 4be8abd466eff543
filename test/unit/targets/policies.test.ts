import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { packageRoot } from '../../../src/world/package-root.ts'

const folder = join(packageRoot, 'templates', 'aws')
const names = readdirSync(folder).filter((name) => name.endsWith('.json'))

interface Statement {
  readonly Sid: string
  readonly Effect: string
  readonly Action: string | string[]
  readonly Resource: string | string[]
}
const read = (name: string) =>
  JSON.parse(readFileSync(join(folder, name), 'utf8')) as {
    Version: string
    Statement: Statement[]
  }
const actionsOf = (statements: readonly Statement[]) => statements.flatMap((one) => one.Action)

it.each(names)('%s is a policy that AWS can read', (name) => {
  const { Version, Statement, ...more } = read(name)
  expect(more).toEqual({})
  expect(Version).toBe('2012-10-17')
  const keys = ['Sid', 'Effect', 'Action', 'Resource', 'Condition']
  for (const statement of Statement) {
    expect(Object.keys(statement).filter((key) => !keys.includes(key))).toEqual([])
    expect(statement.Sid).toMatch(/^[A-Za-z0-9]+$/)
    expect(['Allow', 'Deny']).toContain(statement.Effect)
    for (const action of [statement.Action].flat())
      expect(action).toMatch(/^(\*|[a-z0-9-]+:(\*|[A-Z][A-Za-z]+))$/)
    for (const resource of [statement.Resource].flat())
      expect(resource).toMatch(/^(\*|arn:aws:[a-z0-9]+:[^:]*:[^:]*:.+)$/)
  }
  // A managed policy may have 6,144 characters, a session policy 2,048; spaces do not count.
  const limit = name.includes('session') ? 2_048 : 6_144
  const guid = '0'.repeat(64)
  const text = JSON.stringify(read(name)).replaceAll('GUID', guid)
  expect(text.includes(guid)).toBe(name.includes('session'))
  expect(text.length).toBeLessThan(limit)
})

/** What the SDK's commands are called by IAM, where the names differ. */
const renamed: Readonly<Record<string, string>> = {
  ListObjectsV2: 's3:ListBucket',
  ListObjectVersions: 's3:ListBucketVersions',
  HeadBucket: 's3:ListBucket',
  DeleteObjects: 's3:DeleteObject',
  CopyObject: 's3:GetObject',
}
const services: Readonly<Record<string, string>> = {
  'client-cloudformation': 'cloudformation',
  'client-cloudfront': 'cloudfront',
  'client-elastic-load-balancing-v2': 'elasticloadbalancing',
  'client-s3': 's3',
  'client-sts': 'sts',
  'client-resource-groups-tagging-api': 'tag',
}

it('the deployer’s policy allows every call that our code makes', () => {
  const source = join(packageRoot, 'src', 'targets', 'aws')
  const calls = readdirSync(source).flatMap((name) => {
    const text = readFileSync(join(source, name), 'utf8')
    return [...text.matchAll(/import \{([^}]+)\} from '@aws-sdk\/([\w-]+)'/g)].flatMap((match) =>
      [...(match[1] ?? '').matchAll(/\b(\w+)Command\b/g)].map(([, command = '']) => {
        return renamed[command] ?? `${services[match[2] ?? '']}:${command}`
      }),
    )
  })
  expect(calls).toContain('cloudformation:UpdateStack')
  const allowed = actionsOf(read('deployer-policy.json').Statement)
  // With a role for the agent the profile needs one more, on that role alone; the guide says so.
  expect(calls.filter((call) => !allowed.includes(call))).toEqual(['sts:AssumeRole'])
})

it('the deployer’s policy allows what CloudFormation’s own code reads besides', () => {
  const besides = ['cloudfront:GetConnectionGroup', 'cloudfront:GetVpcOrigin', 's3:GetBucketAcl']
  expect(actionsOf(read('deployer-policy.json').Statement)).toEqual(expect.arrayContaining(besides))
})

it('the agent’s session policy denies none of these calls by name', () => {
  const denied = read('agent-session-policy.json').Statement.filter((one) => one.Effect === 'Deny')
  const byName = actionsOf(denied.filter((one) => !('Condition' in one)))
  const deployed = actionsOf(read('deployer-policy.json').Statement)
  const isDenied = (call: string) =>
    byName.some((one) => one === call || (one.endsWith('*') && call.startsWith(one.slice(0, -1))))
  expect(deployed.filter(isDenied)).toEqual([])
  expect(isDenied('sts:AssumeRole')).toBe(true)
})
