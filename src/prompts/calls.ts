import { shellQuote } from '../world/shell-quote.ts'
import type { PromptValue } from './values.ts'

/** All that a template can call. Handlebars' own `log`, `lookup`, `each` and `with` are not among them. */
export const helpers = {
  eq: (left: PromptValue, right: PromptValue) => left === right,
  quote: (value: PromptValue) => shellQuote(String(value)),
}

export const helperNames: ReadonlySet<string> = new Set(['if', 'unless', ...Object.keys(helpers)])

/** No escaping, no indenting of what a partial prints: values come through byte for byte. */
export const compileOptions = {
  noEscape: true,
  preventIndent: true,
  strict: true,
  knownHelpersOnly: true,
  knownHelpers: Object.fromEntries(
    [...helperNames, 'each', 'with', 'log', 'lookup'].map((name) => [name, helperNames.has(name)]),
  ),
}
