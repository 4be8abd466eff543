/** Sessions whose site is deployed, and what an agent makes in AWS beside it. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CloudFormationClient, CreateStackCommand } from '@aws-sdk/client-cloudformation'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { expect } from 'vitest'
import { type AwsLab, makeSession, openAwsLab, page, writeSite } from './aws-lab.ts'
import { changeRecords } from './sessions.ts'

export const site = { 'index.html': page('one'), 'app.js': '1' }
/** Of `accountNow`: all is gone. */
export const nothing = { sites: [], buckets: [], distributions: [], accessControls: [] }

export const endBuilds = (lab: AwsLab) =>
  changeRecords(lab, "UPDATE builds SET state = 'deployed', ended_at = '2026-01-01T00:00:00Z'")

/** One session for each number, deployed, and no build running. */
export async function openDeployed(url: string, numbers: readonly number[] = [1]) {
  const lab = openAwsLab(url)
  const guids: string[] = []
  for (const number of numbers) {
    const guid = await makeSession(lab, number)
    expect((await lab.deploy(guid, writeSite(lab, guid, site))).code).toBe(0)
    guids.push(guid)
  }
  endBuilds(lab)
  const run = (...args: string[]) => lab.run(args, { env: lab.aws })
  return { lab, guid: guids[0] as string, guids, run }
}

/** A client's settings for that moto. */
export const motoAt = (url: string, region = 'us-east-1') => ({
  endpoint: url,
  region,
  credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
})

export const tagsOf = (guid: string) => [{ Key: 'tmux-builder:guid', Value: guid }]

export const ownBucket = (guid: string) => ({
  Data: {
    Type: 'AWS::S3::Bucket',
    Properties: { BucketName: 'tb-own-data', Tags: tagsOf(guid) },
  },
})

/** A stack of the agent's own, as its prompt tells it to make one. */
export async function makeOwnStack(
  url: string,
  guid: string,
  template: Readonly<Record<string, unknown>>,
  { name = 'tb-own', region = 'us-east-1' } = {},
) {
  await new CloudFormationClient(motoAt(url, region)).send(
    new CreateStackCommand({
      StackName: name,
      TemplateBody: JSON.stringify({ AWSTemplateFormatVersion: '2010-09-09', ...template }),
      Tags: tagsOf(guid),
    }),
  )
}

/** Keys that lead to another account. */
export async function keysOf(url: string, account: string) {
  const { Credentials } = await new STSClient(motoAt(url)).send(
    new AssumeRoleCommand({
      RoleArn: `arn:aws:iam::${account}:role/builder`,
      RoleSessionName: 'builder',
    }),
  )
  return {
    AWS_ACCESS_KEY_ID: Credentials?.AccessKeyId ?? '',
    AWS_SECRET_ACCESS_KEY: Credentials?.SecretAccessKey ?? '',
    AWS_SESSION_TOKEN: Credentials?.SessionToken ?? '',
  }
}

/** The lab's ~/.aws/config. */
export function writeConfig(lab: AwsLab, text: string) {
  const folder = join(lab.env.HOME as string, '.aws')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'config'), text)
}

/** The lab's ~/.aws/config has these profiles, all of one account. */
export function writeProfiles(lab: AwsLab, ...names: readonly string[]) {
  const keys = 'aws_access_key_id = AKIDTEST\naws_secret_access_key = secret\n'
  writeConfig(lab, names.map((name) => `[profile ${name}]\n${keys}`).join('\n'))
}
