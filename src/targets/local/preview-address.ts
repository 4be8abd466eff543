import { isAlive } from '../../session/processes.ts'
import type { Session } from '../../store/sessions.ts'

// This is not part of the server's file, so that commands that only show the address do not load the server.

export const previewHost = '127.0.0.1'

/** The preview's address, with a slash at its end. */
export const previewUrl = (port: number) => `http://${previewHost}:${port}/`

/** The address of the running preview; `undefined` if none is running. */
export function findPreview(session: Session): string | undefined {
  if (session.previewPort === undefined || !isAlive(session.previewProcess)) return undefined
  return previewUrl(session.previewPort)
}
