import { Command, CommanderError } from 'commander'
import { usageError } from '../errors.ts'
import { declareBuildCommands } from './build-commands.ts'
import type { Context } from './context.ts'
import type { Act } from './declare.ts'
import { exitCodes } from './exit-codes.ts'
import { declarePromptCommands } from './prompt-commands.ts'
import { declareReadCommands } from './read-commands.ts'
import { declareRemoteCommands } from './remote-commands.ts'
import { declareSessionCommands } from './session-commands.ts'
import { declareWindowCommands } from './window-commands.ts'

export interface CliMeta {
  readonly version: string
}

/** The command line: declarations only. Each action loads its command when it runs, and resolves to the exit code. */
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
      // Told once, by whoever catches the error.
      writeErr: () => {},
    })
    .helpCommand(false)
    .showHelpAfterError(false)

  const act: Act =
    (run) =>
    async (...args) => {
      exitCode = await run(...args)
    }
  for (const declare of [
    declareBuildCommands,
    declareReadCommands,
    declareSessionCommands,
    declareRemoteCommands,
    declarePromptCommands,
    declareWindowCommands,
  ])
    declare(program, context, act)
  try {
    await program.parseAsync(argv, { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) return explainUsage(error)
    throw error
  }
  return exitCode
}

/** Help and version are answers; everything else that commander says is a usage error. */
function explainUsage(error: CommanderError): number {
  if (error.exitCode === 0) return exitCodes.ok
  if (error.code === 'commander.help')
    throw usageError('No command was given.', 'See: tmux-builder --help')
  throw usageError(
    `${error.message.replace(/^error: /, '').replace(/\n.*/s, '')}.`.replace(/\.\.$/, '.'),
    'See: tmux-builder --help',
  )
}
