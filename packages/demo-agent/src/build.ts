import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import {
  apps,
  type Plan,
  planApp,
  planChange,
  publishedFiles,
  readPlan,
  shownText,
  writeApp,
} from './app.ts'
import { type Bench, WorkFailure } from './bench.ts'
import { writeHandOver, writePlanDocuments } from './documents.ts'
import type { Order } from './order.ts'
import { commitAll, runProgram, tailOf } from './programs.ts'
import { type Answer, askQuestion, questionOf } from './questions.ts'
import { rehearseImplemented, rehearseImplementing } from './rehearse.ts'
import { writeFileOnce } from './write-file.ts'

/** How a turn of work ended: with a question or not, and the sentence that says how. */
export interface Outcome {
  readonly isQuestion?: true
  readonly text: string
}

/** Carries an order out from its beginning. */
export const startBuild = (bench: Bench): Promise<Outcome> =>
  reportingFailures(bench, async () => {
    const { order, say, doing, report } = bench
    doing('Reading the prompt')
    say(
      `● Build ${order.build}, attempt ${order.attempt} of ${order.maxAttempts}: ${order.promptType}`,
    )
    await report('initializing', 0, 5, 'Read the prompt')
    const plan = await makePlan(bench)
    const question = questionOf(bench.scenario)
    if (!question) return finish(bench, plan)
    askQuestion(order.workspace, question)
    say(`  ? ${question.question} (${question.options.join(' / ')})`)
    const { reason, cost_estimate_monthly } = question
    const more = { reason, cost_estimate_monthly }
    await report('awaiting_approval', 1, 30, question.question, more)
    return { isQuestion: true, text: `I need an answer: ${question.question}` }
  })

/** Goes on after the answer to the order's question. */
export const continueBuild = (bench: Bench, { isRejected, ...given }: Answer): Promise<Outcome> =>
  reportingFailures(bench, async () => {
    const decision = { ...given, answer: shownText(given.answer) }
    bench.say(`● Answer: ${decision.answer}`)
    if (isRejected) throw new WorkFailure('rejected', `Rejected: ${decision.question}`)
    const before = readPlan(bench.order.workspace)
    if (!before) throw new WorkFailure('plan_lost', 'The plan in code/app.json is gone')
    const isDark = /\balways dark\b/i.test(decision.answer)
    const others = before.decisions.filter(({ question }) => question !== decision.question)
    const plan: Plan = {
      ...before,
      look: isDark ? { ...before.look, scheme: 'dark' } : before.look,
      decisions: [...others, decision],
    }
    writePlan(bench.order, plan)
    return finish(bench, plan)
  })

/** A failure of the work is a report and an ordinary end of the turn; an interruption is neither. */
async function reportingFailures(bench: Bench, work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work()
  } catch (error) {
    bench.signal.throwIfAborted()
    const failure =
      error instanceof WorkFailure
        ? error
        : new WorkFailure('internal', error instanceof Error ? error.message : String(error))
    await bench.reportFailure(failure)
    return { text: failure.message }
  }
}

async function makePlan({ order, say, doing, report, useTool }: Bench): Promise<Plan> {
  doing('Planning')
  say('● Phase 1: analysis and planning')
  await report('planning', 1, 10, 'Reading the request')
  const request = await useTool('Read', order.requestFile, () =>
    readFileSync(order.requestFile, 'utf8'),
  )
  const plan = planOrder(order, request)
  await useTool('Write', 'docs/architecture.md', () => writePlan(order, plan))
  const message = `Planned a ${apps[plan.kind].noun}: ${plan.title}`
  say(`  ${message}`)
  await report('planning', 1, 30, message)
  return plan
}

/** Decides what this order makes: a new app, a change of the one that is there, or the same once more. */
function planOrder(order: Order, request: string): Plan {
  const before = readPlan(order.workspace)
  if (before?.build === order.build) return before
  const isChange =
    order.promptType === 'refinement_mode' ||
    before?.changes.some((change) => change.build === order.build) ||
    // A debug prompt does not say what it repairs; with a live address it is a refinement.
    (order.promptType === 'debug_mode' && order.deploymentUrl !== undefined)
  if (!isChange) return planApp(request, order.build)
  return planChange(before ?? planLost(order, request), request, order.build)
}

/** The plan of an app whose files are gone: from its original request where the order names it. */
function planLost({ originalRequestFile: file }: Order, request: string): Plan {
  return planApp(file && existsSync(file) ? readFileSync(file, 'utf8') : request, 0)
}

