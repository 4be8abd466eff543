import type { Context } from './context.ts'

/** When following ends: a signal, or nobody reads the output any more (`| head -1`). */
export function followEnd({ signal, stdout }: Pick<Context, 'signal' | 'stdout'>): AbortSignal {
  const unread = new AbortController()
  stdout.once('error', () => unread.abort())
  return AbortSignal.any([signal, unread.signal])
}
