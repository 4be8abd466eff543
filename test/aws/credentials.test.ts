import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { guidOf } from '../../src/domain/identity.ts'
import { renderSessionPolicy } from '../../src/targets/aws/assume-role.ts'
import { packageRoot } from '../../src/world/package-root.ts'
import { openEdge } from '../support/aws-edge.ts'
import { type Answer, openGate, type Refusal } from '../support/aws-gate.ts'
import {
  type AwsLab,
  hostOf,
  identityOf,
  makeSession,
  openAwsLab,
  page,
  writeSite,
} from '../support/aws-lab.ts'
import { buildsOf, refineArgs, registerArgs } from '../support/builds.ts'
import { guid as firstGuid } from '../support/cli-lab.ts'
import { hasMoto, useMoto, whyNoMoto } from '../support/moto.ts'
import { changeRecords } from '../support/sessions.ts'

/** Writes into the lab's ~/.aws. */
function writeAws(lab: AwsLab, name: string, content: string) {
  const file = join(lab.env.HOME as string, '.aws', name)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, content)
  return file
}

const guidOfMine = guidOf(identityOf(1))

/** A deploy with the profile `mine`, and no keys in the environment. */
async function deployWithProfile(lab: AwsLab, url: string) {
  const guid = await makeSession(lab, 1, { variables: { aws_profile: 'mine' } })
  const site = writeSite(lab, guid, { 'index.html': page('one') })
  const env = { AWS_ENDPOINT_URL: url, AWS_EC2_METADATA_DISABLED: 'true' }
  return lab.run(['deploy', guid, '--dir', site], { env })
}

/** A profile whose n-th asking gives `KEYn`, which lasts so long; after the last there are no more. */
function writeRenewals(lab: AwsLab, ...lastMs: readonly number[]) {
  const folder = join(writeAws(lab, 'count', '0'), '..')
  for (const [index, ms] of lastMs.entries()) {
    const keys = { AccessKeyId: `KEY${index + 1}`, SecretAccessKey: 'y', SessionToken: 'z' }
    const answer = { Version: 1, ...keys, Expiration: isoIn(ms) }
    writeAws(lab, `answer-${index + 1}`, JSON.stringify(answer))
  }
  const next = 'n=$(($(cat count) + 1)); echo $n > count; cat answer-$n'
  const script = writeAws(lab, 'next.sh', `cd ${folder} && ${next}\n`)
  writeAws(lab, 'config', `[profile mine]\ncredential_process = sh ${script}\n`)
}

const minutes = (count: number) => count * 60_000
const deployerPolicy = join(packageRoot, 'templates', 'aws', 'deployer-policy.json')
const isoIn = (ms: number) => new Date(Date.now() + ms).toISOString()

