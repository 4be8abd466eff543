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
 * Serves what the folder holds at each moment (it is a link that is switched), index.html for a path that names no
 * file. Takes the port asked for, or a free one where that is taken.
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
    // An answer comes from one release, whole: the link may be switched between its head and its body.
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
