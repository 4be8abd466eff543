import type { AppPlan } from './app-plan.ts'

/** One kind of app the demo agent can make, as the texts of its files. All client code is plain JavaScript. */
export interface AppKind {
  readonly name: string
  /** What it is called in a sentence: "a todo list". */
  readonly noun: string
  /** Words in a request that ask for this kind; the kind named first in the request is taken. */
  readonly words: RegExp
  readonly accent: string
  /** The markup inside the page's app section. Text of the user goes through `escapeHtml`. */
  markup(plan: AppPlan): string
  /** app.js after the shared beginning: only what touches the page. */
  readonly script: string
  /** logic.js: pure functions, exported. */
  readonly logic: string
  /** The body of test/logic.test.js; `logic`, `test` and `assert` are imported for it. */
  readonly logicTest: string
}
