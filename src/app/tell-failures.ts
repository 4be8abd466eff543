import { TmuxBuilderError } from '../errors.ts'

export interface Failure {
  /** Of what it is: a session, a place. */
  readonly name: string
  readonly error: TmuxBuilderError
}

/** What failed in some of many, in one error, with the code that all of them have, else 5; `undefined`: nothing. */
export function tellFailures(
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
