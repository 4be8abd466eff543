import type { HomePaths } from '../../session/paths.ts'
import { type Scope, scopeOf } from '../../session/scope.ts'
import { requireBuild } from '../../store/builds.ts'
import { openStore, type Store } from '../../store/database.ts'
import type { World } from '../../world/world.ts'
import { assumeAgentRole, checkAccess } from './assume-role.ts'
import { carryOut } from './carry-out-destruction.ts'
import { deployAws } from './deploy-aws.ts'
import type { AwsCallName, AwsCalls } from './messages.ts'
import { namesIn, planDestruction } from './plan-destruction.ts'
import { findOwner, readInventory } from './read-inventory.ts'
import { switchRemoteRelease } from './switch-remote.ts'

type Acts = {
  readonly [Name in AwsCallName]: (
    world: World,
    input: AwsCalls[Name]['input'],
  ) => Promise<AwsCalls[Name]['value']>
}

const acts: Acts = {
  check_access: (world, { guid, place }) => checkAccess(world, place, guid),
  assume_role: (world, { guid, place }) => assumeAgentRole(world, place, guid),
  deploy: (world, input) =>
    inSession(world, input, (scope) =>
      deployAws(scope, requireBuild(scope.store, scope.guid, input.build), input.wanted),
    ),
  switch_release: (world, input) =>
    inSession(world, input, async (scope) => {
      await switchRemoteRelease(scope, input.release, input.from)
      return null
    }),
  inventory: (world, { home, guid, given, host }) =>
    withStore(home, (store) => readInventory(world, store, guid, given, host)),
  owner_of_host: (world, { home, guid, host }) =>
    withStore(home, (store) => findOwner(world, store, guid, host)),
  plan_destruction: (world, { home, guid, given, isDryRun }) =>
    withStore(home, async (store) => {
      const plans = await planDestruction(world, store, guid, given, isDryRun)
      return { plans, names: plans.flatMap((plan) => namesIn(guid, plan)) }
    }),
  destroy: (world, { home, guid, plans }) =>
    withStore(home, async (store) => {
      const done = { destroyed: [] as string[], left: [] as string[] }
      for (const plan of plans) {
        const { destroyed, left } = await carryOut(world, store, guid, plan)
        done.destroyed.push(...destroyed)
        done.left.push(...left)
      }
      return done
    }),
}

/** Carries out one request. This file loads the SDK, so only the worker imports it. */
export const work = <Name extends AwsCallName>(
  world: World,
  name: Name,
  input: AwsCalls[Name]['input'],
): Promise<AwsCalls[Name]['value']> => acts[name](world, input)

const inSession = <T>(
  world: World,
  { home, guid }: { readonly home: HomePaths; readonly guid: string },
  act: (scope: Scope) => Promise<T>,
): Promise<T> => withStore(home, (store) => act(scopeOf(world, store, home, guid)))

async function withStore<T>(home: HomePaths, act: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(home.database, { create: false })
  try {
    return await act(store)
  } finally {
    store.close()
  }
}
