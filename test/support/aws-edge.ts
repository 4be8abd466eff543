/** An edge of CloudFront's for tests: it runs the function's real code and reads the bucket, over real TLS on loopback. */
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import vm from 'node:vm'
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import { CloudFrontClient, GetFunctionCommand } from '@aws-sdk/client-cloudfront'
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { onTestFinished } from 'vitest'
import { siteOf } from '../../src/targets/aws/stack.ts'
import { makeAuthority } from './https-server.ts'

export interface Visit {
  readonly status: number
  readonly text: string
  readonly headers?: Record<string, string>
}

/** What the function at the edge returns: the request as it goes on, or the answer. */
export interface EdgeResult {
  readonly uri?: string
  readonly statusCode?: number
  readonly statusDescription?: string
  readonly headers?: Record<string, { value: string }>
}

/** Runs the function's code for a path, with what CloudFront gives it. */
export function runEdgeFunction(code: string, target: string): EdgeResult {
  const [uri = '', query = ''] = target.split(/\?(.*)/s)
  const querystring: Record<string, { value: string; multiValue?: { value: string }[] }> = {}
  for (const pair of query === '' ? [] : query.split('&')) {
    const [name = '', value = ''] = pair.split(/=(.*)/s)
    const { multiValue = [] } = querystring[name] ?? {}
    const all = [...(multiValue.length > 0 ? multiValue : [querystring[name]]), { value }].filter(
      (one) => one !== undefined,
    )
    querystring[name] = all.length > 1 ? { value, multiValue: all } : { value }
  }
  const event = { request: { method: 'GET', uri, querystring, headers: {}, cookies: {} } }
  return vm.runInNewContext(`${code}\nhandler(event)`, { event }) as EdgeResult
}

export interface Edge {
  /** For NODE_EXTRA_CA_CERTS. */
  readonly ca: string
  connectTo(host: string): string
  /** What a visitor gets. */
  visit(host: string, path: string): Promise<Visit>
  /** How each answer is falsified; `undefined`: none is. */
  falsify: ((path: string, text: string) => string) | undefined
}

export async function openEdge(moto: string): Promise<Edge> {
  const shared = {
    endpoint: moto,
    region: 'us-east-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  }
  const stacks = new CloudFormationClient(shared)
  const front = new CloudFrontClient(shared)
  const s3 = new S3Client({ ...shared, forcePathStyle: true })

  const visit = async (host: string, path: string): Promise<Visit> => {
    const { Stacks = [] } = await stacks.send(new DescribeStacksCommand({}))
    const stack = Stacks.find((one) => siteOf(one).domain === host)
    if (!stack) return { status: 502, text: 'no such distribution' }
    const { FunctionCode } = await front.send(
      new GetFunctionCommand({ Name: siteOf(stack).router.split('/').at(-1) }),
    )
    const result = runEdgeFunction(Buffer.from(FunctionCode ?? []).toString('utf8'), path)
    const { statusCode: status, statusDescription: text = '', uri = '' } = result
    if (status !== undefined) {
      const headers = Object.entries(result.headers ?? {}).map(([name, { value }]) => [name, value])
      return { status, text, headers: Object.fromEntries(headers) }
    }
    // S3 reads a plus as a space.
    const key = decodeURIComponent(uri.slice(1).replaceAll('+', ' '))
    try {
      const object = await s3.send(new GetObjectCommand({ Bucket: siteOf(stack).bucket, Key: key }))
      const text = (await object.Body?.transformToString()) ?? ''
      return { status: 200, text: edge.falsify?.(path, text) ?? text }
    } catch (error) {
      if ((error as Error).name === 'NoSuchKey') return { status: 404, text: '' }
      throw error
    }
  }

  const authority = makeAuthority()
  const server = createServer(authority.issue(['DNS:*.cloudfront.net']), (request, response) => {
    const path = request.url ?? '/'
    visit(request.headers.host ?? '', path).then(
      ({ status, text, headers }) => {
        const type = path.endsWith('.json') ? 'application/json' : 'text/html; charset=utf-8'
        response.writeHead(status, { 'content-type': type, ...headers }).end(text)
      },
      (error: unknown) => response.writeHead(500).end(String(error)),
    )
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const edge: Edge = {
    ca: authority.file,
    connectTo: (host) => `${host}:443:127.0.0.1:${port}`,
    visit,
    falsify: undefined,
  }
  return edge
}
