import type { Context } from './context.ts'
import { oneLine } from './plain-text.ts'
import { printObject } from './result.ts'

interface Releases {
  readonly releases: readonly {
    readonly release: number
    readonly build: number
    readonly target: string
    readonly url: string
    readonly verified: boolean
    readonly live: boolean
    readonly created_at: string
  }[]
}

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

interface Inventory {
  readonly monthly_dollars: number
  readonly resources: readonly {
    readonly guid: string
    readonly account: string
    readonly region: string
    readonly kind: string
    readonly name: string
    readonly state: string
    readonly monthly_dollars: number
  }[]
}

export function showInventory(context: Context, found: Inventory, json: boolean): void {
  if (json) {
    printObject(context, found)
    return
  }
  if (found.resources.length === 0) context.stderr.write('Nothing was found.\n')
  for (const one of found.resources)
    context.stdout.write(
      `${[
        one.guid.slice(0, 12),
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

interface Destroyed {
  readonly dry_run: boolean
  readonly account: string
  readonly resources: readonly string[]
  readonly kept: readonly string[]
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
