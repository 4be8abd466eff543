import { Command, CommanderError, Option } from 'commander'
import type { Context } from './context.ts'
import { exitCodes, usageError } from './errors.ts'

export interface CliMeta {
  readonly version: string
}

type Flags = Record<string, unknown>

const collect = (value: string, before: string[] | undefined) => [...(before ?? []), value]

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

  const act =
    <Args extends unknown[]>(run: (...args: Args) => Promise<number>) =>
    async (...args: Args) => {
      exitCode = await run(...args)
    }

  withBuildOptions(
    program
      .command('register')
      .description('build a request and print its verified address')
      .option('--email <address>', 'whose session it is')
      .option('--phone <number>', 'whose session it is')
      .option('--project <name>', 'a session of its own for this identity'),
  ).action(
    act(async (flags: Flags) => {
      const { register } = await import('./commands/register.ts')
      return register(context, flags)
    }),
  )

  withBuildOptions(
    program
      .command('refine')
      .argument('<guid>', 'the session')
      .description('build a change onto what is deployed'),
  ).action(
    act(async (guid: string, flags: Flags) => {
      const { refine } = await import('./commands/refine.ts')
      return refine(context, guid, flags)
    }),
  )

  program
    .command('status')
    .argument('<guid>', 'the session')
    .description('tell how the session is; --watch follows to the end of the build')
    .option('--watch', 'follow to the end of the build')
    .option('--timeout <duration>', 'with --watch: how long to wait')
    .option('--show-identity', 'with e-mail and phone')
    .option('--json', 'machine-readable')
    .action(
      act(async (guid: string, flags: Flags) => {
        const { status, watchStatus } = await import('./commands/status.ts')
        const json = flags.json === true
        if (flags.watch) {
          const { printResult } = await import('./ui/result.ts')
          const result = await watchStatus(context, guid, flags)
          printResult(context, result, { json, detached: false })
          return result.exit_code
        }
        const { showStatus } = await import('./ui/status.ts')
        showStatus(context, status(context, guid, flags), json)
        return exitCodes.ok
      }),
    )

  program
    .command('events')
    .argument('<guid>', 'the session')
    .description('tell the session’s journal')
    .option('-f, --follow', 'go on until interrupted')
    .option('--json', 'one object a line')
    .action(
      act(async (guid: string, flags: Flags) => {
        const { events } = await import('./commands/events.ts')
        const { eventPrinter } = await import('./ui/event-lines.ts')
        await events(context, guid, flags, eventPrinter(context, flags.json === true))
        return exitCodes.ok
      }),
    )

  program
    .command('answer')
    .argument('<guid>', 'the session')
    .argument('<text>', 'the answer')
    .description('answer an open question of the agent')
    .option('--question <id>', 'which one, when several are open')
    .option('--json', 'machine-readable')
    .action(
      act(async (guid: string, text: string, flags: Flags) => {
        const { answer } = await import('./commands/answer.ts')
        const { printDone } = await import('./ui/result.ts')
        const question = answer(context, guid, text, flags)
        printDone(context, flags.json === true, { question }, `answered ${question}`)
        return exitCodes.ok
      }),
    )

  program
    .command('list')
    .description('tell all sessions')
    .option('--state <state>', 'only those in this state')
    .option('--all', 'archived ones too')
    .option('--show-identity', 'with e-mail and phone')
    .option('--json', 'machine-readable')
    .action(
      act(async (flags: Flags) => {
        const { list } = await import('./commands/list.ts')
        const { showList } = await import('./ui/status.ts')
        showList(context, list(context, flags), flags.json === true)
        return exitCodes.ok
      }),
    )

  program
    .command('attach')
    .argument('<guid>', 'the session')
    .description('show the agent’s pane here (leave it with Ctrl-b d)')
    .action(
      act(async (guid: string) => {
        const { attach } = await import('./commands/attach.ts')
        return attach(context, guid)
      }),
    )

  program
    .command('logs')
    .argument('<guid>', 'the session')
    .description('print the agent’s output as text')
    .option('-f, --follow', 'go on until interrupted')
    .action(
      act(async (guid: string, flags: Flags) => {
        const { logs } = await import('./commands/logs.ts')
        await logs(context, guid, flags)
        return exitCodes.ok
      }),
    )

  program
    .command('stop')
    .argument('<guid>', 'the session')
    .description('end all processes of the session')
    .option('--json', 'machine-readable')
    .action(
      act(async (guid: string, flags: Flags) => {
        const { stop } = await import('./commands/stop.ts')
        const { printDone } = await import('./ui/result.ts')
        const stopped = await stop(context, guid)
        printDone(
          context,
          flags.json === true,
          stopped,
          `stopped: ${stopped.processes} processes ended`,
        )
        return exitCodes.ok
      }),
    )

  program
    .command('archive')
    .argument('<guid>', 'the session')
    .description('end the session’s processes and put it out of sight')
    .option('--json', 'machine-readable')
    .action(
      act(async (guid: string, flags: Flags) => {
        const { archive } = await import('./commands/archive.ts')
        const { printDone } = await import('./ui/result.ts')
        const archived = await archive(context, guid)
        printDone(context, flags.json === true, { guid: archived }, `archived ${archived}`)
        return exitCodes.ok
      }),
    )

  program
    .command('restore')
    .argument('<guid>', 'the session')
    .description('take an archived session back into the list')
    .option('--json', 'machine-readable')
    .action(
      act(async (guid: string, flags: Flags) => {
        const { restore } = await import('./commands/archive.ts')
        const { printDone } = await import('./ui/result.ts')
        const restored = restore(context, guid)
        printDone(context, flags.json === true, { guid: restored }, `restored ${restored}`)
        return exitCodes.ok
      }),
    )

  program
    .command('gc')
    .description('archive ended sessions that are old')
    .option('--older-than <duration>', 'how old (default 24h)')
    .option('--purge', 'delete archived ones that are old')
    .option('--json', 'machine-readable')
    .action(
      act(async (flags: Flags) => {
        const { gc } = await import('./commands/gc.ts')
        const { printDone } = await import('./ui/result.ts')
        const { archived, purged } = await gc(context, flags)
        const text = `archived ${archived.length}${flags.purge ? `, deleted ${purged.length}` : ''}`
        printDone(context, flags.json === true, { archived, purged }, text)
        return exitCodes.ok
      }),
    )

  program
    .command('deploy')
    .argument('<guid>', 'the session')
    .description('the agent’s helper: put a built site on the build’s target')
    .requiredOption('--dir <folder>', 'the built site, inside the workspace')
    .option('--json', 'machine-readable')
    .action(
      act(async (guid: string, flags: Flags) => {
        const { deploy } = await import('./commands/deploy.ts')
        const { printDone } = await import('./ui/result.ts')
        const url = await deploy(context, guid, { dir: String(flags.dir) })
        printDone(context, flags.json === true, { url }, url)
        return exitCodes.ok
      }),
    )

  addPrompts(program, context, act)

  for (const [name, load] of [
    ['supervise', async () => (await import('./commands/supervise.ts')).superviseCommand],
    ['preview', async () => (await import('./commands/preview.ts')).preview],
  ] as const)
    program
      .command(name, { hidden: true })
      .argument('<guid>')
      .action(act(async (guid: string) => (await load())(context, guid)))

  try {
    await program.parseAsync(argv, { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) return explainUsage(error)
    throw error
  }
  return exitCode
}

