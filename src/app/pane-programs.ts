import { once } from 'node:events'
import { notReady } from '../errors.ts'
import { readProcessId } from '../session/processes.ts'
import { requireSession } from '../session/scope.ts'
import { findLatestBuild } from '../store/builds.ts'
import { appendEvent } from '../store/events.ts'
import { moveReleases } from '../store/releases.ts'
import { updateSession } from '../store/sessions.ts'
import { takeAgentRole } from '../targets/aws/aws-target.ts'
import { previewUrl } from '../targets/local/preview-address.ts'
import { type App, requireScope } from './open-app.ts'

// Functions that the session's own panes call, not people.

/** Serves the live release from the session's preview window until the signal. */
export async function preview(app: App, guid: string): Promise<void> {
  const { world } = app
  const scope = requireScope(app, guid)
  const { previewPort, lastBuild } = requireSession(scope)
  // The credentials of the agent's pane need no web server.
  const { startPreviewServer } = await import('../targets/local/preview-server.ts')
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

/** Returns fresh credentials of the agent's role; AWS tools in its pane run this as `credential_process`. */
export async function agentCredentials(app: App, guid: string): Promise<object> {
  const scope = requireScope(app, guid)
  const build = findLatestBuild(scope.store, scope.guid)
  if (build?.place?.role === undefined)
    throw notReady(
      'The agent of this session has no role of its own.',
      'Start a build with --aws-agent-role',
    )
  return { Version: 1, ...(await takeAgentRole(scope, build.place)) }
}
