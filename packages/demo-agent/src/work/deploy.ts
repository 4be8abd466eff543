import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { publishedFiles } from '../apps/files.ts'
import { type Bench, useTool, WorkFailure } from './bench.ts'
import { runCommand, shellWord, tailOf } from './command.ts'
import { fetchText } from './fetch.ts'
import { writeFileOnce } from './write.ts'

/** Copies what is to be deployed into code/dist, made anew. */
function buildDist(workspace: string): string {
  const dist = join(workspace, 'code', 'dist')
  rmSync(dist, { recursive: true, force: true })
  mkdirSync(dist, { recursive: true })
  for (const name of publishedFiles) cpSync(join(workspace, 'code', name), join(dist, name))
  return dist
}

/** Phase 3: builds, deploys by the order's command, and looks at the address itself. Returns the address. */
export async function deploy(bench: Bench): Promise<string> {
  const { workspace, deployCommand, target } = bench.order
  bench.doing('Deploying')
  bench.say('● Phase 3: deployment')
  const dist = await useTool(bench, 'Bash', 'build code/dist', async () => buildDist(workspace))
  await bench.report(deploying(75, 'Built what is to be deployed'))
  const command = `${deployCommand} ${shellWord(dist)}`
  await bench.report(deploying(85, 'Deploying'))
  const result = await useTool(bench, 'Bash', command, () =>
    runCommand('/bin/sh', ['-c', command], { cwd: workspace, signal: bench.signal }),
  )
  const log = writeDeploymentLog(workspace, command, result.exitCode, result.output)
  if (result.exitCode !== 0) {
    throw new WorkFailure(
      'deploy_failed',
      `The deploy command ended with ${result.exitCode}; see ${log}`,
      tailOf(result.output),
    )
  }
  const url = parseUrl(result.stdout)
  if (url === undefined) {
    throw new WorkFailure(
      'deploy_failed',
      'The deploy command printed no address',
      tailOf(result.output),
    )
  }
  if (target === 'aws') {
    // A CDN may need minutes; whoever verifies the claim waits for it.
    await bench.report(deploying(95, `${url} is deployed`))
    return url
  }
  await useTool(bench, 'WebFetch', url, () =>
    checkHealth(url, join(dist, 'index.html'), bench.signal),
  )
  bench.say(`  ${url} answers with the new page`)
  await bench.report(deploying(95, `${url} answers with the new page`))
  return url
}

/** The last line that a deploy command printed, if it is an address. */
export function parseUrl(stdout: string): string | undefined {
  const last =
    stdout
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean)
      .at(-1) ?? ''
  return /^https?:\/\/\S+$/.test(last) && URL.canParse(last) ? last : undefined
}

/** The address must answer with the page that was deployed; a server that has just started gets some tries. */
async function checkHealth(url: string, page: string, signal: AbortSignal): Promise<void> {
  const wanted = readFileSync(page, 'utf8')
  let last = ''
  for (let attempt = 0; attempt < 5; attempt += 1) {
    if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, attempt * 200))
    signal.throwIfAborted()
    const answer = await fetchText(url, signal)
    if (answer.status === 200 && answer.text === wanted) return
    last = answer.status === 200 ? 'another page' : answer.text || `status ${answer.status}`
  }
  throw new WorkFailure(
    'health_check_failed',
    `${url} does not answer with the new page: ${last}`,
    last,
  )
}

/** Keeps a command's output as the next numbered log. */
function writeDeploymentLog(
  workspace: string,
  command: string,
  exitCode: number | null,
  output: string,
): string {
  const folder = join(workspace, 'infrastructure', 'deployment_logs')
  mkdirSync(folder, { recursive: true })
  const numbers = readdirSync(folder).map((name) => Number.parseInt(name, 10) || 0)
  const name = `${String(Math.max(0, ...numbers) + 1).padStart(3, '0')}.log`
  const head = `at: ${new Date().toISOString()}\ncommand: ${command}\nexit code: ${exitCode}\n\n`
  writeFileOnce(join(folder, name), head + output)
  return `infrastructure/deployment_logs/${name}`
}

const deploying = (progress: number, message: string) => ({
  status: 'deploying' as const,
  phase: 3 as const,
  progress,
  message,
})
