import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** Writes a file so that a reader sees the old one or the whole new one, never a part. */
export function writeFileOnce(file: string, text: string | Buffer): void {
  mkdirSync(dirname(file), { recursive: true })
  const aside = join(dirname(file), `.${basename(file)}.${process.pid}.tmp`)
  const handle = openSync(aside, 'w', 0o600)
  try {
    writeFileSync(handle, text)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  renameSync(aside, file)
}
