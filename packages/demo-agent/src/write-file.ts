import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** Writes a file so that a reader sees the old one or the whole new one, never a part. */
export function writeFileOnce(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true })
  const aside = join(dirname(file), `.${basename(file)}.${process.pid}.tmp`)
  writeFileSync(aside, text, { mode: 0o600, flush: true })
  renameSync(aside, file)
}
