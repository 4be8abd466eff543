import { writeFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import type { Reporter, SerializedError, TestCase, TestModule } from 'vitest/node'

/**
 * Names every skipped and every failed test at the end, and prints `N passed, N failed, N skipped` as the very last line.
 * `TEST_SUMMARY_FILE` gets that line first and what failed below it: a long run's own output may be cut.
 */
export default class SummaryReporter implements Reporter {
  readonly #counts = { passed: 0, failed: 0, skipped: 0 }
  readonly #skipped: string[] = []
  readonly #failed: string[] = []

  constructor() {
    process.once('exit', (code) => this.#printLast(code))
  }

  onTestCaseResult(test: TestCase) {
    const result = test.result()
    if (result.state === 'pending') return
    this.#counts[result.state]++
    const name = `[${test.project.name}] ${test.module.relativeModuleId} > ${test.fullName}`
    if (result.state === 'skipped') {
      const note = result.note ?? (test.options.mode === 'todo' ? 'todo' : 'no reason given')
      this.#skipped.push(`SKIPPED ${name}: ${note}`)
    }
    if (result.state === 'failed') this.#addFailure(name, result.errors)
  }

  onTestModuleEnd(module: TestModule) {
    // A file that could not be loaded has no tests that could fail.
    const errors = module.errors()
    if (errors.length === 0) return
    this.#counts.failed++
    this.#addFailure(`[${module.project.name}] ${module.relativeModuleId}`, errors)
  }

  onTestRunEnd(_modules: readonly TestModule[], unhandled: readonly SerializedError[]) {
    if (unhandled.length > 0) this.#addFailure('what no test owns', unhandled)
    for (const lines of [this.#skipped, this.#failed])
      if (lines.length > 0) console.log(`\n${lines.join('\n')}`)
  }

  #addFailure(name: string, errors: readonly SerializedError[]) {
    const told = errors.map(({ message, diff, stack }) => [message, diff, placeOf(stack)])
    const text = stripVTControlCharacters(told.flat().filter(Boolean).join('\n'))
    const lines = text.split('\n').slice(0, 60)
    this.#failed.push([`FAILED ${name}`, ...lines].join('\n    '))
  }

  #printLast(exitCode: number) {
    const { passed, skipped } = this.#counts
    // Vitest also fails for what no test owns: an unhandled rejection, a teardown, no tests at all.
    const failed = exitCode === 0 ? this.#counts.failed : Math.max(1, this.#counts.failed)
    if (failed > 0 && this.#failed.length === 0)
      this.#failed.push(
        `FAILED what no test owns: exit code ${exitCode}, its reason is in the output`,
      )
    const line = `${passed} passed, ${failed} failed, ${skipped} skipped\n`
    process.stdout.write(`\n${line}`)
    const { TEST_SUMMARY_FILE: file } = process.env
    if (file) writeFileSync(file, `${line}${this.#failed.map((told) => `${told}\n`).join('')}`)
  }
}

/** The first place of a stack that is in our own tests. */
function placeOf(stack = '') {
  return stack.split('\n').find((line) => /^\s*at .*\/test\//.test(line))
}
