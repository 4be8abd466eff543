import { getCompileCacheDir } from 'node:module'
import { dirname, join } from 'node:path'
import { notReady } from '../../errors.ts'
import { packageRoot } from '../../world/package-root.ts'
import type { Environment, World } from '../../world/world.ts'
import {
  type AwsCallName,
  type AwsCalls,
  type AwsMessage,
  type AwsRequest,
  thrownBy,
} from './messages.ts'

const worker = join(packageRoot, 'dist', 'aws.js')

/**
 * Runs one request in a child process, because the SDK and the programs that a profile names read their
 * credentials from the environment of their process. The child gets `environment`. It ends when this process
 * does, even if this one is killed; an abort of the world's signal ends it too and throws the signal's reason.
 */
export async function callAws<Name extends AwsCallName>(
  world: World,
  environment: Environment,
  request: AwsRequest<Name>,
): Promise<AwsCalls[Name]['value']> {
  world.signal.throwIfAborted()
  let answer: Exclude<AwsMessage, { type: 'notice' }> | undefined
  const cache = getCompileCacheDir()
  const done = await world.run(process.execPath, [worker, ...(cache ? [dirname(cache)] : [])], {
    env: environment,
    cwd: world.cwd,
    input: `${JSON.stringify(request)}\n`,
    keepsInputOpen: true,
    signal: world.signal,
    onLine: (line) => {
      const message = JSON.parse(line) as AwsMessage
      if (message.type === 'notice') world.notice(message.text)
      else answer = message
    },
  })
  world.signal.throwIfAborted()
  if (answer?.type === 'result') return answer.value as AwsCalls[Name]['value']
  if (answer) throw thrownBy(answer)
  if (done.exitCode !== null || done.spawnError !== undefined)
    throw new Error(`the process for AWS gave no answer: ${done.spawnError ?? done.stderr}`)
  throw notReady(
    'The process that works in AWS was killed.',
    'Run the same command again to continue',
  )
}
