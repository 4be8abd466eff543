import { readdirSync, readFileSync } from 'node:fs'
import { readProcessStat } from '../../src/session/processes.ts'

/** A living process. */
export interface FoundProcess {
  readonly pid: number
  readonly argv: readonly string[]
  /** What it was started with, one `NAME=value` an entry; empty where it is another user's. */
  readonly environment: readonly string[]
}

/**
 * The living processes that `fits` takes. A child that was forked and has not yet executed its own program shows the
 * command line and the environment of its parent: it is not one of them, or one agent would sometimes be counted twice.
 */
export function findProcesses(fits: (found: FoundProcess) => boolean): FoundProcess[] {
  const found = readdirSync('/proc')
    .map(Number)
    .filter(Number.isInteger)
    .map((pid) => ({
      pid,
      argv: readWords(pid, 'cmdline'),
      get environment() {
        return readWords(pid, 'environ')
      },
    }))
    .filter(({ argv }) => argv.length > 0) // a zombie has none
    .filter(fits)
  const lineOf = new Map(found.map(({ pid, argv }) => [pid, argv.join('\0')]))
  return found.filter(({ pid }) => {
    const parent = readProcessStat(pid)?.parent
    return parent !== undefined && lineOf.get(parent) !== lineOf.get(pid)
  })
}

function readWords(pid: number, file: 'cmdline' | 'environ'): string[] {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0').slice(0, -1)
  } catch {
    return [] // gone meanwhile
  }
}
