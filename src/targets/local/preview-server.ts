import { realpathSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import sirv, { type RequestHandler } from 'sirv'
import { previewHost } from './preview-address.ts'

const serverOf = (release: string) =>
  sirv(release, {
    dev: true,
    etag: true,
    single: true,
    setHeaders: (response) => response.setHeader('cache-control', 'no-cache'),
  })

/**
 * Serves the release that the link `folder` leads to at each request, and index.html for a path without a file.
 * Takes the given port, or a free one if that port is in use.
 */
export async function startPreviewServer(
  folder: string,
  port: number | undefined,
): Promise<{ server: Server; port: number }> {
  let serving: { readonly release: string; readonly serve: RequestHandler } | undefined
  const server = createServer((request, response) => {
    const refuse = () => {
      response.statusCode = 404
      response.end('Not found\n')
    }
    // The link is resolved once per request, because a switch between head and body would mix two releases.
    const release = findRealPath(folder)
    if (release === undefined) return refuse()
    if (serving?.release !== release) serving = { release, serve: serverOf(release) }
    serving.serve(request, response, refuse)
  })
  await listen(server, port ?? 0).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') throw error
    return listen(server, 0)
  })
  return { server, port: (server.address() as AddressInfo).port }
}

function findRealPath(link: string): string | undefined {
  try {
    return realpathSync(link)
  } catch {
    return undefined
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, previewHost, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
