import { requireSession } from '../session/scope.ts'
import { listReleases } from '../store/releases.ts'
import { targetOf } from '../targets/targets.ts'
import { type App, requireScope } from './open-app.ts'

export interface ReleaseView {
  readonly release: number
  readonly build: number
  readonly attempt: number
  readonly target: string
  readonly url: string
  readonly verified: boolean
  readonly live: boolean
  readonly created_at: string
}

/** The session's releases, newest first, by our records. */
export function releases(
  app: App,
  guidOrPrefix: string,
): { readonly guid: string; readonly releases: readonly ReleaseView[] } {
  const scope = requireScope(app, guidOrPrefix)
  const session = requireSession(scope)
  const views = listReleases(scope.store, scope.guid).flatMap((one): ReleaseView[] =>
    one.url === undefined
      ? []
      : [
          {
            release: one.release,
            build: one.build,
            attempt: one.attempt,
            target: one.target,
            url: one.url,
            verified: one.verified,
            live: one.release === targetOf(one.target).liveRelease(session),
            created_at: one.createdAt,
          },
        ],
  )
  return { guid: scope.guid, releases: views }
}
