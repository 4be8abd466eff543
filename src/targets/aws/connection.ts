import { STSClient } from '@aws-sdk/client-sts'
import type { World } from '../../world/world.ts'

const connectionMs = 10_000
/** A connection on which nothing moves; a slow upload is none. */
const silentMs = 60_000

/**
 * Carries the calls of all of AWS's services: none outlives the signal, whose reason it then ends with, and none waits
 * for what never comes.
 */
export function makeRequestHandler(signal: AbortSignal, socketTimeout = silentMs) {
  // The SDK gives its handler out by way of a client alone.
  const { requestHandler } = new STSClient({
    requestHandler: { connectionTimeout: connectionMs, socketTimeout },
  }).config
  const handle = requestHandler.handle.bind(requestHandler)
  requestHandler.handle = (request, options) =>
    handle(request, { ...options, abortSignal: signal }).catch((error: unknown) => {
      signal.throwIfAborted()
      throw error
    })
  return requestHandler
}

const maxAttempts = 8
/** What is worth another attempt, and the longest first pause. */
const firstPausesMs: Readonly<Record<string, number>> = { THROTTLING: 1_000, TRANSIENT: 50 }
const maxPauseMs = 20_000

interface Attempt {
  getRetryCount(): number
  getRetryDelay(): number
}

/** Pauses are made here, not by the SDK. */
const attempt = (number: number): Attempt => ({
  getRetryCount: () => number,
  getRetryDelay: () => 0,
})

/**
 * A call that failed on the way, or too soon after others, is made again after a growing pause: throttling is no failure.
 * The SDK’s own strategy does the same, but nothing ends its pauses: an interrupted program would stay for up to 20 s.
 */
export function makeRetries({ sleep, signal }: Pick<World, 'sleep' | 'signal'>) {
  return {
    acquireInitialRetryToken: async () => attempt(0),
    refreshRetryTokenForRetry: async (
      last: Attempt,
      { errorType }: { readonly errorType: string },
    ) => {
      const next = last.getRetryCount() + 1
      const firstMs = firstPausesMs[errorType]
      // Only says so: the call ends with its own error.
      if (firstMs === undefined || next === maxAttempts) throw new Error('no more attempts')
      await sleep(Math.random() * Math.min(maxPauseMs, firstMs * 2 ** last.getRetryCount()), signal)
      return attempt(next)
    },
    recordSuccess() {},
  }
}
