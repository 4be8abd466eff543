/** Stands between the program and moto: counts calls, and after or instead of one does what a test wants. */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

/** One call of AWS's API, named as AWS names it where that can be told. */
export interface Call {
  readonly number: number
  readonly name: string
  readonly method: string
  readonly path: string
  /** Whose signature it has: an access key's id. */
  readonly key: string
  readonly body: string
}

export interface Refusal {
  readonly status: number
  readonly code: string
  readonly message?: string
}

export interface Answer {
  readonly status?: number
  readonly type: string
  readonly body: string
}

export interface Gate {
  readonly url: string
  readonly calls: Call[]
  /** Instead of forwarding. */
  refuse: ((call: Call) => Refusal | undefined) | undefined
  /** Instead of forwarding: for what moto does not know. */
  answer: ((call: Call) => Answer | undefined) | undefined
  /** After AWS has done it, before the program hears of it. */
  onDone: ((call: Call) => void | Promise<void>) | undefined
}

function nameOf(request: IncomingMessage, body: string): string {
  const target = request.headers['x-amz-target']
  if (typeof target === 'string') return target.split('.').at(-1) ?? target
  const action = /(?:^|&)Action=(\w+)/.exec(body)?.[1]
  if (action !== undefined) return action
  const path = request.url ?? ''
  if (path.startsWith('/2020-05-31/')) return `CloudFront ${request.method}`
  return `S3 ${request.method}${request.headers['x-amz-copy-source'] === undefined ? '' : ' copy'}`
}

export async function openGate(moto: string): Promise<Gate> {
  const gate: Gate & { url: string } = {
    url: '',
    calls: [],
    refuse: undefined,
    answer: undefined,
    onDone: undefined,
  }
  const server: Server = createServer(async (request, response) => {
    const body = await buffer(request).catch(() => undefined)
    if (body === undefined) return
    const call: Call = {
      number: gate.calls.length + 1,
      name: nameOf(request, body.toString('utf8')),
      method: request.method ?? '',
      path: request.url ?? '',
      key: /Credential=(\w+)/.exec(request.headers.authorization ?? '')?.[1] ?? '',
      body: body.toString('utf8'),
    }
    gate.calls.push(call)
    const refusal = gate.refuse?.(call)
    if (refusal !== undefined) {
      response.writeHead(refusal.status, { 'content-type': 'text/xml' })
      response.end(
        `<?xml version="1.0"?><ErrorResponse><Error><Type>Sender</Type><Code>${refusal.code}</Code><Message>${refusal.message ?? `refused by the test: ${refusal.code}`}</Message></Error><Code>${refusal.code}</Code><Message>refused by the test</Message></ErrorResponse>`,
      )
      return
    }
    const answered = gate.answer?.(call)
    if (answered !== undefined) {
      response
        .writeHead(answered.status ?? 200, { 'content-type': answered.type })
        .end(answered.body)
      return
    }
    const { connection: _, 'transfer-encoding': __, ...headers } = request.headers
    const answer = await fetch(`${moto}${request.url}`, {
      method: request.method ?? 'GET',
      headers: headers as Record<string, string>,
      ...(body.length > 0 ? { body: new Uint8Array(body) } : {}),
    })
    const content = Buffer.from(await answer.arrayBuffer())
    await gate.onDone?.(call)
    const back = Object.fromEntries(answer.headers)
    delete back['content-encoding']
    delete back['transfer-encoding']
    response.writeHead(answer.status, {
      ...back,
      ...(request.method === 'HEAD' ? {} : { 'content-length': String(content.length) }),
    })
    response.end(content)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  gate.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return gate
}
