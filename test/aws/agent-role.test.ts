import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { renderSessionPolicy } from '../../src/targets/aws/assume-role.ts'
import { openEdge } from '../support/aws-edge.ts'
import { type Call, type Gate, openGate } from '../support/aws-gate.ts'
import { type AwsLab, accountNow, hostOf, openAwsLab, page, writeSite } from '../support/aws-lab.ts'
import {
  buildsOf,
  findWindowProcesses,
  killNow,
  registerArgs,
  rowsOf,
  waitForEvent,
  waitForState,
} from '../support/builds.ts'
import { guid, waitFor } from '../support/cli-lab.ts'
import { isFull } from '../support/full.ts'
import { hasMoto, useMoto, whyNoMoto } from '../support/moto.ts'
import { pidOf } from '../support/sessions.ts'

const role = 'arn:aws:iam::123456789012:role/agent'
const roleFlags = (arn = role) => ['--target', 'aws', '--aws-agent-role', arn]
const parametersOf = (call: Call | undefined) => Object.fromEntries(new URLSearchParams(call?.body))
const asked = (gate: Gate) => gate.calls.filter((call) => call.name === 'AssumeRole')

/** A build that stays as it is: its agent has stopped reporting. */
async function openBuild(lab: AwsLab, ...more: string[]) {
  const args = registerArgs({ scenario: 'hang' }, ...roleFlags(), '--detach', ...more)
  expect(await lab.run(args, { env: lab.aws })).toMatchObject({ code: 0 })
  await waitForState(lab, 'implementing')
}

/** What the agent's own process sees. */
function paneOf(lab: AwsLab): Record<string, string> {
  const text = readFileSync(`/proc/${pidOf(lab, 'agent')}/environ`, 'utf8')
  return Object.fromEntries(
    text
      .split('\0')
      .filter(Boolean)
      .map((line) => [line.split('=')[0] ?? '', line.slice(line.indexOf('=') + 1)]),
  )
}

const filesOf = (lab: AwsLab) =>
  ['environment.json', 'aws'].filter((name) => existsSync(join(lab.folderOf(guid), 'agent', name)))

