import type { Releases } from '../app/deployments.ts'
import type { Destroyed } from '../app/destroy.ts'
import type { Inventory } from '../app/inventory.ts'
import { shortGuid } from '../domain/identity.ts'
import type { Context } from './context.ts'
import { oneLine } from './plain-text.ts'
import { printObject } from './result.ts'

export function showReleases(context: Context, listed: Releases, json: boolean): void {
  if (json) {
    printObject(context, listed)
    return
  }
  if (listed.releases.length === 0) context.stderr.write('No releases yet.\n')
  for (const one of listed.releases)
    context.stdout.write(
      `${[
        String(one.release).padStart(4),
        `build ${one.build}`,
        one.created_at.slice(0, 19).replace('T', ' '),
        one.target.padEnd(5),
        one.verified ? 'verified' : 'not verified',
        oneLine(one.url),
        one.live ? '(live)' : '',
      ]
        .join('  ')
        .trimEnd()}\n`,
    )
}

export function showInventory(
  context: Context,
  found: Omit<Inventory, 'failure'>,
  json: boolean,
): void {
  if (json) {
    printObject(context, found)
    return
  }
  if (found.resources.length === 0) context.stderr.write('Nothing was found.\n')
  for (const one of found.resources)
    context.stdout.write(
      `${[
        shortGuid(one.guid),
        one.account,
        one.region,
        one.state.padEnd(7),
        one.kind.padEnd(14),
        `$${one.monthly_dollars.toFixed(2)}`.padStart(7),
        oneLine(one.name),
      ].join('  ')}\n`,
    )
  context.stderr.write(`about $${found.monthly_dollars.toFixed(2)} a month, without traffic\n`)
}

export function showDestroyed(context: Context, done: Destroyed, json: boolean): void {
  if (json) {
    printObject(context, done)
    return
  }
  const verb = done.dry_run ? 'would be destroyed' : 'destroyed'
  for (const one of done.resources) context.stdout.write(`${verb}: ${oneLine(one)}\n`)
  if (done.resources.length === 0 && done.kept.length === 0)
    context.stdout.write('nothing to destroy\n')
  // After a real run the caller throws an error that names them.
  if (done.dry_run)
    for (const one of done.kept)
      context.stderr.write(
        `would be left (remove it with the code in workspace/infrastructure/): ${oneLine(one)}\n`,
      )
}
