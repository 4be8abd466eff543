import { notReady, TmuxBuilderError } from '../errors.ts'
import { explainStoreError } from '../store/database.ts'

/** Explains a failure of the machine (a full disk, missing rights) with a cure; `undefined` for a bug. */
export function explainError(error: unknown): TmuxBuilderError | undefined {
  if (error instanceof TmuxBuilderError) return error
  const store = explainStoreError(error)
  if (store) return store
  const { code, path, dest, syscall } = error as NodeJS.ErrnoException & { dest?: string }
  // When a rename fails, the destination is what blocks it.
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
      // A file that vanished is a bug; a folder that cannot be created is the machine's problem.
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

/** Failures that may end without a restart: the disk gets space again, or a user fixes the permissions. */
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

/** Like `explainError`, for a caller that can wait; `undefined` when waiting does not help. */
export function explainPassing(error: unknown): TmuxBuilderError | undefined {
  if (error instanceof TmuxBuilderError) return error
  const { code = '', syscall } = error as NodeJS.ErrnoException
  if (syscall === undefined || !passing.has(code)) return explainStoreError(error)
  return explainError(error) ?? notReady(`The system refuses ${syscall} (${code}).`)
}
