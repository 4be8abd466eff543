import type { App } from '../app/open-app.ts'
import type { Context } from './context.ts'

/** An option of a command: a row of the options table, or one that only this command has. */
export interface CommandOption {
  /** As commander reads it: `--watch`, `-f, --follow`, `--state <state>`. */
  readonly flag: string
  readonly help: string
  /** Without a parser the value stays text. */
  readonly parse?: (text: string, name: string) => unknown
  /** May be repeated. */
  readonly isList?: true
  readonly isRequired?: true
  readonly choices?: readonly string[]
  /** Shown in the help and never passed to the command, because the code that uses the option has it too. */
  readonly default?: string
  readonly defaultText?: string
  /** The key of config.yaml; the help shows the variable. */
  readonly key?: string
  readonly group?: string
}

type CommandOptions = Readonly<Record<string, CommandOption>>
type Arguments = Readonly<Record<`<${string}>` | `[${string}]`, string>>

type Parsed<O> = O extends { readonly parse: (...args: never) => infer T }
  ? T
  : O extends { readonly choices: readonly (infer C)[] }
    ? C
    : string
type ValueOf<O extends CommandOption> = O['flag'] extends `${string}<${string}>`
  ? O extends { readonly isList: true }
    ? readonly Parsed<O>[]
    : Parsed<O>
  : boolean
type RequiredNames<O extends CommandOptions> = {
  [N in keyof O]: O[N] extends { readonly isRequired: true } ? N : never
}[keyof O]

/** Only what was on the command line, parsed: variables and defaults are not in it. */
type GivenOptions<O extends CommandOptions> = {
  readonly [N in Exclude<keyof O, RequiredNames<O>>]?: ValueOf<O[N]>
} & { readonly [N in RequiredNames<O>]: ValueOf<O[N]> }

type GivenArguments<A extends Arguments> = {
  readonly [N in keyof A as N extends `<${infer Name}>` ? Name : never]: string
} & { readonly [N in keyof A as N extends `[${infer Name}]` ? Name : never]?: string }

/** What an action is called with. */
export interface Input<Args = object, Options = object> {
  readonly context: Context
  readonly args: Args
  readonly options: Options
}

/** What an action of a command that works in the home is called with. */
export interface HomeInput<Args = object, Options = object> extends Input<Args, Options> {
  readonly app: App
}

interface Row<A extends Arguments, O extends CommandOptions, I> {
  /** The name; for a command of a group with the group first, as in `prompts list`. */
  readonly name: string
  readonly description: string
  /** The arguments in their order, with what they mean; `[…]` may be left out. */
  readonly arguments?: A
  /** A function loads them when the command is named, because `--version` does not need the parsers of a build. */
  readonly options?: O | (() => Promise<O>)
  /** Set for commands that the session’s own panes run, not people. */
  readonly isHidden?: true
  /** Loads the command only when it runs; resolves to the exit code. */
  readonly run: (input: I) => Promise<number>
}

/** A row as the parser needs it; the types of its input were checked where it was written. */
export type CommandRow = Row<Arguments, CommandOptions, Input>

export const optionsOf = async ({ options = {} }: CommandRow): Promise<CommandOptions> =>
  typeof options === 'function' ? await options() : options

export function command<const A extends Arguments, const O extends CommandOptions>(
  row: Row<A, O, Input<GivenArguments<A>, GivenOptions<O>>>,
): CommandRow {
  return row as unknown as CommandRow
}

/** A command that works in the home: it is opened before the command, and closed however the command ends. */
export function homeCommand<const A extends Arguments, const O extends CommandOptions>(
  row: Row<A, O, HomeInput<GivenArguments<A>, GivenOptions<O>>> & {
    /** Creates an absent home. Otherwise an absent home reads as empty. */
    readonly createsHome?: true
  },
): CommandRow {
  const create = row.createsHome === true
  return command<A, O>({
    ...row,
    run: (input) => withApp(input.context, { create }, (app) => row.run({ ...input, app })),
  })
}

export async function withApp<T>(
  context: Context,
  options: { readonly create: boolean },
  use: (app: App) => Promise<T>,
): Promise<T> {
  const { openApp } = await import('../app/open-app.ts')
  const app = await openApp(context, options)
  try {
    return await use(app)
  } finally {
    app.close()
  }
}
