import { notReady, TmuxBuilderError } from '../errors.ts'
import { explainStoreError } from '../store/database.ts'

/** What the surroundings may do to us, in a sentence; `undefined`: a bug. */
export function explainError(error: unknown): TmuxBuilderError | undefined {
  if (error instanceof TmuxBuilderError) return error
  const store = explainStoreError(error)
  if (store) return store
  const { code, path, dest, syscall } = error as NodeJS.ErrnoException & { dest?: string }
  // Of a rename it is the destination that is in the way.
  const place = dest ?? path ?? 'a file'
  switch (syscall && code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return notReady(
        `The disk is full: ${place} cannot be written.`,
        'Free some space, then try again',
      )
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return notReady(
        `${place} cannot be written (${code}).`,
        'Fix its permissions, or set TMUX_BUILDER_HOME to a folder that you own',
      )
    case 'ENOENT':
      // What was there and went is a bug of ours; where nothing can be made it is not.
      return syscall === 'mkdir'
        ? notReady(
            `The folder ${place} cannot be created.`,
            'Set TMUX_BUILDER_HOME to a folder that you own',
          )
        : undefined
    case 'ENOTDIR':
    case 'EEXIST':
      return notReady(`${place} is not a folder.`, 'Move it away, or set TMUX_BUILDER_HOME')
    case 'EISDIR':
      return notReady(`${place} is a folder.`, 'Move it away, then try again')
    case 'ENAMETOOLONG':
      return notReady(`The path is too long: ${place}.`, 'Set TMUX_BUILDER_HOME to a shorter one')
    default:
      return undefined
  }
}

/** Failures that may pass by themselves, or that somebody may fix; a file where a folder should be is not among it. */
const passing = new Set([
  'EACCES',
  'EAGAIN',
  'EDQUOT',
  'EIO',
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'ENOSPC',
  'EPERM',
  'EROFS',
  'ESTALE',
])

/** As `explainError`, for a caller that can wait until the cause is gone; `undefined`: waiting does not help. */
export function explainPassing(error: unknown): TmuxBuilderError | undefined {
  if (error instanceof TmuxBuilderError) return error
  const { code = '', syscall } = error as NodeJS.ErrnoException
  if (syscall === undefined || !passing.has(code)) return explainStoreError(error)
  return explainError(error) ?? notReady(`The system refuses ${syscall} (${code}).`)
}
