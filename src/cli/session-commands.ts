import { type Declare, type Flags, withApp } from './declare.ts'
import { exitCodes } from './exit-codes.ts'

/** What changes a session. */
export const declareSessionCommands: Declare = (program, context, act) => {
  program
    .command('answer')
    .argument('<guid>', 'the session')
    .argument('<text>', 'the answer')
    .description('answer an open question of the agent')
    .option('--question <id>', 'which one, when several are open')
    .option('--json', 'machine-readable')
    .action(
      act(async (guid: string, text: string, flags: Flags) => {
        const { answer } = await import('../app/answer.ts')
        const { printDone } = await import('./result.ts')
        const question = await withApp(context, (app) => answer(app, guid, text, flags))
        const { oneLine } = await import('./plain-text.ts')
        printDone(context, flags.json === true, { question }, `answered ${oneLine(question)}`)
        return exitCodes.ok
      }),
    )

  for (const decision of ['approve', 'reject'] as const)
    program
      .command(decision)
      .argument('<guid>', 'the session')
      .description(`${decision} what the agent asks for`)
      .option('--question <id>', 'only this one')
      .option('--json', 'machine-readable')
      .action(
        act(async (guid: string, flags: Flags) => {
          const { decide } = await import('../app/answer.ts')
          const { printDone } = await import('./result.ts')
          const questions = await withApp(context, (app) => decide(app, guid, decision, flags))
          const { oneLine } = await import('./plain-text.ts')
          const text = `${decision}: ${questions.map(oneLine).join(', ')}`
          printDone(context, flags.json === true, { questions }, text)
          return exitCodes.ok
        }),
      )

  program
    .command('resume')
    .argument('[guid]', 'the session')
    .description('bring back what was stopped or lost')
    .option('--all', 'every unfinished build')
    .option('--json', 'machine-readable')
    .action(
      act(async (guid: string | undefined, flags: Flags) => {
        const { resumeCommand } = await import('../app/resume.ts')
        const { printDone } = await import('./result.ts')
        const { resumedText } = await import('./resumed.ts')
        const { resumed, failure } = await withApp(context, (app) =>
          resumeCommand(app, guid, flags.all === true),
        )
        const json = flags.json === true
        // With --json an error is the one object.
        if (!failure || (!json && resumed.length > 0))
          printDone(context, json, { resumed }, resumedText(resumed))
        if (failure) throw failure
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
        const { stop } = await import('../app/stop.ts')
        const { printDone } = await import('./result.ts')
        const stopped = await withApp(context, (app) => stop(app, guid))
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
        const { archive } = await import('../app/archive.ts')
        const { printDone } = await import('./result.ts')
        const archived = await withApp(context, (app) => archive(app, guid))
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
        const { restore } = await import('../app/archive.ts')
        const { printDone } = await import('./result.ts')
        const restored = await withApp(context, (app) => restore(app, guid))
        printDone(context, flags.json === true, { guid: restored }, `restored ${restored}`)
        return exitCodes.ok
      }),
    )

  program
    .command('gc')
    .description('archive ended sessions that are old')
    .option('--older-than <duration>', 'how old (default 24h)')
    .option('--purge', 'delete archived ones that are old')
    .option('--remote', 'destroy in AWS what is past its --ttl')
    .option('--json', 'machine-readable')
    .action(
      act(async (flags: Flags) => {
        const { gc } = await import('../app/gc.ts')
        const { printDone } = await import('./result.ts')
        const { failure, ...collected } = await withApp(context, (app) => gc(app, flags))
        const { archived, expired, purged, destroyed } = collected
        const json = flags.json === true
        const text = [
          `archived ${archived.length}`,
          ...(expired.length > 0 ? [`ended ${expired.length} expired`] : []),
          ...(flags.purge ? [`deleted ${purged.length}`] : []),
          ...(flags.remote ? [`destroyed ${destroyed.length}`] : []),
        ].join(', ')
        // With --json an error is the one object.
        if (!failure || !json) printDone(context, json, collected, text)
        if (failure) throw failure
        return exitCodes.ok
      }),
    )

  program
    .command('deploy')
    .argument('<guid>', 'the session')
    .description('the agent’s helper: put a built site on the build’s target')
    .requiredOption('--dir <folder>', 'the built site, inside the workspace')
    .option(
      '--mode <mode>',
      'on aws: spa (default; one page for all paths) or mpa (a page for each)',
    )
    .option('--allow-secrets', 'on aws: publish what looks secret')
    .option('--source-maps', 'on aws: publish source maps too')
    .option('--json', 'machine-readable')
    .action(
      act(async (guid: string, flags: Flags) => {
        const { deploy } = await import('../app/deploy.ts')
        const { printDone } = await import('./result.ts')
        const url = await withApp(context, (app) =>
          deploy(app, guid, { ...flags, dir: String(flags.dir) }),
        )
        printDone(context, flags.json === true, { url }, url)
        return exitCodes.ok
      }),
    )
}
