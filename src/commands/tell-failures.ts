import { exitCodes, TmuxBuilderError } from '../errors.ts'

export interface SessionFailure {
  readonly guid: string
  readonly error: TmuxBuilderError
}

/** What failed in some of the sessions, in one error, with the code that all of them have, else 5; `undefined`: nothing. */
export function tellFailures(
  failures: readonly SessionFailure[],
  what: string,
  again: string,
): TmuxBuilderError | undefined {
  const [first, ...others] = failures.map(({ error }) => error)
  if (!first) return undefined
  const agrees = others.every((one) => one.exitCode === first.exitCode)
  return new TmuxBuilderError(
    agrees ? first.code : 'not_ready',
    agrees ? first.exitCode : exitCodes.notReady,
    [
      `${failures.length} of the sessions could not be ${what}:`,
      ...failures.map(({ guid, error }) =>
        [`${guid.slice(0, 12)}: ${error.message}`, error.hint ?? ''].join(' ').trim(),
      ),
    ].join('\n'),
    `Then run again: ${again}`,
  )
}
