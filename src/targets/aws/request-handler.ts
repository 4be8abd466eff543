import { STSClient } from '@aws-sdk/client-sts'

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
