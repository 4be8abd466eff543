import { isAlive } from '../../session/processes.ts'
import type { Session } from '../../store/sessions.ts'

// Apart from the server: whoever only asks for the address need not load it.

export const previewHost = '127.0.0.1'

/** The preview's address; ends with a slash. */
export const previewUrl = (port: number) => `http://${previewHost}:${port}/`

/** The address of the preview that runs; `undefined`: none does. */
export function findPreview(session: Session): string | undefined {
  if (session.previewPort === undefined || !isAlive(session.previewProcess)) return undefined
  return previewUrl(session.previewPort)
}
