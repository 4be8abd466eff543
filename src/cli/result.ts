import type { TmuxBuilderError } from '../errors.ts'
import { redact } from '../secrets/redact.ts'
import type { Context } from '../world/world.ts'
import { oneLine, plainText } from './plain-text.ts'
import type { BuildResult } from './reporter.ts'

/** The result alone on stdout: the URL, with `--detach` the GUID, with `--json` the object; the rest on stderr. */
export function printResult(
  context: Context,
  result: BuildResult,
  how: { readonly json: boolean; readonly detached: boolean },
): void {
  if (how.json) {
    context.stdout.write(`${JSON.stringify(result)}\n`)
    return
  }
  for (const warning of result.warnings)
    context.stderr.write(`warning: ${oneLine(redact(warning))}\n`)
  if (how.detached) context.stdout.write(`${result.guid}\n`)
  else if (result.exit_code === 0 && result.url !== null) context.stdout.write(`${result.url}\n`)
}

/** Whatever ends a command otherwise: a sentence with its cure on stderr, or with `--json` one object on stdout. */
export function printError(context: Context, error: TmuxBuilderError, json: boolean): void {
  // What went wrong may quote an agent, a server or a command line.
  const message = redact(error.message)
  const hint = error.hint === undefined ? null : redact(error.hint)
  if (json) {
    const { code, exitCode } = error
    const object = { type: 'error', code, message, hint, exit_code: exitCode }
    context.stdout.write(`${JSON.stringify(object)}\n`)
    return
  }
  context.stderr.write(`tmux-builder: ${plainText(message)}\n`)
  if (hint) context.stderr.write(`  ${plainText(hint)}\n`)
}

/** A JSON object, indented for people who look. */
export function printObject(context: Context, value: unknown): void {
  context.stdout.write(
    `${JSON.stringify(value, undefined, context.stdout.isTTY ? 2 : undefined)}\n`,
  )
}

/** What a command that does one thing says when it is done. */
export function printDone(context: Context, json: boolean, object: object, text: string): void {
  if (json) printObject(context, object)
  else context.stdout.write(`${text}\n`)
}
