import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { expect, it, onTestFinished } from 'vitest'
import { Interrupted } from '../../../src/errors.ts'
import { makeRequestHandler, makeRetries } from '../../../src/targets/aws/connection.ts'

/** Calls a service that refuses each call; what the call came to, how often it was made, and the pauses between. */
async function callRefused(status: number, code: string, onPause = (_: AbortController) => {}) {
  let calls = 0
  const server = createServer((_, response) => {
    calls++
    response.writeHead(status, { 'content-type': 'text/xml' })
    response.end(`<ErrorResponse><Error><Code>${code}</Code></Error></ErrorResponse>`)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const ending = new AbortController()
  const pauses: number[] = []
  const sleep = async (ms: number, signal?: AbortSignal) => {
    expect(signal).toBe(ending.signal)
    pauses.push(ms)
    onPause(ending)
  }
  const sts = new STSClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    requestHandler: makeRequestHandler(ending.signal),
    retryStrategy: makeRetries({ sleep, signal: ending.signal }),
  })
  const error = await sts.send(new GetCallerIdentityCommand({})).catch((reason: unknown) => reason)
  return { error, calls, pauses }
}

it.each([
  [400, 'Throttling', 1_000],
  [503, 'ServiceUnavailable', 50],
])('%i %s is tried again after growing pauses, eight times in all', async (status, name, ms) => {
  const { error, calls, pauses } = await callRefused(status, name)
  expect(error).toMatchObject({ name })
  expect(calls).toBe(8)
  expect(pauses).toHaveLength(7)
  for (const [index, pause] of pauses.entries())
    expect(pause).toBeLessThanOrEqual(Math.min(20_000, ms * 2 ** index))
})

it('what is refused for good is not tried again', async () => {
  expect(await callRefused(403, 'AccessDenied')).toMatchObject({
    error: { name: 'AccessDenied' },
    calls: 1,
    pauses: [],
  })
})

it('a signal ends the pause and the call', async () => {
  const reason = new Interrupted('SIGINT')
  const done = await callRefused(400, 'Throttling', (ending) => ending.abort(reason))
  expect(done.error).toBe(reason)
  expect(done.calls).toBe(1)
})
