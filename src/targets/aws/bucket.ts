import {
  DeleteBucketCommand,
  DeleteObjectsCommand,
  HeadBucketCommand,
  ListObjectVersionsCommand,
  type S3ServiceException,
} from '@aws-sdk/client-s3'
import type { Account } from './account.ts'
import { isNamed } from './aws-errors.ts'

/** Empties a bucket of this account, old versions too, and deletes it. One that is gone already is fine. */
export async function deleteBucket(account: Account, bucket: string): Promise<void> {
  // Somebody else's of that name is never touched.
  const target = { Bucket: bucket, ExpectedBucketOwner: account.id }
  try {
    for (;;) {
      await account.requireFresh()
      const page = await account.s3.send(new ListObjectVersionsCommand(target))
      const found = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].flatMap(
        ({ Key, VersionId }) => (Key === undefined ? [] : [{ Key, VersionId }]),
      )
      if (found.length === 0) break
      const { Errors = [] } = await account.s3.send(
        new DeleteObjectsCommand({ ...target, Delete: { Objects: found, Quiet: true } }),
      )
      const [first] = Errors
      if (first) throw Object.assign(new Error(first.Message), { name: first.Code, $metadata: {} })
    }
    await account.s3.send(new DeleteBucketCommand(target))
  } catch (error) {
    if (!isNamed(error, 'NoSuchBucket')) throw error
  }
}

/** Is there a bucket of this account with that name? One that may not be looked at is believed. */
export async function hasBucket(account: Account, bucket: string): Promise<boolean> {
  try {
    await account.s3.send(
      new HeadBucketCommand({ Bucket: bucket, ExpectedBucketOwner: account.id }),
    )
    return true
  } catch (error) {
    // An answer to HEAD has no body, and so no code.
    const status = (error as S3ServiceException).$metadata?.httpStatusCode
    if (status === 404) return false
    if (status === 403) return true
    throw error
  }
}
