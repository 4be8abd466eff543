import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { publishedFiles, writeApp } from './app.ts'
import { type Bench, WorkFailure } from './bench.ts'
import { writeHandOver, writePlanDocuments } from './documents.ts'
import { apps, type Plan, planDecision, planOrder } from './plan.ts'
import { commitAll, runProgram, tailOf } from './programs.ts'
import { type Answer, askQuestion, questionOf } from './questions.ts'
import { rehearseImplemented, rehearseImplementing } from './rehearse.ts'
import { writeFileOnce } from './write-file.ts'

/**
 * Carries an order out, or goes on with it after an answer; returns a sentence that says how it ended.
 * A failure is a report and an ordinary end of the turn.
 */
export async function build(bench: Bench, answer: Answer | undefined): Promise<string> {
  try {
    if (answer) return await finish(bench, takeAnswer(bench, answer))
    const plan = await makePlan(bench)
    return (await ask(bench)) ?? (await finish(bench, plan))
  } catch (error) {
    // An interruption is no failure.
    bench.signal.throwIfAborted()
    return await bench.reportFailure(error)
  }
}

/** Phases 0 and 1. */
async function makePlan({ order, beginPhase, report, useTool }: Bench): Promise<Plan> {
  const { build, attempt, maxAttempts, promptType, requestFile } = order
  const title = `Build ${build}, attempt ${attempt} of ${maxAttempts}: ${promptType}`
  beginPhase(0, 'Reading the prompt', title)
  await report('initializing', 5, 'Read the prompt')
  beginPhase(1, 'Planning', 'Phase 1: analysis and planning')
  await report('planning', 10, 'Reading the request')
  const request = await useTool('Read', requestFile, () => readFileSync(requestFile, 'utf8'))
  const plan = planOrder(order, request)
  await useTool('Write', 'docs/architecture.md', () => writePlanDocuments(order.workspace, plan))
  await report('planning', 30, `Planned a ${apps[plan.kind].noun}: ${plan.title}`)
  return plan
}

async function ask(bench: Bench): Promise<string | undefined> {
  const { order, scenario, startedAt, conversation, say, report } = bench
  const asked = questionOf(scenario)
  if (!asked) return undefined
  const { question, options, reason, cost_estimate_monthly } = asked
  askQuestion(order.workspace, asked)
  say(`  ? ${question} (${options.join(' / ')})`)
  await report('awaiting_approval', 30, question, { reason, cost_estimate_monthly })
  const { promptFile } = order
  conversation.record({ type: 'question', prompt_file: promptFile, started_at: startedAt })
  return `I need an answer: ${question}`
}

function takeAnswer({ order, beginPhase }: Bench, answer: Answer): Plan {
  beginPhase(1, 'Planning', `Answer: ${answer.answer}`)
  if (answer.isRejected) throw new WorkFailure('rejected', `Rejected: ${answer.question}`)
  const plan = planDecision(order, answer)
  if (!plan) throw new WorkFailure('plan_lost', 'The plan in code/app.json is gone')
  writePlanDocuments(order.workspace, plan)
  return plan
}

async function finish(bench: Bench, plan: Plan): Promise<string> {
  const files = await implement(bench, plan)
  if (rehearseImplemented(bench)) return 'The app is made and tested.'
  const url = await deploy(bench)
  bench.beginPhase(4, 'Handing over', 'Phase 4: finalization')
  const documents = await bench.useTool('Write', 'docs/DEPLOYMENT_SUMMARY.md', () =>
    writeHandOver(bench, plan, url),
  )
  const reported = bench.scenario === 'lie-about-url' ? 'http://127.0.0.1:9/' : url
  await bench.report('deployed', 100, `${plan.title} is deployed`, {
    deployment_url: reported,
    files_created: [...files, 'docs/architecture.md', 'docs/plan.md', ...documents],
    cost_estimate_monthly: 0,
    completed_at: new Date().toISOString(),
  })
  return `Deployed: ${reported} (refine: tmux-builder refine ${bench.order.guid})`
}

/** All test files in one process; Node 22 and Node 24 name the option differently. */
const inOneProcess = ['--test-isolation', '--experimental-test-isolation']
  .filter((name) => process.allowedNodeEnvironmentFlags.has(name))
  .slice(0, 1)
  .map((name) => `${name}=none`)

