import { writeFileSync } from 'node:fs'
import type { Reporter, TestCase, TestModule } from 'vitest/node'

/** Names every skipped test, and prints `N passed, N failed, N skipped` as the very last line. */
export default class SummaryReporter implements Reporter {
  readonly #counts = { passed: 0, failed: 0, skipped: 0 }
  readonly #skipped: string[] = []

  constructor() {
    process.once('exit', (code) => this.#printLast(code))
  }

  onTestCaseResult(test: TestCase) {
    const result = test.result()
    if (result.state === 'pending') return
    this.#counts[result.state]++
    if (result.state !== 'skipped') return
    const note = result.note ?? (test.options.mode === 'todo' ? 'todo' : 'no reason given')
    this.#skipped.push(`SKIPPED [${test.project.name}] ${test.fullName}: ${note}`)
  }

  onTestModuleEnd(module: TestModule) {
    // A file that could not be loaded has no tests that could fail.
    if (module.errors().length > 0) this.#counts.failed++
  }

  onTestRunEnd() {
    if (this.#skipped.length > 0) console.log(`\n${this.#skipped.join('\n')}`)
  }

  #printLast(exitCode: number) {
    const { passed, skipped } = this.#counts
    // Vitest also fails for what no test owns: an unhandled rejection, a teardown, no tests at all.
    const failed = exitCode === 0 ? this.#counts.failed : Math.max(1, this.#counts.failed)
    const line = `${passed} passed, ${failed} failed, ${skipped} skipped\n`
    process.stdout.write(`\n${line}`)
    const { TEST_SUMMARY_FILE: file } = process.env
    if (file) writeFileSync(file, line)
  }
}
