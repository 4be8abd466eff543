import { once } from 'node:events'
import { readProcessId } from '../session/liveness.ts'
import { requireSession } from '../session/scope.ts'
import { appendEvent } from '../store/events.ts'
import { moveReleases } from '../store/releases.ts'
import { updateSession } from '../store/sessions.ts'
import { previewUrl } from '../targets/local/preview-address.ts'
import { startPreviewServer } from '../targets/local/preview-server.ts'
import type { Context } from '../world/world.ts'
import { openSession } from './open.ts'

/** What the session's preview window runs: serves the live release until it is ended. */
export async function preview(context: Context, guid: string): Promise<number> {
  const scope = openSession(context, guid)
  const { previewPort, lastBuild } = requireSession(scope)
  const { server, port } = await startPreviewServer(scope.paths.liveSite, previewPort)
  const url = previewUrl(port)
  scope.store.transact(() => {
    updateSession(scope.store, scope.guid, {
      previewProcess: readProcessId(process.pid) ?? null,
      previewPort: port,
    })
    if (port === previewPort) return
    moveReleases(scope.store, scope.guid, url)
    appendEvent(scope.store, { guid: scope.guid, build: lastBuild }, 'preview_started', { url })
  })
  context.stdout.write(`${url} serves ${scope.paths.liveSite}\n`)
  if (!context.signal.aborted) await once(context.signal, 'abort')
  server.closeAllConnections()
  server.close()
  return 0
}
