/**
 * Tidies a run's place up when the run could not: interrupted, or killed. A program of its own, with the place as its
 * argument, whose stdin ends when the run does, however that ends.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { endLeftovers, type Leftover } from './leftovers.ts'

/** Ends what still runs in the place after `graceMs`, and removes the place with the disks that tests mounted in it. */
export async function clearPlace(root: string, graceMs: number): Promise<Leftover[]> {
  const found = await endLeftovers(root, graceMs)
  for (const line of readFileSync('/proc/mounts', 'utf8').split('\n')) {
    const path = line.split(' ')[1] ?? ''
    if (path.startsWith(`${root}/`)) execFileSync('umount', ['--lazy', path])
  }
  rmSync(root, { recursive: true, force: true, maxRetries: 3 })
  return found
}

if (import.meta.main && process.argv[2]) {
  for await (const _ of process.stdin);
  await clearPlace(process.argv[2], 0)
}