describe.skipIf(!hasMoto)(`a role for the agent${whyNoMoto}`, () => {
  const moto = useMoto()

  it('is all that the agent’s pane has, in our deploy and in AWS’s own tools', async () => {
    const gate = await openGate(moto.url)
    // Whatever the folder is called: tools run the command in a shell, or split it as one does.
    const lab = openAwsLab(gate.url, {}, { subfolder: `it's #1 ; "$1" %d` })
    await openBuild(lab)
    expect(gate.calls.map((call) => call.name)).toEqual(['GetCallerIdentity', 'AssumeRole'])
    expect(parametersOf(gate.calls[1])).toMatchObject({
      RoleArn: role,
      RoleSessionName: 'tmux-builder-4f901853',
      DurationSeconds: '3600',
      Policy: await renderSessionPolicy(guid),
    })

    const pane = paneOf(lab)
    const folder = join(lab.folderOf(guid), 'agent', 'aws')
    expect(
      Object.keys(pane)
        .filter((name) => name.startsWith('AWS_'))
        .toSorted(),
    ).toEqual([
      'AWS_CONFIG_FILE',
      'AWS_EC2_METADATA_DISABLED',
      'AWS_ENDPOINT_URL',
      'AWS_SHARED_CREDENTIALS_FILE',
    ])
    expect(JSON.stringify(pane)).not.toContain(lab.aws.AWS_ACCESS_KEY_ID)
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    for (const name of readdirSync(folder))
      expect([name, statSync(join(folder, name)).mode & 0o777]).toEqual([name, 0o600])

    gate.calls.length = 0
    const site = writeSite(lab, guid, { 'index.html': page('one') })
    const deployed = await lab.run(['deploy', guid, '--dir', site], { env: pane })
    expect(deployed).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('as arn:aws:sts::123456789012:assumed-role/agent/tmux-'),
    })
    const own = lab.aws.AWS_ACCESS_KEY_ID
    expect(new Set(gate.calls.filter((call) => call.key === own).map((call) => call.name))).toEqual(
      new Set(['GetCallerIdentity', 'AssumeRole']),
    )
    // They last for an hour.
    expect(asked(gate)).toHaveLength(1)
    // What was made is found again without the role.
    expect(rowsOf(lab, 'SELECT DISTINCT profile FROM resources')).toEqual([{ profile: null }])

    // What the `aws` command is made of splits the command itself; it comes with moto.
    const look = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
    const { stdout } = await promisify(execFile)('python3', ['-c', look], { env: pane })
    expect(stdout).toMatch(/:assumed-role\/agent\/tmux-builder-4f901853\n$/)
    expect((await lab.run(['stop', guid], { env: lab.aws })).code).toBe(0)
    expect(filesOf(lab)).toEqual([])
  })

  it('is under the profile’s name too, and is asked for again before it runs out', async () => {
    const gate = await openGate(moto.url)
    const lab = openAwsLab(gate.url)
    const home = lab.env.HOME as string
    mkdirSync(join(home, '.aws'))
    writeFileSync(
      join(home, '.aws', 'credentials'),
      '[mine]\naws_access_key_id = AKIDMINE\naws_secret_access_key = y\n',
    )
    await openBuild(lab, '--aws-profile', 'mine')
    expect(asked(gate)).toMatchObject([{ key: 'AKIDMINE' }])
    gate.calls.length = 0
    // The first half a minute is too short to begin with, two minutes are too short to go on with.
    gate.answer = (call) => {
      if (call.name !== 'AssumeRole') return undefined
      const number = asked(gate).length
      return {
        type: 'text/xml',
        body: `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>ASIATEST${number}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>${new Date(Date.now() + (number === 1 ? 30_000 : 120_000)).toISOString()}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
      }
    }
    // The SDK renews them while it goes on with the old ones.
    gate.onDone = async (call) => {
      if (call.name !== 'CreateStack') return
      const isDone = () =>
        asked(gate).length > 2 &&
        findWindowProcesses(lab, 'agent', 'agent-credentials').length === 0
      await waitFor('the third credentials', isDone)
    }
    const site = writeSite(lab, guid, { 'index.html': page('one') })
    const pane = paneOf(lab)
    expect((await lab.run(['deploy', guid, '--dir', site], { env: pane })).code).toBe(0)
    const keys = gate.calls.filter((call) => call.name !== 'AssumeRole').map((call) => call.key)
    expect(new Set(keys.filter((key) => key.startsWith('ASIATEST'))).size).toBeGreaterThan(1)
    expect(rowsOf(lab, 'SELECT DISTINCT profile FROM resources')).toEqual([{ profile: 'mine' }])

    // What runs out where it comes from is told in the agent's words too.
    gate.refuse = (call) =>
      call.name === 'AssumeRole' ? { status: 400, code: 'ExpiredToken' } : undefined
    expect(await lab.run(['deploy', guid, '--dir', site], { env: pane })).toMatchObject({
      code: 5,
      stderr: expect.stringMatching(/credentials have expired[\s\S]*aws sso login --profile mine/),
    })
  })

  it('that cannot be taken makes no build', async () => {
    const gate = await openGate(moto.url)
    const lab = openAwsLab(gate.url)
    gate.refuse = (call) =>
      call.name === 'AssumeRole'
        ? {
            status: 403,
            code: 'AccessDenied',
            message: `User: arn:aws:iam::123456789012:user/me is not authorized to perform: sts:AssumeRole on resource: ${role}`,
          }
        : undefined
    const register = (arn: string) => lab.run(registerArgs({}, ...roleFlags(arn)), { env: lab.aws })
    expect(await register(role)).toMatchObject({
      code: 5,
      stderr: expect.stringMatching(
        /does not let this profile assume the agent’s role[\s\S]*trust/,
      ),
    })
    expect(await register('arn:aws:iam::999999999999:role/agent')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('another AWS account'),
    })
    expect(buildsOf(lab)).toEqual([])
    expect(filesOf(lab)).toEqual([])
  })

  it.runIf(isFull)(
    'goes with the build; what we ask ourselves is asked with the user’s own rights',
    async () => {
      const gate = await openGate(moto.url)
      const edge = await openEdge(moto.url)
      const lab = openAwsLab(gate.url, {
        NODE_EXTRA_CA_CERTS: edge.ca,
        TMUX_BUILDER_AWS_AGENT_ROLE: role,
      })
      // Nothing of a local build is in AWS; its agent lives on with more than the role.
      expect((await lab.run(registerArgs(), { env: lab.aws })).code).toBe(0)
      expect(gate.calls).toEqual([])
      const before = pidOf(lab, 'agent')

      const flags = ['--connect-to', edge.connectTo(hostOf(guid)), '--require-proof', 'marker']
      const done = await lab.run(
        registerArgs({ request: 'Another one' }, '--target', 'aws', ...flags),
        {
          env: lab.aws,
        },
      )
      expect(done).toMatchObject({ code: 0, stdout: `https://${hostOf(guid)}/\n` })
      expect(pidOf(lab, 'agent')).not.toBe(before)
      expect(paneOf(lab)).not.toHaveProperty('AWS_SECRET_ACCESS_KEY')
      await waitFor('the supervisor’s leaving', () => filesOf(lab).length === 0)
      const callsOf = (isOwn: boolean) =>
        gate.calls
          .filter((call) => (call.key === lab.aws.AWS_ACCESS_KEY_ID) === isOwn)
          .map((call) => call.name)
      expect(callsOf(false)).toEqual(expect.arrayContaining(['CreateStack', 'UpdateStack']))
      expect(callsOf(true)).toEqual(expect.arrayContaining(['AssumeRole', 'GetResources']))
      expect(callsOf(true).filter((name) => /Create|Update|PUT|POST/.test(name))).toEqual([])
      await lab.run(['stop', guid], { env: lab.aws })
      expect((await lab.run(['destroy', guid, '--yes'], { env: lab.aws })).code).toBe(0)
      expect((await accountNow(moto.url)).distributions).toEqual([])
    },
  )

  it.runIf(isFull)('comes back with a resume that brings credentials', async () => {
    const gate = await openGate(moto.url)
    const lab = openAwsLab(gate.url)
    await openBuild(lab)
    const pane = paneOf(lab)
    await lab.run(['stop', guid], { env: lab.aws })
    // Its own credentials would be asked for by themselves.
    expect(await lab.run(['resume', guid], { env: pane })).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('no credentials to assume the agent’s role with'),
    })
    const { AWS_ACCESS_KEY_ID: _, ...without } = lab.aws
    expect(await lab.run(['resume', guid], { env: without })).toMatchObject({ code: 5 })
    expect(buildsOf(lab).at(-1)?.state).toBe('stopped')
    const env = { ...lab.aws, AWS_ACCESS_KEY_ID: 'AKIDOTHER' }
    expect(await lab.run(['resume', guid], { env })).toMatchObject({ code: 0 })
    expect(asked(gate).at(-1)?.key).toBe('AKIDOTHER')
    await waitForEvent(lab, 'agent_started', guid, 2)
    expect(paneOf(lab)).not.toHaveProperty('AWS_SECRET_ACCESS_KEY')

    // Lost and brought back by who has none, as at boot: the build's own stay.
    for (const pid of findWindowProcesses(lab, 'supervisor', 'supervise')) killNow(pid)
    await lab.tmux('kill-server')
    gate.calls.length = 0
    expect(await lab.run(['resume', '--all'])).toMatchObject({ code: 0 })
    expect(gate.calls).toEqual([])
    const { stdout } = await lab.run(['agent-credentials', guid])
    expect(JSON.parse(stdout)).toMatchObject({ Version: 1, AccessKeyId: expect.any(String) })
    expect(asked(gate).at(-1)?.key).toBe('AKIDOTHER')
    await lab.run(['stop', guid])
    expect(await lab.run(['agent-credentials', guid])).toMatchObject({ code: 5, stdout: '' })
  })
})
