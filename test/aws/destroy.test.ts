import { CloudFormationClient, DeleteStackCommand } from '@aws-sdk/client-cloudformation'
import {
  AddTagsCommand,
  DescribeLoadBalancersCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { CreateBucketCommand, PutBucketTaggingCommand } from '@aws-sdk/client-s3'
import { describe, expect, it } from 'vitest'
import {
  makeOwnStack,
  motoAt,
  nothing,
  openDeployed,
  ownBucket,
  tagsOf,
} from '../support/aws-deployed.ts'
import { type Gate, openGate } from '../support/aws-gate.ts'
import { accountNow, makeSession, openAwsLab } from '../support/aws-lab.ts'
import { rowsOf } from '../support/builds.ts'
import { isFull } from '../support/full.ts'
import { hasMoto, useMoto, whyNoMoto } from '../support/moto.ts'
import { schemaProblems } from '../support/schemas.ts'
import { changeRecords } from '../support/sessions.ts'

describe.skipIf(!hasMoto)(`destroy and inventory${whyNoMoto}`, () => {
  const moto = useMoto()

  it('shows it first, asks, and leaves nothing', async () => {
    const gate = await openGate(moto.url)
    const { lab, guid, run } = await openDeployed(gate.url)
    const before = await accountNow(moto.url)
    const dry = await run('destroy', guid, '--dry-run')
    expect(dry.stdout).toContain(`bucket ${before.buckets[0]}`)
    expect(await run('destroy', guid)).toMatchObject({ code: 2, stdout: '' })
    expect((await accountNow(moto.url)).buckets).toEqual(before.buckets)
    gate.calls.length = 0
    expect(await run('destroy', guid, '--yes')).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^deleting the stack .*minutes\nemptying .*\n$/),
    })
    expect(await lab.json(['status', guid])).toMatchObject({ url: null, verified: false })
    expect(await accountNow(moto.url)).toMatchObject(nothing)
    // The bucket goes last: no name is free while an address points at it.
    const names = gate.calls.map((call) => call.name)
    expect(names.indexOf('DeleteStack')).toBeGreaterThan(-1)
    expect(names.lastIndexOf('S3 DELETE')).toBe(names.length - 1)
    expect(names.indexOf('DeleteStack')).toBeLessThan(names.indexOf('S3 DELETE'))
    expect(rowsOf(lab, "SELECT * FROM resources WHERE state <> 'deleted'")).toEqual([])
    expect(await run('destroy', guid, '--yes')).toMatchObject({
      code: 0,
      stdout: 'nothing to destroy\n',
    })
  })

  it('leaves other sessions and what they share alone', async () => {
    const { guids, run } = await openDeployed(moto.url, [1, 2])
    const before = await accountNow(moto.url)
    expect((await run('destroy', guids[0] as string, '--yes')).code).toBe(0)
    const now = await accountNow(moto.url)
    expect(now.sites).toHaveLength(1)
    expect(now.accessControls).toEqual(before.accessControls)
    expect((await run('destroy', guids[1] as string, '--yes')).code).toBe(0)
    expect(await accountNow(moto.url)).toMatchObject(nothing)
  })

  it('tells of what somebody else made, and does not touch it', async () => {
    const { guid, run } = await openDeployed(moto.url)
    const { s3 } = await accountNow(moto.url)
    await s3.send(new CreateBucketCommand({ Bucket: 'the-agents-own' }))
    const TagSet = tagsOf(guid)
    await s3.send(new PutBucketTaggingCommand({ Bucket: 'the-agents-own', Tagging: { TagSet } }))
    expect(await run('destroy', guid, '--yes')).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('the-agents-own'),
    })
    expect((await accountNow(moto.url)).buckets).toEqual(['the-agents-own'])
  })

  it('ends stacks of the agent’s own, with what is in them', async () => {
    const { guid, run } = await openDeployed(moto.url)
    await makeOwnStack(moto.url, guid, { Resources: ownBucket(guid) })
    const dry = await run('destroy', guid, '--dry-run')
    expect(dry).toMatchObject({ code: 0, stderr: '' })
    expect(dry.stdout).toContain('stack tb-own, the agent’s own')
    expect((await run('destroy', guid, '--yes')).code).toBe(0)
    expect(await accountNow(moto.url)).toMatchObject(nothing)
  })

  it.runIf(isFull)('goes on where it has no right to them, and tells: exit 5', async () => {
    const gate = await openGate(moto.url)
    const { guid, run } = await openDeployed(gate.url)
    await makeOwnStack(moto.url, guid, { Resources: ownBucket(guid) })
    let deletions = 0
    gate.refuse = ({ name }) =>
      name === 'DeleteStack' && ++deletions === 1
        ? { status: 403, code: 'AccessDenied' }
        : undefined
    expect(await run('destroy', guid, '--yes')).toMatchObject({
      code: 5,
      stderr: expect.stringMatching(/left.*stack tb-own: AWS denies/),
    })
    expect((await accountNow(moto.url)).buckets).toEqual(['tb-own-data'])
    expect((await run('destroy', guid, '--yes')).code).toBe(0)
    expect(await accountNow(moto.url)).toMatchObject(nothing)
  })

  it.runIf(isFull)('knows the host of a load balancer that carries the GUID', async () => {
    const { guid, run } = await openDeployed(moto.url)
    const subnet = (cidr: string, zone: string) => ({
      Type: 'AWS::EC2::Subnet',
      Properties: { VpcId: { Ref: 'Net' }, CidrBlock: cidr, AvailabilityZone: zone },
    })
    const resources = {
      Net: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.0.0.0/16' } },
      One: subnet('10.0.1.0/24', 'us-east-1a'),
      Two: subnet('10.0.2.0/24', 'us-east-1b'),
      Front: {
        Type: 'AWS::ElasticLoadBalancingV2::LoadBalancer',
        Properties: {
          Name: 'tb-own',
          Subnets: [{ Ref: 'One' }, { Ref: 'Two' }],
          Tags: tagsOf(guid),
        },
      },
    }
    await makeOwnStack(moto.url, guid, { Resources: resources })
    // moto's CloudFormation forgets the tags of load balancers.
    const balancers = new ElasticLoadBalancingV2Client(motoAt(moto.url))
    const { LoadBalancers = [] } = await balancers.send(new DescribeLoadBalancersCommand({}))
    const [{ LoadBalancerArn = '', DNSName = '' } = {}] = LoadBalancers
    await balancers.send(
      new AddTagsCommand({ ResourceArns: [LoadBalancerArn], Tags: tagsOf(guid) }),
    )
    const at = async (host: string) => {
      const told = JSON.parse((await run('inventory', guid, '--host', host, '--json')).stdout)
      return told.resources.map((one: Record<string, string>) => `${one.kind} ${one.state}`)
    }
    expect(await at(DNSName.toUpperCase())).toEqual(['elasticloadbalancing loadbalancer foreign'])
    expect(await at('another-1.us-east-1.elb.amazonaws.com')).toEqual([])
    const [host = ''] = (await accountNow(moto.url)).distributions
    expect(await at(host)).toEqual(['distribution ours'])
  })

  it('tells what exists, whose it is, and finds it when the records are lost', async () => {
    const { lab, guid, run } = await openDeployed(moto.url)
    const told = JSON.parse((await run('inventory', guid, '--json')).stdout)
    expect(schemaProblems('commands.json#/$defs/inventory', told)).toEqual([])
    const kinds = (object: { resources: { kind: string; state: string }[] }) =>
      object.resources.map(({ kind, state }) => `${kind} ${state}`).toSorted()
    expect(kinds(told)).toEqual([
      'access_control ours',
      'bucket ours',
      'distribution ours',
      'function ours',
      'stack ours',
    ])
    for (const table of ['events', 'releases', 'builds', 'resources', 'sessions'])
      changeRecords(lab, `DELETE FROM ${table}`)
    const region = ['--region', 'us-east-1']
    const lost = JSON.parse((await run('inventory', ...region, '--json')).stdout)
    expect(kinds(lost)).toEqual([
      'bucket orphan',
      'distribution orphan',
      'function orphan',
      'stack orphan',
    ])
    const done = await lab.json(['destroy', guid, ...region, '--yes'], { env: lab.aws })
    expect(schemaProblems('commands.json#/$defs/destroy', done)).toEqual([])
    expect(await accountNow(moto.url)).toMatchObject(nothing)
  })

  /** The tagging API answers with these, whatever there is. */
  function tellTagged(gate: Gate, guid: string, ...arns: readonly string[]) {
    const list = arns.map((ResourceARN) => ({ ResourceARN, Tags: tagsOf(guid) }))
    const body = JSON.stringify({ ResourceTagMappingList: list, PaginationToken: '' })
    gate.answer = ({ name }) =>
      name === 'GetResources' ? { type: 'application/x-amz-json-1.1', body } : undefined
  }

  it('looks for what the tagging API still names: what is gone is not left', async () => {
    const gate = await openGate(moto.url)
    const { guid, run } = await openDeployed(gate.url)
    const balancer = 'elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/tb-own/50dc6c49'
    const gone = ['arn:aws:s3:::tb-own-gone', `arn:aws:${balancer}1`]
    tellTagged(gate, guid, ...gone)
    expect(await run('destroy', guid, '--yes')).toMatchObject({ code: 0 })
    expect(await run('destroy', guid, '--yes')).toMatchObject({ stdout: 'nothing to destroy\n' })
    gate.refuse = ({ name }) =>
      /HEAD|DescribeLoad/.test(name) ? { status: 403, code: 'AccessDenied' } : undefined
    const { kept } = await run('destroy', guid, '--dry-run', '--json').then(({ stdout }) =>
      JSON.parse(stdout),
    )
    expect(kept).toEqual(gone)
  })

  it('believes a bucket of the ledger that it may not look at', async () => {
    const gate = await openGate(moto.url)
    const { guid, run } = await openDeployed(gate.url)
    const [{ StackId: StackName = '' } = {}] = (await accountNow(moto.url)).stacks
    await new CloudFormationClient(motoAt(moto.url)).send(new DeleteStackCommand({ StackName }))
    tellTagged(gate, guid)
    gate.refuse = ({ name }) => (name === 'S3 HEAD' ? { status: 403, code: '' } : undefined)
    const { resources } = JSON.parse((await run('inventory', guid, '--json')).stdout)
    expect(resources).toContainEqual(expect.objectContaining({ kind: 'bucket', state: 'orphan' }))
  })

  it('needs no credentials for a session that never was in AWS', async () => {
    const lab = openAwsLab(moto.url)
    const guid = await makeSession(lab)
    changeRecords(lab, "UPDATE builds SET target = 'local', state = 'deployed', ended_at = 'now'")
    for (const args of [
      ['destroy', guid, '--yes'],
      ['inventory', guid],
    ])
      expect(await lab.run(args)).toMatchObject({ code: 0 })
  })

  it('gc --remote destroys what is past its time, and only that', async () => {
    const { lab, guids, run } = await openDeployed(moto.url, [1, 2])
    changeRecords(
      lab,
      "UPDATE sessions SET destroy_at = '2026-01-01T00:00:00Z' WHERE guid = ?",
      guids[0] as string,
    )
    changeRecords(
      lab,
      "UPDATE sessions SET destroy_at = '2999-01-01T00:00:00Z' WHERE guid = ?",
      guids[1] as string,
    )
    expect((await run('gc')).stdout).not.toContain('destroyed')
    expect((await accountNow(moto.url)).sites).toHaveLength(2)
    const done = JSON.parse((await run('gc', '--remote', '--json')).stdout)
    expect(done.destroyed).toEqual([guids[0]])
    expect((await accountNow(moto.url)).sites).toHaveLength(1)
    // The mark outlives no session that still has it.
    changeRecords(lab, "UPDATE sessions SET archived_at = '2026-01-01T00:00:00Z'")
    expect(JSON.parse((await run('gc', '--purge', '--json')).stdout).purged).toEqual([guids[0]])
  })

  it.runIf(isFull)('gc --remote leaves alone what was given more time meanwhile', async () => {
    const gate = await openGate(moto.url)
    const { lab, guids, run } = await openDeployed(gate.url, [1, 2])
    changeRecords(lab, "UPDATE sessions SET destroy_at = '2026-01-01T00:00:00Z'")
    gate.onDone = ({ name }) => {
      if (name === 'DeleteStack')
        changeRecords(lab, "UPDATE sessions SET destroy_at = '2999-01-01T00:00:00Z'")
    }
    const done = JSON.parse((await run('gc', '--remote', '--json')).stdout)
    expect(done.destroyed).toHaveLength(1)
    expect(guids).toContain(done.destroyed[0])
    expect((await accountNow(moto.url)).sites).toHaveLength(1)
  })

  it.runIf(isFull)(
    'gc --remote goes on where one account refuses, and tells of it: exit 5',
    async () => {
      const { lab, guids, run } = await openDeployed(moto.url, [1, 2])
      changeRecords(lab, "UPDATE sessions SET destroy_at = '2026-01-01T00:00:00Z'")
      changeRecords(
        lab,
        "UPDATE resources SET profile = 'no-such' WHERE guid = ?",
        guids[0] as string,
      )
      const done = await run('gc', '--remote')
      expect(done).toMatchObject({
        code: 5,
        stderr: expect.stringContaining('1 of the sessions could not be destroyed'),
      })
      expect(done.stdout).toContain('destroyed 1')
      expect((await accountNow(moto.url)).sites).toHaveLength(1)
    },
  )
})
