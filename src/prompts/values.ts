/** What a variable can be: text, as far as a template is concerned. */
export type PromptValue = string | number | boolean
export type PromptValues = Readonly<Record<string, PromptValue | undefined>>

/** Names that a variable may have; what every object inherits (`constructor` …) is none. */
export function isVariableName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !(name in Object.prototype)
}
