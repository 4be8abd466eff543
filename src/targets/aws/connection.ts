import { STSClient } from '@aws-sdk/client-sts'
import type { World } from '../../world/world.ts'

const connectionMs = 10_000
/** A connection fails after this time without any traffic. A slow upload still has some. */
const silentMs = 60_000

/**
 * The request handler of all clients. It adds time limits, and ends calls when the signal aborts, with its reason.
 */
export function makeRequestHandler(signal: AbortSignal, socketTimeout = silentMs) {
  // The SDK's default handler can only be obtained from a client.
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
/** The kinds of failure that are retried, with the longest first pause. */
const firstPausesMs: Readonly<Record<string, number>> = { THROTTLING: 1_000, TRANSIENT: 50 }
const maxPauseMs = 20_000

interface Attempt {
  getRetryCount(): number
  getRetryDelay(): number
}

/** The delay is 0, because the pauses are made below, where the signal can end them. */
const attempt = (number: number): Attempt => ({
  getRetryCount: () => number,
  getRetryDelay: () => 0,
})

/**
 * Retries calls that failed in transit or were throttled, after growing pauses. The SDK's own strategy does the
 * same, but nothing ends its pauses, so an interrupted program would stay for up to 20 s.
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
      // The SDK only takes this as a stop, and throws the call's own error.
      if (firstMs === undefined || next === maxAttempts) throw new Error('no more attempts')
      await sleep(Math.random() * Math.min(maxPauseMs, firstMs * 2 ** last.getRetryCount()), signal)
      return attempt(next)
    },
    recordSuccess() {},
  }
}
