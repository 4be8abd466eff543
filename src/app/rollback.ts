import { type RolledBack, rollBack } from '../builds/roll-back.ts'
import { usageError } from '../errors.ts'
import { type App, requireScope } from './open-app.ts'

/** Makes an older release the live one again, by default the verified one before. */
export async function rollback(
  app: App,
  guidOrPrefix: string,
  number: string | undefined,
): Promise<RolledBack> {
  const scope = requireScope(app, guidOrPrefix)
  if (number !== undefined && !/^\d{1,9}$/.test(number))
    throw usageError(
      `There is no release ${JSON.stringify(number)} that was live.`,
      `See them with: tmux-builder releases ${scope.guid.slice(0, 12)}`,
    )
  return rollBack(scope, number === undefined ? undefined : Number(number))
}
