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
        'Mend its rights, or set TMUX_BUILDER_HOME to a folder of yours',
      )
    case 'ENOENT':
      // What was there and went is a bug of ours; where nothing can be made it is not.
      return syscall === 'mkdir'
        ? notReady(`The folder ${place} cannot be made.`, 'Set TMUX_BUILDER_HOME to one of yours')
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

/** What may pass by itself, or when somebody mends it; a file where a folder should be is not among it. */
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

/** As `explainError`, for one who can wait until the surroundings are mended; `undefined`: waiting helps nothing. */
export function explainPassing(error: unknown): TmuxBuilderError | undefined {
  if (error instanceof TmuxBuilderError) return error
  const { code = '', syscall } = error as NodeJS.ErrnoException
  if (syscall === undefined || !passing.has(code)) return explainStoreError(error)
  return explainError(error) ?? notReady(`The system refuses ${syscall} (${code}).`)
}
