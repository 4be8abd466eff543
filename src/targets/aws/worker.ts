import { once } from 'node:events'
import module from 'node:module'
import { createInterface } from 'node:readline'
import { type EndSignal, Interrupted, notReady } from '../../errors.ts'
import { realWorld } from '../../world/world.ts'
import { type AwsMessage, type AwsRequest, errorMessageOf } from './messages.ts'

// This process works in AWS. It reads one request from stdin and writes notices and one answer to stdout.

process.umask(0o077)

const abort = new AbortController()
const end = (signal: EndSignal) => abort.abort(new Interrupted(signal))
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end)
// When the caller is gone, a write to it fails. Unhandled, the error would end this process at once.
process.stdout.on('error', () => {})
process.stderr.on('error', () => {})

const world = realWorld({
  env: process.env,
  cwd: process.cwd(),
  signal: abort.signal,
  notice: (text) => say({ type: 'notice', text }),
})

try {
  const request = await readRequest()
  const [cache] = process.argv.slice(2)
  if (cache !== undefined) module.enableCompileCache?.(cache)
  // The SDK is loaded after the compile cache is enabled, so that its compiled code is cached.
  const { work } = await import('./work.ts')
  say({ type: 'result', value: await work(world, request.do, request) })
} catch (error) {
  say(errorMessageOf(error instanceof Interrupted ? wasEnded(error) : error))
}
process.stdin.destroy()

function say(message: AwsMessage): void {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}

/** Stdin stays open for as long as the caller lives, so its end means that this process must stop. */
async function readRequest(): Promise<AwsRequest> {
  const lines = createInterface({ input: process.stdin })
  lines.once('close', () => end('SIGTERM'))
  const [line] = await once(lines, 'line', { signal: abort.signal }).catch((error: unknown) => {
    abort.signal.throwIfAborted()
    throw error
  })
  return JSON.parse(line)
}

function wasEnded({ signal }: Interrupted) {
  return notReady(
    `The process that works in AWS was ended by ${signal}.`,
    'Run the same command again to continue',
  )
}
