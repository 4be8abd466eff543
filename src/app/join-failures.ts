import { TmuxBuilderError } from '../errors.ts'

/** Why one of many could not be done: the session or place by name, and its error. */
export interface Failure {
  readonly name: string
  readonly error: TmuxBuilderError
}

/**
 * Joins the failures into one error, so that a command that goes through many can report all of them. Its
 * reason is the one that they share, or else `not_ready`. `undefined` when nothing failed.
 */
export function joinFailures(
  failures: readonly Failure[],
  what: string,
  again: string,
): TmuxBuilderError | undefined {
  const [first, ...others] = failures.map(({ error }) => error)
  if (!first) return undefined
  const agrees = others.every((one) => one.reason === first.reason)
  return new TmuxBuilderError(
    agrees ? first.reason : 'not_ready',
    [
      `${failures.length} of the ${what}:`,
      ...failures.map(({ name, error }) =>
        [`${name}: ${error.message}`, error.hint ?? ''].join(' ').trim(),
      ),
    ].join('\n'),
    `Then run again: ${again}`,
  )
}
