import { usageError } from '../errors.ts'
import { type Declare, type Flags, withApp } from './declare.ts'
import { exitCodes } from './exit-codes.ts'

/** What tells how things are and starts nothing. */
export const declareReadCommands: Declare = (program, context, act) => {
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
        const json = flags.json === true
        if (flags.watch) {
          const { watchStatus } = await import('./watch-status.ts')
          return withApp(context, (app) => watchStatus(context, app, guid, flags))
        }
        if (flags.timeout !== undefined)
          throw usageError(
            '--timeout only applies with --watch.',
            'Give --watch too, or leave --timeout out',
          )
        const { status } = await import('../app/views.ts')
        const { showStatus } = await import('./show-status.ts')
        showStatus(context, await withApp(context, (app) => status(app, guid, flags)), json)
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
        const { events } = await import('../app/events.ts')
        const { eventPrinter } = await import('./event-lines.ts')
        const { followEnd } = await import('./follow-end.ts')
        const print = eventPrinter(context, flags.json === true)
        const input = { follow: flags.follow === true, signal: followEnd(context) }
        await withApp(context, async (app) => {
          for await (const event of events(app, guid, input)) print(event)
        })
        if (input.follow) context.signal.throwIfAborted()
        return exitCodes.ok
      }),
    )

  program
    .command('doctor')
    .description('look at all that a build needs, and tell how builds come back after a reboot')
    .option('--json', 'machine-readable')
    .action(
      act(async (flags: Flags) => {
        const { doctor } = await import('../app/doctor.ts')
        const { showDiagnosis } = await import('./show-diagnosis.ts')
        const diagnosis = await doctor(context)
        showDiagnosis(context, diagnosis, flags.json === true)
        return diagnosis.findings.some((one) => one.is === 'bad')
          ? exitCodes.notReady
          : exitCodes.ok
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
        const { list } = await import('../app/views.ts')
        const { showList } = await import('./show-status.ts')
        const { sessions, others } = await withApp(context, (app) => list(app, flags))
        showList(context, sessions, flags.json === true, others > 0)
        return exitCodes.ok
      }),
    )

  program
    .command('attach')
    .argument('<guid>', 'the session')
    .description('show the agent’s pane here (leave it with Ctrl-b d)')
    .action(
      act(async (guid: string) => {
        const { attach } = await import('./attach.ts')
        return withApp(context, (app) => attach(context, app, guid))
      }),
    )

  program
    .command('logs')
    .argument('<guid>', 'the session')
    .description('print the agent’s output as text')
    .option('-f, --follow', 'go on until interrupted')
    .action(
      act(async (guid: string, flags: Flags) => {
        const { logs } = await import('../app/logs.ts')
        const { followEnd } = await import('./follow-end.ts')
        const input = { follow: flags.follow === true, signal: followEnd(context) }
        await withApp(context, async (app) => {
          for await (const text of logs(app, guid, input)) context.stdout.write(`${text}\n`)
        })
        if (input.follow) context.signal.throwIfAborted()
        return exitCodes.ok
      }),
    )
}
