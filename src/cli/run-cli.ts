import { Command, CommanderError, Help, Option } from 'commander'
import { variableOf } from '../app/option-row.ts'
import { usageError } from '../errors.ts'
import { type CommandOption, type CommandRow, optionsOf } from './command-row.ts'
import { commandGroups, commands } from './commands.ts'
import type { Context } from './context.ts'
import { exitCodes } from './exit-codes.ts'

export interface CliMeta {
  readonly version: string
}

/** Builds the command line from the tables, parses it and runs one command; resolves to the exit code. */
export async function runCli(
  argv: readonly string[],
  context: Context,
  meta: CliMeta,
): Promise<number> {
  let exitCode: number = exitCodes.ok
  const program = new Command('tmux-builder')
    .description(
      'From one request to a live, verified web address: runs an AI coding agent in tmux.',
    )
    .version(meta.version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void context.stdout.write(text),
      // The caller of runCli prints the error, once.
      writeErr: () => {},
      getOutHelpWidth: () => context.stdout.columns || 80,
    })
    .configureHelp({ optionDescription: describeOption })
    .helpCommand(false)
    .showHelpAfterError(false)
  for (const row of commands)
    addCommand(program, row, async (args, options) => {
      exitCode = await row.run({ context, args, options })
    })
  try {
    await program.parseAsync(argv, { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) return explainUsage(error)
    throw error
  }
  return exitCode
}

type Act = (args: object, options: object) => Promise<void>

function addCommand(program: Command, row: CommandRow, act: Act): void {
  const [name = '', group] = row.name.split(' ').toReversed()
  const parent = group === undefined ? program : groupOf(program, group)
  const command = parent.command(name, { hidden: row.isHidden === true })
  command.description(row.description)
  for (const [term, help] of Object.entries(row.arguments ?? {})) command.argument(term, help)
  const declared: (readonly [name: string, attribute: string])[] = []
  // The hook runs for each command of the parent, before that command reads its options or shows its help.
  parent.hook('preSubcommand', async (_parent, named) => {
    if (named !== command) return
    for (const [key, one] of Object.entries(await optionsOf(row))) {
      const option = toOption(one)
      command.addOption(option)
      declared.push([key, option.attributeName()])
    }
  })
  command.action(async () => {
    const args = command.registeredArguments.map((one, at) => [
      one.name(),
      command.processedArgs[at],
    ])
    const given = declared
      .filter(([, attribute]) => command.getOptionValueSource(attribute) === 'cli')
      .map(([key, attribute]) => [key, command.getOptionValue(attribute)])
    await act(Object.fromEntries(args), Object.fromEntries(given))
  })
}

const groupOf = (program: Command, name: string): Command =>
  program.commands.find((one) => one.name() === name) ??
  program
    .command(name)
    .description(commandGroups[name] ?? '')
    .helpCommand(false)

class RowOption extends Option {
  readonly variable: string | undefined

  constructor(row: CommandOption) {
    super(row.flag, row.isList ? `${row.help}; repeatable` : row.help)
    this.variable = row.key === undefined ? undefined : variableOf({ key: row.key })
  }
}

function toOption(row: CommandOption): Option {
  const option = new RowOption(row)
  if (row.choices) option.choices(row.choices)
  const shown = row.default ?? row.defaultText
  if (shown !== undefined) option.default(shown, shown)
  if (row.group !== undefined) option.helpGroup(row.group)
  if (row.isRequired) option.makeOptionMandatory()
  // It replaces the parser of `choices`, so that a wrong flag and a wrong variable give the same error.
  const parse = (text: string) => parseValue(row, text, option.long ?? '')
  if (row.isList)
    option.argParser((text, before: unknown) => [
      ...(Array.isArray(before) ? before : []),
      parse(text),
    ])
  else option.argParser(parse)
  return option
}

function parseValue({ parse, choices }: CommandOption, text: string, flag: string): unknown {
  if (parse) return parse(text, flag)
  if (choices && !choices.includes(text))
    throw usageError(
      `Unknown ${flag.replace(/^--/, '')}: ${JSON.stringify(text)}.`,
      `Choose one of: ${choices.join(', ')}`,
    )
  return text
}

/** Adds the variable late: with `env` from the start, commander would read `process.env` itself. */
function describeOption(option: Option): string {
  const shown = Object.create(option) as Option
  if (option instanceof RowOption && option.variable !== undefined) shown.env(option.variable)
  return new Help().optionDescription(shown)
}

/** Help and version end with 0; all other errors of commander are usage errors. */
function explainUsage(error: CommanderError): number {
  if (error.exitCode === 0) return exitCodes.ok
  if (error.code === 'commander.help')
    throw usageError('No command was given.', 'See: tmux-builder --help')
  throw usageError(
    `${error.message.replace(/^error: /, '').replace(/\n.*/s, '')}.`.replace(/\.\.$/, '.'),
    'See: tmux-builder --help',
  )
}
