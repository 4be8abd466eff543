import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import sirv from 'sirv'
import { previewHost } from './preview-address.ts'

/**
 * Serves what the folder holds at each moment (it is a link that is switched), index.html for a path that names no
 * file. Takes the port asked for, or a free one where that is taken.
 */
export async function startPreviewServer(
  folder: string,
  port: number | undefined,
): Promise<{ server: Server; port: number }> {
  const serve = sirv(folder, {
    dev: true,
    etag: true,
    single: true,
    setHeaders: (response) => response.setHeader('cache-control', 'no-cache'),
  })
  const server = createServer((request, response) => {
    serve(request, response, () => {
      response.statusCode = 404
      response.end('Not found\n')
    })
  })
  await listen(server, port ?? 0).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') throw error
    return listen(server, 0)
  })
  return { server, port: (server.address() as AddressInfo).port }
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
