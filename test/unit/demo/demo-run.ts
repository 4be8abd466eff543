import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

export const demoProgram = join(import.meta.dirname, '../../../packages/demo-agent/src/main.ts')
export const conversation = '3f2b8a52-7c5e-4d0e-9a57-0d6c0c1f8e11'

/** A session's folders, a deploy command that copies, and a server that serves what was copied. */
export async function makePlace() {
  // A space and an umlaut: paths are data everywhere.
  const folder = mkdtempSync(join(tmpdir(), 'tb demö-'))
  const site = join(folder, 'site')
  const server = createServer((_, response) => {
    const page = join(site, 'index.html')
    response.statusCode = existsSync(page) ? 200 : 503
    response.end(existsSync(page) ? readFileSync(page) : 'nothing here')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  onTestFinished(() => {
    server.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const place = {
    folder,
    site,
    url,
    workspace: join(folder, 'workspace'),
    state: join(folder, 'state'),
    hookLog: join(folder, 'hooks.jsonl'),
    deployScript: join(folder, 'deploy.sh'),
  }
  for (const name of ['prompts', 'workspace']) mkdirSync(join(folder, name))
  writeFileSync(
    place.deployScript,
    `#!/bin/sh\nrm -rf "${site}" && cp -r "$4" "${site}" && echo "deployed for $2" && echo "${url}"\n`,
  )
  chmodSync(place.deployScript, 0o755)
  return place
}

export type Place = Awaited<ReturnType<typeof makePlace>>

/** Writes a prompt as tmux-builder renders it; returns its path. */
export function writePrompt(
  place: Place,
  request: string,
  facts: Record<string, string | number> = {},
): string {
  const build = facts.build ?? 1
  const type = facts.prompt_type ?? 'autonomous_agent'
  const requestFile = join(place.folder, 'prompts', `00${build}-request.md`)
  writeFileSync(requestFile, request)
  const all = {
    prompt_type: type,
    guid: 'abc123',
    build: 1,
    attempt: 1,
    max_attempts: 3,
    workspace: place.workspace,
    target: 'local',
    request_file: requestFile,
    deploy_command: `'${place.deployScript}' deploy abc123 --dir`,
    ...facts,
  }
  const lines = Object.entries(all).map(([name, value]) => `- ${name}: ${value}`)
  const file = join(place.folder, 'prompts', `01${build}-${type}.md`)
  writeFileSync(file, `# Mission\n\n## Facts\n\n${lines.join('\n')}\n\n## Request\n\n${request}\n`)
  return file
}

export interface DemoRun {
  readonly child: ChildProcessWithoutNullStreams
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  screen(): string
}

/** Starts the demo agent with pipes for a terminal. It is killed when the test ends. */
export function startDemo(place: Place, args: readonly string[]): DemoRun {
  const child = spawn(process.execPath, [demoProgram, ...demoArgs(place), ...args], {
    cwd: place.workspace,
  })
  let screen = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      screen += text
    })
  }
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal }))
  })
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return { child, ended, screen: () => screen }
}

export const demoArgs = (place: Place): string[] => [
  ...['--conversation', conversation, '--state', place.state],
  ...['--hook-log', place.hookLog, '--pace', '0'],
]

/** Runs the agent on one message to its end: without further input it ends after its turn. */
export async function runDemo(place: Place, message: string, ...args: string[]) {
  const run = startDemo(place, [...args, '--', message])
  run.child.stdin.end()
  const ended = await run.ended
  return { ...ended, screen: run.screen() }
}

/** Whole lines only: a reader can see one that is still being written. */
const readLines = (file: string): Record<string, unknown>[] =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line))
    : []

export const readTranscript = (place: Place) =>
  readLines(join(place.state, `${conversation}.jsonl`))
export const readHooks = (place: Place) => readLines(place.hookLog)
export const hookNames = (place: Place) =>
  readHooks(place)
    .map((hook) => String(hook.hook_event_name))
    .filter((name) => !name.endsWith('ToolUse'))
export const readStatus = (place: Place): Record<string, unknown> =>
  JSON.parse(readFileSync(join(place.workspace, 'status.json'), 'utf8'))
export const readPage = (place: Place): string =>
  readFileSync(join(place.workspace, 'code/index.html'), 'utf8')

/** Waits for something to become true; fails with what it waited for. */
export async function waitFor(what: string, isTrue: () => boolean, timeoutMs = 10_000) {
  const end = Date.now() + timeoutMs
  while (!isTrue()) {
    if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms in vain for: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
