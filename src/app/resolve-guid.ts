import { exitCodes, TmuxBuilderError } from '../errors.ts'
import type { Context } from '../world/world.ts'
import { openSession } from './open.ts'

/** As everywhere; a whole GUID also where its session was deleted here: its stack and its tags are enough. */
export function resolveGuid(context: Context, guidOrPrefix: string): string {
  try {
    return openSession(context, guidOrPrefix).guid
  } catch (error) {
    const isUnknown =
      error instanceof TmuxBuilderError && error.exitCode === exitCodes.noSuchSession
    if (isUnknown && /^[0-9a-f]{64}$/.test(guidOrPrefix)) return guidOrPrefix
    throw error
  }
}
