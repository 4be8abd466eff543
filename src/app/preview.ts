import { once } from 'node:events'
import { readProcessId } from '../session/processes.ts'
import { requireSession } from '../session/scope.ts'
import { appendEvent } from '../store/events.ts'
import { moveReleases } from '../store/releases.ts'
import { updateSession } from '../store/sessions.ts'
import { previewUrl } from '../targets/local/preview-address.ts'
import { startPreviewServer } from '../targets/local/preview-server.ts'
import { type App, requireScope } from './open-app.ts'

/** What the session's preview window runs: serves the live release until it is ended. */
export async function preview(app: App, guid: string): Promise<void> {
  const { world } = app
  const scope = requireScope(app, guid)
  const { previewPort, lastBuild } = requireSession(scope)
  const { server, port } = await startPreviewServer(scope.paths.liveSite, previewPort)
  const url = previewUrl(port)
  await scope.store.transact((tx) => {
    updateSession(tx, scope.guid, {
      previewProcess: readProcessId(process.pid) ?? null,
      previewPort: port,
    })
    if (port === previewPort) return
    moveReleases(tx, scope.guid, url)
    appendEvent(tx, { guid: scope.guid, build: lastBuild }, 'preview_started', { url })
  })
  world.notice(`${url} serves ${scope.paths.liveSite}`)
  if (!world.signal.aborted) await once(world.signal, 'abort')
  server.closeAllConnections()
  server.close()
}
