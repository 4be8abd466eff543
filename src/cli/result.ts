import type { BuildResult } from '../app/follow-build.ts'
import { redact } from '../secrets/redact.ts'
import type { Context } from './context.ts'
import { oneLine, plainText } from './plain-text.ts'

/** Prints the URL, with `--detach` the GUID or with `--json` the object on stdout, and all else on stderr. */
export function printResult(
  context: Context,
  { endedBy: _endedBy, ...result }: BuildResult,
  exitCode: number,
  how: { readonly json: boolean; readonly detached: boolean },
): void {
  if (how.json) {
    context.stdout.write(`${JSON.stringify({ ...result, exit_code: exitCode })}\n`)
    return
  }
  for (const warning of result.warnings)
    context.stderr.write(`warning: ${oneLine(redact(warning))}\n`)
  if (how.detached) context.stdout.write(`${result.guid}\n`)
  else if (exitCode === 0 && result.url !== null) context.stdout.write(`${result.url}\n`)
}

interface PrintedError {
  readonly code: string
  readonly message: string
  readonly hint?: string | undefined
  readonly exitCode: number
}

/** Prints an error and its cure on stderr, or with `--json` as one object on stdout. */
export function printError(context: Context, error: PrintedError, json: boolean): void {
  const { code, exitCode } = error
  // The message may quote an agent, a server or a command line.
  const message = redact(error.message)
  const hint = error.hint === undefined ? null : redact(error.hint)
  if (json) {
    const object = { type: 'error', code, message, hint, exit_code: exitCode }
    context.stdout.write(`${JSON.stringify(object)}\n`)
    return
  }
  context.stderr.write(`tmux-builder: ${plainText(message)}\n`)
  if (hint) context.stderr.write(`  ${plainText(hint)}\n`)
}

/** Prints a JSON object, indented on a terminal. */
export function printObject(context: Context, value: unknown): void {
  context.stdout.write(
    `${JSON.stringify(value, undefined, context.stdout.isTTY ? 2 : undefined)}\n`,
  )
}

/** Prints what a command has done, as text or with `--json` as an object. */
export function printDone(context: Context, json: boolean, object: object, text: string): void {
  if (json) printObject(context, object)
  else context.stdout.write(`${text}\n`)
}
