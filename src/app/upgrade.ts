import type { BuildPlace, BuildSettings } from '../domain/build-settings.ts'
import { TmuxBuilderError } from '../errors.ts'
import { listBuildsWithoutPlace, recordPlace } from '../store/build-places.ts'
import type { Store } from '../store/database.ts'
import type { World } from '../world/world.ts'

/**
 * Records what the builds of earlier versions left to be found out each time: where they deploy. The schema's steps
 * cannot, because it takes the templates. Once done it costs one look at an empty index.
 */
export async function upgradeRecords(world: World, store: Store): Promise<void> {
  for (const build of listBuildsWithoutPlace(store)) {
    const place = await findOldPlace(world, build.settings)
    await store.transact((tx) => recordPlace(tx, build, place))
  }
}

/** A templates folder that is gone or broken names no place any more: then ours do. */
async function findOldPlace(world: World, settings: BuildSettings): Promise<BuildPlace> {
  // Every command comes by here, and nearly none has a template to read.
  const { resolvePlace } = await import('./resolve-place.ts')
  try {
    return await resolvePlace(settings)
  } catch (error) {
    if (!(error instanceof TmuxBuilderError)) throw error
    world.notice(
      `where an earlier build is in AWS is taken from our own templates: ${error.message}`,
    )
    return resolvePlace({ ...settings, templates: null })
  }
}
