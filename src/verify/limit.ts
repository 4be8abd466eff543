/** Runs the work with a signal that aborts after that time, or when the outer one does. Leaves no timer behind. */
export async function withLimit<Value>(
  limitMs: number,
  outer: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  const controller = new AbortController()
  const abort = () => controller.abort(outer?.reason)
  if (outer?.aborted) abort()
  outer?.addEventListener('abort', abort)
  const seconds = Math.round(limitMs / 100) / 10
  const timer = setTimeout(
    () => controller.abort(new Error(`it was not complete within ${seconds} s`)),
    limitMs,
  )
  try {
    return await work(controller.signal)
  } finally {
    clearTimeout(timer)
    outer?.removeEventListener('abort', abort)
  }
}
