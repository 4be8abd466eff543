import type { Scope } from '../../session/scope.ts'
import type { Build } from '../../store/builds.ts'
import { type Account, openAccount } from './account.ts'
import { explainAwsError } from './aws-errors.ts'
import { awsPlaceOf } from './aws-place.ts'

type Variables = Readonly<Record<string, string>>

/** Acts in the build's account with what whoever started the build has; exit 5 where AWS does not let it in. */
export async function withStartersAccount<T>(
  scope: Scope,
  build: Pick<Build, 'settings'>,
  environment: Variables,
  act: (account: Account) => Promise<T>,
): Promise<T> {
  const place = await awsPlaceOf(build)
  return withProcessEnvironment(environment, async () => {
    try {
      return await act(await openAccount({ ...scope.world, env: environment }, place))
    } catch (error) {
      throw explainAwsError(error, place.profile)
    }
  })
}

/** The SDK, and the programs that a profile names, take what they need from the process's environment alone. */
async function withProcessEnvironment<T>(
  environment: Variables,
  act: () => Promise<T>,
): Promise<T> {
  const own = process.env
  process.env = { ...environment }
  try {
    return await act()
  } finally {
    process.env = own
  }
}
