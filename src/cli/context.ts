import type { Readable, Writable } from 'node:stream'
import type { World } from '../world/world.ts'

export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number }

/** The outside world of a command line, with its three streams. */
export interface Context extends World {
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly stdout: Output
  readonly stderr: Output
}
