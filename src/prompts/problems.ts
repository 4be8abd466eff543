import { type TmuxBuilderError, usageError } from '../errors.ts'

/** What is wrong with one file of the templates, or with what was given to it. */
export interface Problem {
  /** The file to look into; `undefined` when what was given is wrong, not a file. */
  readonly file: string | undefined
  readonly what: string
}

const asLine = ({ file, what }: Problem) => (file === undefined ? what : `${file}: ${what}`)

/** One error that names every problem, so that nobody has to mend them one run at a time. */
export function problemsError(problems: readonly Problem[], hint?: string): TmuxBuilderError {
  const lines = [...new Set(problems.map(asLine))]
  const message =
    lines.length === 1
      ? `No prompt can be made: ${lines[0]}`
      : `No prompt can be made, ${lines.length} problems:\n${lines.map((line) => `  ${line}`).join('\n')}`
  return usageError(message, hint)
}
