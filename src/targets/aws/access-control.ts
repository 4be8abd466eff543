import {
  CreateOriginAccessControlCommand,
  DeleteOriginAccessControlCommand,
  GetOriginAccessControlCommand,
  ListOriginAccessControlsCommand,
} from '@aws-sdk/client-cloudfront'
import { notReady } from '../../errors.ts'
import type { Account } from './account.ts'
import { isNamed } from './aws-errors.ts'

/** All sites of an account share one origin access control, because an account may have only 100. */
export const accessControlName = 'tmux-builder'

export async function findAccessControl(account: Account): Promise<string | undefined> {
  for (let marker: string | undefined; ; ) {
    const { OriginAccessControlList: page } = await account.cloudFront.send(
      new ListOriginAccessControlsCommand(marker === undefined ? {} : { Marker: marker }),
    )
    const found = page?.Items?.find((one) => one.Name === accessControlName)
    if (found?.Id) return found.Id
    if (!page?.IsTruncated || !page.NextMarker) return undefined
    marker = page.NextMarker
  }
}

/** CloudFront lists a new access control some seconds late. */
const listPauseMs = 1_000
const maxPauses = 10

/** The id of the shared access control, which is created if there is none. */
export async function ensureAccessControl(account: Account): Promise<string> {
  for (let pauses = 0; ; pauses++) {
    const found = await findAccessControl(account)
    if (found !== undefined) return found
    try {
      const made = await account.cloudFront.send(
        new CreateOriginAccessControlCommand({
          OriginAccessControlConfig: {
            Name: accessControlName,
            Description: 'Sites of tmux-builder',
            OriginAccessControlOriginType: 's3',
            SigningBehavior: 'always',
            SigningProtocol: 'sigv4',
          },
        }),
      )
      return made.OriginAccessControl?.Id ?? ''
    } catch (error) {
      if (!isNamed(error, 'OriginAccessControlAlreadyExists')) throw error
      if (pauses === maxPauses)
        throw notReady(
          `CloudFront says that the access control ${accessControlName} exists, but does not list it.`,
          'Run the same command again in a minute to continue',
        )
      await account.pause(listPauseMs)
    }
  }
}

/** Deletes the shared access control. `false`: another site still uses it, so it stays. */
export async function deleteUnusedAccessControl(account: Account): Promise<boolean> {
  const id = await findAccessControl(account)
  if (id === undefined) return true
  try {
    const { ETag } = await account.cloudFront.send(new GetOriginAccessControlCommand({ Id: id }))
    await account.cloudFront.send(
      new DeleteOriginAccessControlCommand({ Id: id, ...(ETag ? { IfMatch: ETag } : {}) }),
    )
    return true
  } catch (error) {
    if (isNamed(error, 'NoSuchOriginAccessControl')) return true
    if (isNamed(error, 'OriginAccessControlInUse')) return false
    throw error
  }
}
