/** moto's server with our plug-in, for one test file: AWS on loopback. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { beforeAll, beforeEach } from 'vitest'
import { waitFor } from './cli-lab.ts'

const script = join(import.meta.dirname, '../aws/moto_with_cloudfront.py')
const works = (file: string, args: string[]) =>
  spawnSync(file, args, { stdio: 'ignore', timeout: 60_000 }).status === 0

const cure = 'python3 -m pip install -r test/aws/requirements.txt'

/** Absent, tests are skipped with the reason in their names; in CI that is an error. */
function require<T>(name: string, found: T | undefined): T | undefined {
  if (found === undefined && process.env.CI)
    throw new Error(`${name} is missing; install it: ${cure}`)
  return found
}

export const hasMoto = require('moto', works('python3', ['-c', 'import moto.server']) || undefined)
export const whyNoMoto = hasMoto ? '' : ` (moto is missing: ${cure})`

/** Its output for a template; empty: clean. */
export const runCfnLint = require('cfn-lint', works('cfn-lint', ['--version'])
  ? (file: string) => {
      const done = spawnSync('cfn-lint', [file], { encoding: 'utf8', timeout: 60_000 })
      return `${done.stdout}${done.stderr}`
    }
  : undefined)

type Change = 'CREATE' | 'UPDATE' | 'DELETE'

export interface Moto {
  readonly url: string
  /** Nothing is in any account any more, and stacks are made within the call. */
  reset(): Promise<void>
  /**
   * From now on a stack's change takes that long, as on AWS; the next of a kind may fail: `Router: no rights`. 0: what
   * goes on ends.
   */
  slowStacks(seconds: number, failures?: Partial<Record<Change, string>>): Promise<void>
}

/** One for the tests of this block, empty before each of them. */
export function useMoto(): Moto {
  let moto: (Moto & { stop(): Promise<void> }) | undefined
  const started = () => {
    if (!moto) throw new Error('moto runs while tests do')
    return moto
  }
  beforeAll(async () => {
    moto = await startMoto()
    return moto.stop
  }, 60_000)
  beforeEach(() => started().reset())
  return {
    get url() {
      return started().url
    },
    reset: () => started().reset(),
    slowStacks: (...pace) => started().slowStacks(...pace),
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as { port: number }
  await new Promise((done) => server.close(done))
  return port
}

/** It ignores SIGTERM. */
async function startMoto() {
  const port = await freePort()
  const child: ChildProcess = spawn('python3', [script, '-H', '127.0.0.1', '-p', String(port)], {
    stdio: 'ignore',
    env: { PATH: process.env.PATH, HOME: process.env.HOME, MOTO_CALL_RESET_API: 'false' },
  })
  const ended = new Promise((done) => child.once('exit', done))
  const url = `http://127.0.0.1:${port}`
  await waitFor('moto answers', () =>
    fetch(`${url}/moto-api/`).then(
      ({ ok }) => ok,
      () => false,
    ),
  )
  const post = async (path: string, body?: string) => {
    const { ok } = await fetch(`${url}/moto-api/${path}`, { method: 'POST', ...(body && { body }) })
    if (!ok) throw new Error(`moto does not know ${path}`)
  }
  const slowStacks: Moto['slowStacks'] = (seconds, failures = {}) =>
    post('pace', JSON.stringify({ seconds, failures }))
  return {
    url,
    slowStacks,
    stop: async () => {
      child.kill('SIGKILL')
      await ended
    },
    reset: async () => {
      await slowStacks(0)
      await post('reset')
    },
  }
}
