import { accessSync, constants, statfsSync } from 'node:fs'

/** Less than the records need to take one more event. */
const leastBytes = 16 * 1024

/** Why nothing can be written to that folder now, in a sentence. */
export function findWriteProblem(folder: string): string | undefined {
  try {
    accessSync(folder, constants.W_OK)
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize < leastBytes
      ? `The disk is full: ${folder} cannot be written.`
      : undefined
  } catch (error) {
    return `${folder} cannot be written (${(error as NodeJS.ErrnoException).code}).`
  }
}
