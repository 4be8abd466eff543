import type { Diagnosis } from '../domain/diagnosis.ts'
import type { Context } from './context.ts'
import { printObject } from './result.ts'

const marks = { good: 'ok  ', note: 'note', bad: 'BAD ' } as const

/** What was found, a line each, and what to install so that builds come back at boot. */
export function showDiagnosis(context: Context, diagnosis: Diagnosis, json: boolean): void {
  if (json) {
    printObject(context, diagnosis)
    return
  }
  for (const { check, is, message, hint } of diagnosis.findings) {
    context.stdout.write(`${marks[is]}  ${check}: ${message}\n`)
    if (hint !== null) context.stdout.write(`      ${hint}\n`)
  }
  context.stdout.write(
    `\nTo bring unfinished builds back at boot (${diagnosis.at_boot.way}):\n\n${diagnosis.at_boot.install}\n`,
  )
}
