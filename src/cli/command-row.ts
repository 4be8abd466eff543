import type { App } from '../app/open-app.ts'
import type { Context } from './context.ts'

/** An option of a command: a row of the options table, or one that only this command has. */
export interface CommandOption {
  /** As commander reads it: `--watch`, `-f, --follow`, `--state <state>`. */
  readonly flag: string
  readonly help: string
  /** Without it a value stays text. */
  readonly parse?: (text: string, name: string) => unknown
  /** May be repeated. */
  readonly isList?: true
  readonly isRequired?: true
  readonly choices?: readonly string[]
  /** Shown in the help and never given to the command: where the option is used it is known anyway. */
  readonly default?: string
  readonly defaultText?: string
  /** Of config.yaml; the help shows the variable. */
  readonly key?: string
  readonly group?: string
}

type CommandOptions = Readonly<Record<string, CommandOption>>
type Arguments = Readonly<Record<`<${string}>` | `[${string}]`, string>>

type Parsed<O> = O extends { readonly parse: (...args: never) => infer T } ? T : string
type ValueOf<O extends CommandOption> = O['flag'] extends `${string}<${string}>`
  ? O extends { readonly isList: true }
    ? readonly Parsed<O>[]
    : Parsed<O>
  : boolean
type RequiredNames<O extends CommandOptions> = {
  [N in keyof O]: O[N] extends { readonly isRequired: true } ? N : never
}[keyof O]

/** Only what was on the command line, parsed: no variable, no default. */
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
  /** With a space where it belongs to a group: `prompts list`. */
  readonly name: string
  readonly description: string
  /** With what they mean, in their order; `[…]` may be left out. */
  readonly arguments?: A
  /** Loaded when the command is named: the parsers of a build’s settings are nothing that `--version` needs. */
  readonly options?: O | (() => Promise<O>)
  /** For the program’s own windows, not for people. */
  readonly isHidden?: true
  /** Loads the command only when it runs; resolves to the exit code. */
  readonly run: (input: I) => Promise<number>
}

/** A row as the parser needs it: the types of its input have been checked where it was written. */
export type CommandRow = Row<Arguments, CommandOptions, Input>

export const optionsOf = async ({ options = {} }: CommandRow): Promise<CommandOptions> =>
  typeof options === 'function' ? await options() : options

export function command<const A extends Arguments, const O extends CommandOptions>(
  row: Row<A, O, Input<GivenArguments<A>, GivenOptions<O>>>,
): CommandRow {
  return row as unknown as CommandRow
}

/** A command that works in the home: it is opened before the command and closed however the command ends. */
export function homeCommand<const A extends Arguments, const O extends CommandOptions>(
  row: Row<A, O, HomeInput<GivenArguments<A>, GivenOptions<O>>> & {
    /** Makes the home where it is absent. Otherwise an absent one reads as empty. */
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
