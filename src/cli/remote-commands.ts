import { type Declare, type Flags, withApp } from './declare.ts'
import { exitCodes } from './exit-codes.ts'

/** Releases, and what exists in AWS. */
export const declareRemoteCommands: Declare = (program, context, act) => {
  program
    .command('releases')
    .argument('<guid>', 'the session')
    .description('tell the session’s releases, newest first')
    .option('--json', 'machine-readable')
    .action(
      act(async (guid: string, flags: Flags) => {
        const { releases } = await import('../app/list-releases.ts')
        const { showReleases } = await import('./show-releases.ts')
        const told = await withApp(context, (app) => releases(app, guid))
        showReleases(context, told, flags.json === true)
        return exitCodes.ok
      }),
    )

  program
    .command('rollback')
    .argument('<guid>', 'the session')
    .argument('[release]', 'which one (default: the verified one before)')
    .description('make an older release the live one again, and verify it')
    .option('--json', 'machine-readable')
    .action(
      act(async (guid: string, release: string | undefined, flags: Flags) => {
        const { rollback } = await import('../app/rollback.ts')
        const { printDone } = await import('./result.ts')
        const done = await withApp(context, (app) => rollback(app, guid, release))
        printDone(context, flags.json === true, done, done.url)
        return exitCodes.ok
      }),
    )

  program
    .command('inventory')
    .argument('[guid]', 'the session (default: all)')
    .description('tell what exists in AWS, and what it costs roughly a month')
    .option('--host <name>', 'only what answers at this host')
    .option('--aws-profile <name>', 'look with this profile (default: the one it was made with)')
    .option('--region <name>', 'look in this region too')
    .option('--json', 'machine-readable')
    .action(
      act(async (guid: string | undefined, flags: Flags) => {
        const { inventory } = await import('../app/inventory.ts')
        const { showInventory } = await import('./show-releases.ts')
        const { failure, ...told } = await withApp(context, (app) => inventory(app, guid, flags))
        const json = flags.json === true
        // With --json an error is the one object; and who could not look has not found nothing.
        if (!failure || (!json && told.resources.length > 0)) showInventory(context, told, json)
        if (failure) throw failure
        return exitCodes.ok
      }),
    )

  program
    .command('destroy')
    .argument('<guid>', 'the session')
    .description('end what deploy and the agent’s own stacks made in AWS for the session')
    .option('--dry-run', 'only tell what would be destroyed')
    .option('--yes', 'do not ask')
    .option('--aws-profile <name>', 'with this profile (default: the one it was made with)')
    .option('--region <name>', 'in this region too')
    .option('--json', 'machine-readable')
    .action(
      act(async (guid: string, flags: Flags) => {
        const { destroy } = await import('../app/destroy.ts')
        const { showDestroyed } = await import('./show-releases.ts')
        const { requireYes } = await import('./ask.ts')
        const wish = {
          ...flags,
          ...(flags.yes ? {} : { confirm: requireYes.bind(undefined, context) }),
        }
        const { failure, ...done } = await withApp(context, (app) => destroy(app, guid, wish), {
          create: true,
        })
        const json = flags.json === true
        // With --json an error is the one object.
        if (!failure || !json) showDestroyed(context, done, json)
        if (failure) throw failure
        return exitCodes.ok
      }),
    )
}
