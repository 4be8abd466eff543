import { describe, expect, it } from 'vitest'
import {
  endBuilds,
  makeOwnStack,
  nothing,
  ownBucket,
  site,
  tagsOf,
} from '../support/aws-deployed.ts'
import { type Gate, openGate } from '../support/aws-gate.ts'
import { accountNow, hostOf, makeSession, openAwsLab, page, writeSite } from '../support/aws-lab.ts'
import { rowsOf } from '../support/builds.ts'
import { type Running, waitFor } from '../support/cli-lab.ts'
import { few, isFull } from '../support/full.ts'
import { hasMoto, useMoto, whyNoMoto } from '../support/moto.ts'
import { changeRecords } from '../support/sessions.ts'

/** On AWS a stack is made, changed and deleted long after the call, and may fail then. */
describe.skipIf(!hasMoto)(`the life of a stack${whyNoMoto}`, () => {
  const moto = useMoto()

  async function openSession() {
    const gate = await openGate(moto.url)
    const lab = openAwsLab(gate.url)
    const guid = await makeSession(lab)
    const folder = writeSite(lab, guid, site)
    const calls = (name: string) => gate.calls.filter((call) => call.name === name).length
    const run = (...args: string[]) => lab.run(args, { env: lab.aws })
    const start = (...args: string[]) => lab.start(args, { env: lab.aws })
    const deployArgs = ['deploy', guid, '--dir', folder]
    /** What that program says in the end; the stack's change ends when it was looked at twice. */
    const whileItWaits = async ({ done }: Running) => {
      const before = calls('DescribeStacks')
      await waitFor('it waits', () => calls('DescribeStacks') > before + 1)
      await moto.slowStacks(0)
      return done
    }
    const statusNow = async () => (await accountNow(moto.url)).stacks[0]?.StackStatus
    const url = `https://${hostOf(guid)}/\n`
    return { gate, lab, guid, calls, run, start, deployArgs, whileItWaits, statusNow, url }
  }

  it.each(few(1, ['SIGKILL', 'SIGINT'] as const))(
    'a deployment that got %s while its stack was made is continued: one stack',
    async (signal) => {
      const { lab, calls, start, deployArgs, whileItWaits, statusNow, url } = await openSession()
      await moto.slowStacks(600)
      const first = start(...deployArgs)
      await waitFor('the stack is being made', async () =>
        (await statusNow())?.startsWith('CREATE'),
      )
      first.kill(signal)
      const ended = await first.done
      expect(signal === 'SIGKILL' ? ended.signal : ended.code).toBe(
        signal === 'SIGKILL' ? signal : 130,
      )
      expect(await statusNow()).toBe('CREATE_IN_PROGRESS')
      const again = await whileItWaits(start(...deployArgs))
      expect(again).toMatchObject({ code: 0, stdout: url })
      // Said by the run that waits for another's change, not of its own.
      const waits = /the stack tmux-builder-\w+ is CREATE_IN_PROGRESS: waiting for it\n/g
      expect(again.stderr.match(waits)).toHaveLength(1)
      expect(again.stderr.match(/waiting for it/g)).toHaveLength(1)
      expect(ended.stderr).not.toContain('waiting for it')
      expect(calls('CreateStack')).toBe(1)
      const now = await accountNow(moto.url)
      expect(now.sites).toMatchObject([{ release: expect.stringMatching(/^[0-9a-f]{32}$/) }])
      expect(now.buckets).toHaveLength(1)
      await lab.close()
    },
  )

  it.runIf(isFull)(
    'machines that deploy at once wait for each other’s stack and switch',
    async () => {
      const { lab, guid, run, deployArgs, url } = await openSession()
      await moto.slowStacks(1)
      const other = openAwsLab(moto.url)
      expect(await makeSession(other)).toBe(guid)
      const here = run(...deployArgs)
      const there = other.deploy(guid, writeSite(other, guid, { ...site, 'app.js': '2' }))
      expect(await Promise.all([here, there])).toMatchObject([
        { code: 0, stdout: url },
        { code: 0, stdout: url },
      ])
      expect((await accountNow(moto.url)).sites).toHaveLength(1)
      await lab.close()
    },
  )

  it('a stack that could not be made tells why, and is made anew by the next run', async () => {
    const { run, deployArgs, statusNow, url } = await openSession()
    const reason =
      'Resource handler returned message: "Your account must be verified before you can add new CloudFront resources" (HandlerErrorCode: AccessDenied)'
    await moto.slowStacks(0.3, { CREATE: `Distribution: ${reason}` })
    expect(await run(...deployArgs)).toMatchObject({
      code: 5,
      stdout: '',
      stderr: expect.stringMatching(/could not create the stack.*not verified this account/),
    })
    expect(await statusNow()).toBe('ROLLBACK_COMPLETE')
    const again = await run(...deployArgs)
    expect(again).toMatchObject({ code: 0, stdout: url })
    expect(again.stderr).toContain('deleting the stack that is ROLLBACK_COMPLETE')
    expect(await statusNow()).toBe('UPDATE_COMPLETE')
  })

  it.runIf(isFull)(
    'an access control that was deleted just then is made again, by itself',
    async () => {
      const { calls, run, deployArgs, url } = await openSession()
      await moto.slowStacks(0.3, {
        CREATE: 'Distribution: Invalid request: Origin Access Control E1 does not exist.',
      })
      expect(await run(...deployArgs)).toMatchObject({ code: 0, stdout: url })
      expect(calls('CreateStack')).toBe(2)
    },
  )

  it('a switch that fails tells why and leaves live what was; the next run goes on', async () => {
    const { lab, guid, run, statusNow, url } = await openSession()
    const deploy = (text: string) =>
      run('deploy', guid, '--dir', writeSite(lab, guid, { 'index.html': page(text) }))
    await deploy('one')
    const before = (await accountNow(moto.url)).sites[0]?.release
    await moto.slowStacks(0.3, { UPDATE: 'Router: the code is too long' })
    expect(await deploy('two')).toMatchObject({
      code: 5,
      stdout: '',
      stderr: expect.stringMatching(/the old release stays live: Router: the code is too long/),
    })
    expect(await statusNow()).toBe('UPDATE_ROLLBACK_COMPLETE')
    expect((await accountNow(moto.url)).sites[0]?.release).toBe(before)
    expect(await deploy('two')).toMatchObject({ code: 0, stdout: url })
    expect((await accountNow(moto.url)).sites[0]?.release).not.toBe(before)
  })

  it('a stack that cannot be deleted tells why: exit 5; the bucket waits for it', async () => {
    const { lab, guid, run, deployArgs, statusNow } = await openSession()
    await run(...deployArgs)
    endBuilds(lab)
    await moto.slowStacks(0.3, { DELETE: 'Distribution: it is used elsewhere' })
    expect(await run('destroy', guid, '--yes')).toMatchObject({
      code: 5,
      stderr: expect.stringMatching(/could not be deleted: Distribution: it is used elsewhere/),
    })
    expect(await statusNow()).toBe('DELETE_FAILED')
    expect((await accountNow(moto.url)).buckets).toHaveLength(1)
    expect((await run('destroy', guid, '--yes')).code).toBe(0)
    expect(await accountNow(moto.url)).toMatchObject(nothing)
  })

  it.runIf(isFull)(
    'a destruction cut short while the stack goes is continued, bucket and all',
    async () => {
      const { lab, guid, run, start, deployArgs, whileItWaits, statusNow } = await openSession()
      await run(...deployArgs)
      endBuilds(lab)
      await moto.slowStacks(600)
      const first = start('destroy', guid, '--yes')
      await waitFor('the stack is going', async () => (await statusNow()) === 'DELETE_IN_PROGRESS')
      // To look at it waits neither for the stack nor for who destroys it.
      expect(await run('destroy', guid, '--dry-run')).toMatchObject({ code: 0, stderr: '' })
      expect(await statusNow()).toBe('DELETE_IN_PROGRESS')
      first.kill('SIGINT')
      expect((await first.done).code).toBe(130)
      const again = await whileItWaits(start('destroy', guid, '--yes'))
      expect(again.code).toBe(0)
      expect(again.stderr.match(/is DELETE_IN_PROGRESS: waiting for it\n/g)).toHaveLength(1)
      expect(await accountNow(moto.url)).toMatchObject(nothing)
    },
  )

  it.runIf(isFull)(
    'a deployment that meets a stack on its way out waits, and makes it anew',
    async () => {
      const { lab, guid, run, start, deployArgs, statusNow, url } = await openSession()
      await run(...deployArgs)
      endBuilds(lab)
      await moto.slowStacks(1)
      const leaving = start('destroy', guid, '--yes')
      await waitFor('the stack is going', async () => (await statusNow()) === 'DELETE_IN_PROGRESS')
      leaving.kill('SIGKILL')
      await leaving.done
      changeRecords(lab, "UPDATE builds SET state = 'deploying', ended_at = NULL")
      expect(await run(...deployArgs)).toMatchObject({ code: 0, stdout: url })
      expect((await accountNow(moto.url)).sites).toMatchObject([{ status: 'UPDATE_COMPLETE' }])
    },
  )

  const exporter = (guid: string) => ({
    Resources: ownBucket(guid),
    Outputs: { Name: { Value: 'shared', Export: { Name: 'tb-own-name' } } },
  })
  const importer = (guid: string) => ({
    Resources: {
      Log: {
        Type: 'AWS::S3::Bucket',
        Properties: {
          BucketName: { 'Fn::Join': ['-', ['tb', { 'Fn::ImportValue': 'tb-own-name' }]] },
          Tags: tagsOf(guid),
        },
      },
    },
  })

  it('stacks of the agent that use each other are deleted in whatever order they can be', async () => {
    const { lab, guid, run } = await openSession()
    endBuilds(lab)
    await makeOwnStack(moto.url, guid, exporter(guid))
    await makeOwnStack(moto.url, guid, importer(guid), { name: 'tb-own-log' })
    await moto.slowStacks(0.3)
    const done = await run('destroy', guid, '--yes')
    expect([done.code, done.stderr.match(/deleting the agent’s stack tb-own\n/g)]).toMatchObject([
      0,
      { length: 2 },
    ])
    expect(await accountNow(moto.url)).toMatchObject({ ...nothing, stacks: [] })
  })

  it.runIf(isFull)(
    'one that somebody else’s stack uses is left, with CloudFormation’s reason',
    async () => {
      const { lab, guid, run } = await openSession()
      endBuilds(lab)
      await makeOwnStack(moto.url, guid, exporter(guid))
      await makeOwnStack(moto.url, 'f'.repeat(64), importer('f'.repeat(64)), { name: 'another' })
      await moto.slowStacks(0.3)
      expect(await run('destroy', guid, '--yes')).toMatchObject({
        code: 5,
        stderr: expect.stringMatching(
          /left.*stack tb-own: .*Cannot delete export tb-own-name as it is in use by another/,
        ),
      })
    },
  )

  /** CloudFormation says so of the stack of that id until it is deleted; a stack that was not made has no outputs. */
  function tellStatus(gate: Gate, stackId: string, status: string) {
    const names = `<StackId>${stackId}</StackId><StackName>${stackId.split('/')[1]}</StackName>`
    const stack = `${names}<StackStatus>${status}</StackStatus><CreationTime>2026-01-01T00:00:00Z</CreationTime>`
    const body = `<DescribeStacksResponse><DescribeStacksResult><Stacks><member>${stack}</member></Stacks></DescribeStacksResult></DescribeStacksResponse>`
    gate.answer = ({ name }) => {
      if (name === 'DeleteStack') gate.answer = undefined
      return name === 'DescribeStacks' ? { type: 'text/xml', body } : undefined
    }
  }

  it.each(few(1, ['deploy', 'destroy']))(
    'the bucket in a stack that failed is not lost when %s deletes the stack',
    async (command) => {
      const { gate, lab, guid, run, deployArgs } = await openSession()
      await run(...deployArgs)
      const [{ StackId = '' } = {}] = (await accountNow(moto.url)).stacks
      changeRecords(lab, "DELETE FROM resources WHERE kind = 'bucket'")
      tellStatus(gate, StackId, 'ROLLBACK_FAILED')
      if (command === 'deploy') {
        expect((await run(...deployArgs)).code).toBe(0)
        expect(rowsOf(lab, "SELECT name FROM resources WHERE kind = 'bucket'")).toHaveLength(2)
      }
      endBuilds(lab)
      expect((await run('destroy', guid, '--yes')).code).toBe(0)
      expect(await accountNow(moto.url)).toMatchObject(nothing)
    },
  )
})
