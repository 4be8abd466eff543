import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { expect, it, onTestFinished } from 'vitest'
import { Interrupted } from '../../../src/errors.ts'
import { explainAwsError } from '../../../src/targets/aws/aws-errors.ts'
import { makeRequestHandler } from '../../../src/targets/aws/connection.ts'

/** A client of a service that takes calls and never answers; `onCall` hears of each. */
async function openSilence(signal: AbortSignal, silentMs?: number, onCall = () => {}) {
  const server = createServer(onCall)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const sts = new STSClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    maxAttempts: 1,
    requestHandler: makeRequestHandler(signal, silentMs),
  })
  return sts.send(new GetCallerIdentityCommand({})).catch((error: unknown) => error)
}

it('a call that is never answered ends, and is told as a network that fails', async () => {
  const error = await openSilence(new AbortController().signal, 50)
  expect(explainAwsError(error, undefined)).toMatchObject({
    reason: 'not_ready',
    message: expect.stringContaining('AWS cannot be reached (TimeoutError)'),
  })
})

it('a signal ends a call with its own reason, which is no refusal of AWS', async () => {
  const ending = new AbortController()
  const reason = new Interrupted('SIGINT')
  const error = await openSilence(ending.signal, undefined, () => ending.abort(reason))
  expect(error).toBe(reason)
  expect(explainAwsError(error, undefined)).toBe(reason)
})
