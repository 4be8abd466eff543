import { get as getHttp } from 'node:http'
import { get as getHttps } from 'node:https'

const limitMs = 5000
const limitBytes = 4 * 1024 * 1024

/** Gets a text without proxies, redirects or connections that stay open. Status 0 and a sentence: no answer. */
export function fetchText(
  url: string,
  signal: AbortSignal,
): Promise<{ status: number; text: string }> {
  const get = url.startsWith('https:') ? getHttps : getHttp
  return new Promise((resolve) => {
    const options = {
      agent: false as const,
      signal: AbortSignal.any([signal, AbortSignal.timeout(limitMs)]),
    }
    const request = get(url, options, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (piece: string) => {
        text += piece
        if (text.length > limitBytes) request.destroy(new Error('the answer is too large'))
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      response.on('error', (error) => resolve({ status: 0, text: error.message }))
    })
    request.on('error', (error) => resolve({ status: 0, text: error.message }))
  })
}