function writePlan({ workspace }: Order, plan: Plan): string[] {
  writeFileOnce(join(workspace, 'code/app.json'), `${JSON.stringify(plan, null, 2)}\n`)
  return writePlanDocuments(workspace, plan)
}

async function finish(bench: Bench, plan: Plan): Promise<Outcome> {
  const files = await implement(bench, plan)
  if (rehearseImplemented(bench)) return { text: 'The app is made and tested.' }
  const url = await deploy(bench)
  bench.doing('Handing over')
  bench.say('● Phase 4: finalization')
  const documents = await bench.useTool('Write', 'docs/DEPLOYMENT_SUMMARY.md', () =>
    writeHandOver(bench, plan, url),
  )
  const reported = bench.scenario === 'lie-about-url' ? 'http://127.0.0.1:9/' : url
  await bench.report('deployed', 4, 100, `${plan.title} is deployed`, {
    deployment_url: reported,
    files_created: [...files, 'docs/architecture.md', 'docs/plan.md', ...documents],
    cost_estimate_monthly: 0,
    completed_at: new Date().toISOString(),
  })
  return { text: `Deployed: ${reported} (refine: tmux-builder refine ${bench.order.guid})` }
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
  bench.doing('Implementing')
  say('● Phase 2: implementation')
  await report('implementing', 2, 40, `Making ${plan.title}`)
  const files = await useTool('Write', 'code/', () =>
    writeApp(code, plan).map((name) => `code/${name}`),
  )
  say(`  ${files.length} files: ${files.join(' ')}`)
  await rehearseImplementing(bench)
  await report('implementing', 2, 55, `Wrote ${files.length} files; testing them`)
  const test = ['--test', ...inOneProcess, '--test-reporter=tap', 'app.test.js']
  const result = await useTool('Bash', 'node --test', () =>
    runProgram(process.execPath, test, code, signal),
  )
  const passed = Number(/^# pass (\d+)$/m.exec(result.stdout)?.[1] ?? 0)
  if (result.exitCode !== 0 || passed === 0) {
    throw new WorkFailure('tests_failed', 'The app’s own tests fail', tailOf(result.output))
  }
  say(`  ${passed} tests pass`)
  const subject = plan.changes.length === 0 ? 'Make the app' : 'Refine the app'
  const outcome = await useTool('Bash', 'git commit', () =>
    commitAll(code, `${subject} (build ${order.build})`, signal),
  )
  say(`  ${outcome}`)
  await report('implementing', 2, 70, `All ${passed} tests pass`)
  return files
}

/** Phase 3: builds, deploys by the order's command, and looks at the address itself. Returns the address. */
async function deploy({ order, signal, say, doing, report, useTool }: Bench): Promise<string> {
  const { workspace, deployCommand, target } = order
  const dist = join(workspace, 'code/dist')
  doing('Deploying')
  say('● Phase 3: deployment')
  await useTool('Bash', 'build code/dist', () => buildDist(workspace, dist))
  await report('deploying', 3, 75, 'Built what is to be deployed')
  const command = `${deployCommand} '${dist.replaceAll("'", "'\\''")}'`
  await report('deploying', 3, 85, 'Deploying')
  const result = await useTool('Bash', command, () =>
    runProgram('/bin/sh', ['-c', command], workspace, signal),
  )
  const { exitCode, stdout, output } = result
  const log = writeDeploymentLog(
    workspace,
    `command: ${command}\nexit code: ${exitCode}\n\n${output}`,
  )
  const url = parseUrl(stdout)
  if (exitCode !== 0 || url === undefined) {
    const how = exitCode === 0 ? 'printed no address' : `ended with ${exitCode}`
    throw new WorkFailure('deploy_failed', `The deploy command ${how}; see ${log}`, tailOf(output))
  }
  // A CDN may need minutes: the verification of the claim waits for it.
  const isSeen = target !== 'aws'
  if (isSeen) await useTool('WebFetch', url, () => checkHealth(url, dist, signal))
  const message = `${url} ${isSeen ? 'answers with the new page' : 'is deployed'}`
  say(`  ${message}`)
  await report('deploying', 3, 95, message)
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

/** Keeps what a deployment said as the next numbered log. */
function writeDeploymentLog(workspace: string, text: string): string {
  const folder = 'infrastructure/deployment_logs'
  mkdirSync(join(workspace, folder), { recursive: true })
  const numbers = readdirSync(join(workspace, folder)).map((name) => Number.parseInt(name, 10) || 0)
  const name = `${folder}/${String(Math.max(0, ...numbers) + 1).padStart(3, '0')}.log`
  writeFileOnce(join(workspace, name), `at: ${new Date().toISOString()}\n${text}`)
  return name
}
