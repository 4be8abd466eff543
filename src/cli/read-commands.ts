import { exitCodes } from '../errors.ts'
import type { Declare, Flags } from './declare.ts'

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
          const { printResult } = await import('./result.ts')
          const result = await watchStatus(context, guid, flags)
          printResult(context, result, { json, detached: false })
          return result.exit_code
        }
        const { status } = await import('../app/status.ts')
        const { showStatus } = await import('./show-status.ts')
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
        const { events } = await import('../app/events.ts')
        const { eventPrinter } = await import('./event-lines.ts')
        await events(context, guid, flags, eventPrinter(context, flags.json === true))
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
        const { list } = await import('../app/list.ts')
        const { showList } = await import('./show-status.ts')
        const { sessions, others } = list(context, flags)
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
        const { logs } = await import('../app/logs.ts')
        await logs(context, guid, flags)
        return exitCodes.ok
      }),
    )
}
