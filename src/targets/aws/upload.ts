import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CopyObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3'
import { cacheControlOf, contentTypeOf, isPage, markerPath, type SiteFile } from '../site-files.ts'
import type { Account } from './account.ts'

const parallel = 6

type Placement = [key: string, file: SiteFile]

export interface Uploaded {
  readonly uploaded: number
  /** Files that the live release has too, which were copied inside S3. */
  readonly copied: number
  /** Files that an earlier run had already put there. */
  readonly kept: number
}

/** The release's marker. It is public, so it holds nothing that leads to the session. */
const renderMarker = (release: string, index: string) =>
  `${JSON.stringify({ release, index_sha256: index })}\n`

/**
 * Uploads a release below its own prefix, which is not served yet: assets, then pages, then the marker. Files
 * that are already there are skipped, so a second run continues after an interruption.
 */
export async function uploadRelease(
  account: Account,
  bucket: string,
  folder: string,
  files: readonly SiteFile[],
  release: string,
  before: string,
  index: string,
): Promise<Uploaded> {
  const there = await listObjects(account, bucket, release)
  const old =
    before === 'none' || before === release ? new Map() : await listObjects(account, bucket, before)
  const counts = { uploaded: 0, copied: 0, kept: 0 }
  const place = async (key: string, file: SiteFile) => {
    if (there.get(key) === file.md5) return void counts.kept++
    const target = {
      Bucket: bucket,
      Key: `${release}/${key}`,
      ContentType: contentTypeOf(file.path),
      CacheControl: cacheControlOf(file.path),
    }
    if (old.get(file.path) === file.md5 && key === file.path) {
      await account.s3.send(
        new CopyObjectCommand({
          ...target,
          // The metadata is replaced, because an older version of this program may have set other values.
          MetadataDirective: 'REPLACE',
          CopySource: encodeURI(`${bucket}/${before}/${file.path}`)
            .replaceAll('?', '%3F')
            .replaceAll('+', '%2B')
            .replaceAll('#', '%23'),
        }),
      )
      return void counts.copied++
    }
    await account.s3.send(
      new PutObjectCommand({ ...target, Body: await readFile(join(folder, file.path)) }),
    )
    counts.uploaded++
  }
  const paths = new Set(files.map((file) => file.path))
  const placements = files.flatMap((file): Placement[] => {
    // The edge turns `/about` into `about/index.html`, so `about.html` is uploaded there too.
    const folderPage = file.path.replace(/\.html$/, '/index.html')
    const isAlone = file.path.endsWith('.html') && !/(^|\/)(index|404)\.html$/.test(file.path)
    return isAlone && !paths.has(folderPage)
      ? [
          [file.path, file],
          [folderPage, file],
        ]
      : [[file.path, file]]
  })
  await account.requireFresh()
  await eachOf(
    placements.filter(([key]) => !isPage(key)),
    place,
  )
  await account.requireFresh()
  await eachOf(
    placements.filter(([key]) => isPage(key)),
    place,
  )
  await account.s3.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: `${release}/${markerPath}`,
      Body: renderMarker(release, index),
      ContentType: 'application/json',
      CacheControl: 'no-cache',
    }),
  )
  return counts
}

/** Places several files at a time. After a failure no other is begun, and those in progress are waited for. */
async function eachOf(
  placements: readonly Placement[],
  place: (...placement: Placement) => Promise<void>,
): Promise<void> {
  // All loops share one generator: an error that leaves one loop ends the generator for the others.
  const waiting = (function* () {
    yield* placements
  })()
  const work = async () => {
    for (const placement of waiting) await place(...placement)
  }
  const ended = await Promise.allSettled(Array.from({ length: parallel }, work))
  for (const one of ended) if (one.status === 'rejected') throw one.reason
}

/** Maps each path below the prefix to its ETag, which is the MD5 of an object that was uploaded in one part. */
async function listObjects(
  account: Account,
  bucket: string,
  prefix: string,
): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (let token: string | undefined; ; ) {
    const page = await account.s3.send(
      new ListObjectsV2Command({
        Bucket: bucket,
        Prefix: `${prefix}/`,
        ...(token === undefined ? {} : { ContinuationToken: token }),
      }),
    )
    for (const { Key = '', ETag = '' } of page.Contents ?? [])
      found.set(Key.slice(prefix.length + 1), ETag.replaceAll('"', ''))
    if (!page.IsTruncated || !page.NextContinuationToken) return found
    token = page.NextContinuationToken
  }
}