describe.skipIf(!hasMoto)(`credentials for aws${whyNoMoto}`, () => {
  const moto = useMoto()

  it.each([
    ['for an hour', 3_600_000, 0],
    ['for ten minutes', 600_000, 0],
    ['for half a minute', 30_000, 5],
  ])('takes credentials of a process that last %s', async (_, lastMs, code) => {
    const lab = openAwsLab(moto.url)
    const keys = { AccessKeyId: 'x', SecretAccessKey: 'y', SessionToken: 'z' }
    const answer = { Version: 1, ...keys, Expiration: isoIn(lastMs) }
    const file = writeAws(lab, 'answer.json', JSON.stringify(answer))
    writeAws(lab, 'config', `[profile mine]\ncredential_process = cat ${file}\n`)
    const done = await deployWithProfile(lab, moto.url)
    expect(done.code).toBe(code)
    expect(done.stderr).toContain(code === 0 ? 'AWS account 123456789012' : 'about to expire')
  })

  it.each([
    ['for less than a stack takes', [minutes(10), minutes(60)], 'KEY2'],
    ['for half a minute', [minutes(0.5), minutes(60)], 'KEY2'],
    ['long enough', [minutes(60), minutes(60)], 'KEY1'],
    ['for ten minutes, and cannot be renewed', [minutes(10)], 'KEY1'],
  ])('a stack is made and deleted with credentials that lasted %s', async (_, lastMs, key) => {
    const gate = await openGate(moto.url)
    const lab = openAwsLab(gate.url)
    writeRenewals(lab, ...lastMs)
    const keyOf = (name: string) => gate.calls.find((call) => call.name === name)?.key
    expect(await deployWithProfile(lab, gate.url)).toMatchObject({ code: 0 })
    expect(keyOf('CreateStack')).toBe(key)
    changeRecords(lab, "UPDATE builds SET state = 'deployed', ended_at = '2026-01-01T00:00:00Z'")
    // What plans and what carries out are processes of their own: the first key is the planning's.
    writeRenewals(lab, minutes(60), ...lastMs)
    const env = { AWS_ENDPOINT_URL: gate.url }
    expect((await lab.run(['destroy', guidOfMine, '--yes'], { env })).code).toBe(0)
    expect(keyOf('DeleteStack')).toBe(`KEY${Number(key.slice(3)) + 1}`)
  })

  it('the switch to a release asks for credentials that outlast it, too', async () => {
    const gate = await openGate(moto.url)
    const lab = openAwsLab(gate.url)
    writeRenewals(lab, ...Array(20).fill(minutes(10)))
    expect(await deployWithProfile(lab, gate.url)).toMatchObject({ code: 0 })
    const lastKeyOf = (name: string) => gate.calls.findLast((call) => call.name === name)?.key
    const renewals =
      Number(lastKeyOf('UpdateStack')?.slice(3)) - Number(lastKeyOf('S3 PUT')?.slice(3))
    expect(renewals).toBe(1)
  })

  it('tells what a process that fails says', async () => {
    const lab = openAwsLab(moto.url)
    writeAws(
      lab,
      'config',
      '[profile mine]\ncredential_process = echo the vault is sealed >&2; exit 3\n',
    )
    expect(await deployWithProfile(lab, moto.url)).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('credentials for the profile mine: the vault is sealed\n'),
    })
  })

  it.each([
    [
      'role asks for a code',
      `role_arn = arn:aws:iam::123456789012:role/r
source_profile = keys
mfa_serial = arn:aws:iam::123456789012:mfa/me
[profile keys]
aws_access_key_id = x
aws_secret_access_key = y`,
      /profile mine needs an MFA code.*\n.*export-credentials --profile mine/,
    ],
    [
      'login has ended',
      'login_session = arn:aws:sts::123456789012:assumed-role/r/me',
      /profile mine: .*\n.*Log in again: aws login --profile mine/,
    ],
  ])('tells how to go on with a profile whose %s', async (_, config, told) => {
    const lab = openAwsLab(moto.url)
    writeAws(lab, 'config', `[profile mine]\n${config}\n`)
    const done = await deployWithProfile(lab, moto.url)
    expect(done).toMatchObject({ code: 5, stderr: expect.stringMatching(told) })
  })

  it.each([
    ['the deployer’s', () => readFile(deployerPolicy, 'utf8'), ''],
    ['the agent’s', () => renderSessionPolicy('0'.repeat(64)), ''],
    ['a broken one', () => '{"Version":"2012-10-17","Statement":[{"Effect":"Deny"}]}', 'Malformed'],
  ])('IAM takes %s policy', async (_, text, refusal) => {
    const answer = await fetch(moto.url, {
      method: 'POST',
      headers: {
        authorization:
          'AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0',
      },
      body: new URLSearchParams({
        Action: 'CreatePolicy',
        Version: '2010-05-08',
        PolicyName: 'a-policy',
        PolicyDocument: await text(),
      }),
    })
    expect(answer.status).toBe(refusal === '' ? 200 : 400)
    expect(await answer.text()).toContain(refusal)
  })

  const login = /Log in again: aws sso login --profile mine/
  const unauthorized: Answer = {
    status: 401,
    type: 'application/json',
    body: '{"__type":"UnauthorizedException","message":"Session token not found or invalid"}',
  }
  it.each<[string, number | undefined, Answer | undefined, number, RegExp]>([
    ['valid', 3_600_000, undefined, 0, /AWS account 123456789012/],
    ['expired', -1_000, undefined, 5, login],
    ['missing', undefined, undefined, 5, login],
    ['revoked', 3_600_000, unauthorized, 5, login],
  ])('takes a single sign-on whose token is %s', async (_, lastMs, refusal, code, told) => {
    const gate = await openGate(moto.url)
    const lab = openAwsLab(gate.url)
    writeAws(
      lab,
      'config',
      `[profile mine]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = Builder
[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = us-east-1
`,
    )
    const name = createHash('sha1').update('corp').digest('hex')
    if (lastMs !== undefined)
      writeAws(
        lab,
        `sso/cache/${name}.json`,
        JSON.stringify({ accessToken: 'token', expiresAt: isoIn(lastMs) }),
      )
    const roleCredentials = {
      accessKeyId: 'ASIASSO',
      secretAccessKey: 's',
      sessionToken: 't',
      expiration: Date.now() + 3_600_000,
    }
    gate.answer = (call) =>
      call.path.startsWith('/federation/credentials?')
        ? (refusal ?? { type: 'application/json', body: JSON.stringify({ roleCredentials }) })
        : undefined
    const done = await deployWithProfile(lab, gate.url)
    expect(done.stderr).toMatch(told)
    expect(done.code).toBe(code)
    const asked = gate.calls.find((call) => call.path.startsWith('/federation/'))
    expect(asked?.path.split('?')[1]?.split('&').toSorted()).toEqual(
      lastMs === 3_600_000 ? ['account_id=123456789012', 'role_name=Builder'] : undefined,
    )
    const keys = new Set(gate.calls.map((call) => call.key).filter(Boolean))
    expect([...keys]).toEqual(code === 0 ? ['ASIASSO'] : [])
  })

  const refused = { status: 403, code: 'InvalidClientTokenId' }
  it.each<[string, Refusal | undefined, string[], number, RegExp]>([
    ['a profile that is not there', undefined, ['--aws-profile', 'nobody'], 5, /profile nobody/],
    ['keys that AWS does not accept', refused, [], 5, /does not accept the credentials/],
    [
      'an account that is not allowed',
      undefined,
      ['--aws-account', '999999999999'],
      2,
      /not one of the allowed/,
    ],
  ])(
    'register makes nothing with %s: it would cost an agent',
    async (_, refusal, more, code, why) => {
      const gate = await openGate(moto.url)
      gate.refuse = () => refusal
      const lab = openAwsLab(gate.url)
      const register = registerArgs({}, '--target', 'aws', ...more)
      const done = await lab.run(register, { env: lab.aws })
      expect(done).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(why) })
      expect(await lab.json(['list', '--all'])).toEqual({ sessions: [] })
      expect(existsSync(lab.folderOf(firstGuid))).toBe(false)
    },
  )

  it('refine makes nothing with a login that has ended since', async () => {
    const gate = await openGate(moto.url)
    const edge = await openEdge(moto.url)
    const lab = openAwsLab(gate.url, { NODE_EXTRA_CA_CERTS: edge.ca })
    const flags = ['--target', 'aws', '--connect-to', edge.connectTo(hostOf(firstGuid))]
    expect((await lab.run(registerArgs({}, ...flags), { env: lab.aws })).code).toBe(0)
    gate.refuse = () => ({ status: 403, code: 'ExpiredToken' })
    expect(await lab.run(refineArgs('Make it blue'), { env: lab.aws })).toMatchObject({
      code: 5,
      stdout: '',
      stderr: expect.stringContaining('The AWS credentials have expired.'),
    })
    expect(buildsOf(lab)).toMatchObject([{ state: 'deployed' }])
  })
})
