/** Child processes of a test, gone when it has ended. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'

export interface Child {
  readonly pid: number
  readonly process: ChildProcess
  /** The next line of its stdout; rejects when it ends without one. */
  nextLine(): Promise<string>
  readonly ended: Promise<unknown>
}

/** Starts a program whose stdout is read line by line; killed with its process group when the test ends. */
export function startChild(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = process.env,
): Child {
  const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'inherit'], detached: true })
  const ended = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  onTestFinished(() => {
    try {
      // Its group: what it started goes with it.
      process.kill(-(child.pid ?? 0), 'SIGKILL')
    } catch {
      // All of it has ended.
    }
  })
  return {
    pid: child.pid ?? 0,
    process: child,
    ended,
    nextLine: async () => {
      const line = await lines.next()
      if (line.done) throw new Error('the child ended without a line')
      return line.value
    },
  }
}

/** Starts TypeScript source text that imports from `src/` by absolute URL: `{src}` stands for that folder. */
export function startScript(text: string): Child {
  const src = new URL('../../src', import.meta.url).href
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module-typescript', '-e']
  return startChild(process.execPath, [...args, text.replaceAll('{src}', src)])
}
