import type { BuildPlace, BuildSettings } from '../domain/build-settings.ts'
import { TmuxBuilderError } from '../errors.ts'
import { listBuildsWithoutPlace, recordPlace } from '../store/build-places.ts'
import type { Store } from '../store/database.ts'
import type { World } from '../world/world.ts'

/**
 * Records where builds of earlier versions deploy, which those versions worked out each time. The steps of the
 * schema cannot do this, because it needs the templates. Later runs only look at an empty index.
 */
export async function upgradeRecords(world: World, store: Store): Promise<void> {
  for (const build of listBuildsWithoutPlace(store)) {
    const place = await findOldPlace(world, build.settings)
    await store.transact((tx) => recordPlace(tx, build, place))
  }
}

/** Uses the built-in templates when the build's own are gone or broken. */
async function findOldPlace(world: World, settings: BuildSettings): Promise<BuildPlace> {
  // Loaded late: every command opens the home, and nearly none needs the templates.
  const { resolvePlace } = await import('./resolve-place.ts')
  try {
    return await resolvePlace(settings)
  } catch (error) {
    if (!(error instanceof TmuxBuilderError)) throw error
    world.notice(
      `The place of an earlier build in AWS was read from the built-in templates: ${error.message}`,
    )
    return resolvePlace({ ...settings, templates: null })
  }
}