type Act = <Args extends unknown[]>(
  run: (...args: Args) => Promise<number>,
) => (...args: Args) => Promise<void>

function addPrompts(program: Command, context: Context, act: Act): void {
  const prompts = program.command('prompts').description('look at the prompts that agents get')
  const withTemplates = (command: Command) =>
    command
      .option('--templates <folder>', 'a templates folder of your own')
      .option('--json', 'machine-readable')
  withTemplates(prompts.command('list').description('tell all types')).action(
    act(async (flags: Flags) => {
      const { promptsList } = await import('./commands/prompts.ts')
      const { printDone } = await import('./ui/result.ts')
      const types = await promptsList(context, flags)
      const lines = types.map((one) => `${one.type.padEnd(18)}${one.description}`)
      printDone(context, flags.json === true, { prompts: types }, lines.join('\n'))
      return exitCodes.ok
    }),
  )
  withTemplates(
    prompts.command('show').argument('<type>').description('print a type’s template'),
  ).action(
    act(async (type: string, flags: Flags) => {
      const { promptsShow } = await import('./commands/prompts.ts')
      const { printDone } = await import('./ui/result.ts')
      const shown = await promptsShow(context, type, flags)
      printDone(context, flags.json === true, shown, shown.template)
      return exitCodes.ok
    }),
  )
  withTemplates(
    prompts
      .command('render')
      .argument('<type>')
      .description('print a prompt as an agent would get it')
      .option('--set <name=value>', 'a variable (repeatable)', collect),
  ).action(
    act(async (type: string, flags: Flags) => {
      const { promptsRender } = await import('./commands/prompts.ts')
      const { printDone } = await import('./ui/result.ts')
      const prompt = await promptsRender(context, type, flags)
      printDone(context, flags.json === true, { type, prompt }, prompt)
      return exitCodes.ok
    }),
  )
}

/** What `register` and `refine` share. Defaults are resolved later: flag, environment, config.yaml, default. */
function withBuildOptions(command: Command): Command {
  return command
    .option('--request <text>', 'what to build')
    .option('--request-file <file>', 'what to build, from a file (- for stdin)')
    .option('--agent <name>', 'claude (default) or demo')
    .option('--agent-option <name=value>', 'an option of the agent (repeatable)', collect)
    .option('--agent-env <name>', 'a variable that the agent may see too (repeatable)', collect)
    .addOption(new Option('--target <target>', 'aws (default) or local'))
    .option('--timeout <duration>', 'the build’s time limit (default 4h); a joiner’s own patience')
    .option('--max-attempts <number>', 'how often the agent may try (default 3)')
    .option('--no-verify', 'believe the address that the agent claims')
    .option(
      '--verify-timeout <duration>',
      'how long the address may take (default 35m aws, 30s local)',
    )
    .option(
      '--connect-to <host:port:address:port>',
      'as in curl, for verification (repeatable)',
      collect,
    )
    .option('--domain <host>', 'a further host that the address may have (repeatable)', collect)
    .option('--templates <folder>', 'a templates folder of your own')
    .option('--aws-profile <name>', 'for the agent (default sunware)')
    .option('--region <name>', 'AWS region (default us-east-1)')
    .option('--max-cost-threshold <dollars>', 'monthly cost that needs an approval (default 100)')
    .option('--clarification-strategy <strategy>', 'autonomous (default) or ask')
    .option('--rebuild', 'build again what is deployed already')
    .option('--detach', 'return when the build is handed over; prints the GUID')
    .option('--json', 'events and the result as one object a line')
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