/** Phase 2: the app, its tests, a commit. */
async function implement(bench: Bench, plan: Plan): Promise<string[]> {
  const { order, signal, say, report, useTool } = bench
  const code = join(order.workspace, 'code')
  bench.beginPhase(2, 'Implementing', 'Phase 2: implementation')
  await report('implementing', 40, `Making ${plan.title}`)
  const names = await useTool('Write', 'code/', () => writeApp(code, plan))
  const files = names.map((name) => `code/${name}`)
  await rehearseImplementing(bench)
  await report('implementing', 55, `Wrote ${files.length} files; testing them`)
  const test = ['--test', ...inOneProcess, '--test-reporter=tap', 'app.test.js']
  const { exitCode, stdout, output } = await useTool('Bash', 'node --test', () =>
    runProgram(process.execPath, test, code, signal),
  )
  const passed = Number(/^# pass (\d+)$/m.exec(stdout)?.[1] ?? 0)
  if (exitCode !== 0 || passed === 0) {
    throw new WorkFailure('tests_failed', 'The app’s own tests fail', tailOf(output))
  }
  const subject = plan.changes.length === 0 ? 'Make the app' : 'Refine the app'
  const commit = `${subject} (build ${order.build})`
  say(`  ${await useTool('Bash', 'git commit', () => commitAll(code, commit, signal))}`)
  await report('implementing', 70, `All ${passed} tests pass`)
  return files
}

/** Phase 3: builds, deploys by the order's command, and looks at the address itself. Returns the address. */
async function deploy({ order, signal, beginPhase, report, useTool }: Bench): Promise<string> {
  const { workspace, deployCommand, target } = order
  const dist = join(workspace, 'code/dist')
  beginPhase(3, 'Deploying', 'Phase 3: deployment')
  await useTool('Bash', 'build code/dist', () => buildDist(workspace, dist))
  await report('deploying', 75, 'Built what is to be deployed')
  const command = `${deployCommand} '${dist.replaceAll("'", "'\\''")}'`
  await report('deploying', 85, 'Deploying')
  const { exitCode, stdout, output } = await useTool('Bash', command, () =>
    runProgram('/bin/sh', ['-c', command], workspace, signal),
  )
  const log = keepLog(workspace, `command: ${command}\nexit code: ${exitCode}\n\n${output}`)
  const url = parseUrl(stdout)
  if (exitCode !== 0 || url === undefined) {
    const how = exitCode === 0 ? 'printed no address' : `ended with ${exitCode}`
    throw new WorkFailure('deploy_failed', `The deploy command ${how}; see ${log}`, tailOf(output))
  }
  // A CDN may need minutes: the verification of the claim waits for it.
  const isSeen = target !== 'aws'
  if (isSeen) await useTool('WebFetch', url, () => checkHealth(url, dist, signal))
  await report('deploying', 95, `${url} ${isSeen ? 'answers with the new page' : 'is deployed'}`)
  return url
}

/** Copies what is to be deployed into code/dist, made anew. */
function buildDist(workspace: string, dist: string): void {
  rmSync(dist, { recursive: true, force: true })
  mkdirSync(dist, { recursive: true })
  for (const name of publishedFiles) {
    const file = join(workspace, 'code', name)
    if (existsSync(file)) cpSync(file, join(dist, name))
  }
}

/** The last line that a deploy command printed, if it is an address. */
export function parseUrl(stdout: string): string | undefined {
  const last = stdout.trimEnd().split('\n').at(-1)?.trim() ?? ''
  return /^https?:\/\/\S+$/.test(last) && URL.canParse(last) ? last : undefined
}

/** The address must answer with the page that was deployed; a server that has just started gets some tries. */
async function checkHealth(url: string, dist: string, signal: AbortSignal): Promise<void> {
  const wanted = readFileSync(join(dist, 'index.html'), 'utf8')
  let seen = ''
  for (let attempt = 0; attempt < 5; attempt += 1) {
    await delay(attempt * 200, undefined, { signal })
    const limit = AbortSignal.any([signal, AbortSignal.timeout(5000)])
    const headers = { connection: 'close' }
    seen = await fetch(url, { signal: limit, redirect: 'manual', headers }).then(
      async (answer) => `${answer.status} ${await answer.text()}`,
      (error) => String(error.cause ?? error),
    )
    if (seen === `200 ${wanted}`) return
  }
  const problem = `${url} does not answer with the new page: ${seen.slice(0, 200)}`
  throw new WorkFailure('health_check_failed', problem, tailOf(seen))
}

/** Keeps what a deployment said as the next numbered log; returns its name. */
function keepLog(workspace: string, text: string): string {
  const folder = 'infrastructure/deployment_logs'
  mkdirSync(join(workspace, folder), { recursive: true })
  const numbers = readdirSync(join(workspace, folder)).map((name) => Number.parseInt(name, 10) || 0)
  const name = `${folder}/${String(Math.max(0, ...numbers) + 1).padStart(3, '0')}.log`
  writeFileOnce(join(workspace, name), `at: ${new Date().toISOString()}\n${text}`)
  return name
}
