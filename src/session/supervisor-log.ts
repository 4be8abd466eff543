import { appendFileSync, renameSync, statSync } from 'node:fs'
import { redact } from '../secrets/redact.ts'
import type { Scope } from './scope.ts'

const maxLogBytes = 4 * 1024 * 1024

/** Adds a line to the supervisor's log, which is kept at two files of about 4 MB; returns it as it stands there. */
export function logLine({ world, paths }: Pick<Scope, 'world' | 'paths'>, line: string): string {
  const text = `${new Date(world.now()).toISOString()} ${redact(line)}\n`
  try {
    if ((statSync(paths.supervisorLog, { throwIfNoEntry: false })?.size ?? 0) > maxLogBytes)
      renameSync(paths.supervisorLog, `${paths.supervisorLog}.1`)
    appendFileSync(paths.supervisorLog, text, { mode: 0o600 })
  } catch {
    // A log that cannot be written ends no build; the supervisor's window shows the line all the same.
  }
  return text
}
