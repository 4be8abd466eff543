/** One setting of a build: all that the command line, the environment, config.yaml and the help need to know. */
export interface OptionRow {
  readonly flag: `--${string} <${string}>`
  /** The key of config.yaml; `variableOf` makes the variable’s name from it. */
  readonly key: string
  /** Parses the text of any source, or throws a usage error with a cure; `name` is the flag, for that error. */
  readonly parse: (text: string, name: string) => unknown
  readonly help: string
  /** The heading in the help. */
  readonly group: string
  /** Parsed like any other value. */
  readonly default?: string
  /** Shown in the help when the default depends on more than the option and is chosen where it is used. */
  readonly defaultText?: string
  readonly choices?: readonly string[]
  /** The flag may be repeated; a variable separates the values by commas; config.yaml has a list. */
  readonly isList?: true
}

export type OptionTable = Readonly<Record<string, OptionRow>>

export const variableOf = ({ key }: Pick<OptionRow, 'key'>): string =>
  `TMUX_BUILDER_${key.toUpperCase()}`

type Parsed<R extends OptionRow> = R extends { readonly isList: true }
  ? readonly ReturnType<R['parse']>[]
  : ReturnType<R['parse']>

/** Values that the caller chose, by the table’s names. */
export type GivenValues<T extends OptionTable> = {
  readonly [N in keyof T]?: Parsed<T[N]> | undefined
}

/** Every option of the table with its value; `null` when it was not chosen and its row has no default. */
export type OptionValues<T extends OptionTable> = {
  readonly [N in keyof T]: T[N] extends { readonly isList: true } | { readonly default: string }
    ? Parsed<T[N]>
    : Parsed<T[N]> | null
}
