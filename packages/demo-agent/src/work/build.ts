import { readFileSync } from 'node:fs'
import type { AppPlan, Decision } from '../apps/app-plan.ts'
import { kindNamed } from '../apps/choose.ts'
import { type Bench, useTool, WorkFailure } from './bench.ts'
import { deploy } from './deploy.ts'
import { writeHandOver } from './hand-over.ts'
import { implement } from './implement.ts'
import { planOrder, readPlan, writePlan } from './plan.ts'
import { askQuestion, questionOf } from './questions.ts'
import { endsItsTurn, rehearseImplemented, reportedUrl } from './rehearse.ts'

/** How a turn of work ended, and the sentence that says so. */
export interface Outcome {
  readonly ended: 'deployed' | 'asked' | 'idle' | 'error'
  readonly text: string
}

/** Carries an order out from its beginning. */
export const startWork = (bench: Bench): Promise<Outcome> =>
  reportingFailures(bench, async () => {
    const { order } = bench
    bench.doing('Reading the prompt')
    bench.say(
      `● Build ${order.build}, attempt ${order.attempt} of ${order.maxAttempts}: ${order.promptType}`,
    )
    await bench.report({
      status: 'initializing',
      phase: 0,
      progress: 5,
      message: 'Read the prompt',
    })
    const plan = await makePlan(bench)
    const question = questionOf(bench.scenario)
    if (!question) return finishWork(bench, plan)
    askQuestion(order.workspace, question)
    bench.say(`  ? ${question.question} (${question.options.join(' / ')})`)
    await bench.report({
      status: 'awaiting_approval',
      phase: 1,
      progress: 30,
      message: question.question,
      reason: question.reason,
      ...(question.cost_estimate_monthly === undefined
        ? {}
        : { cost_estimate_monthly: question.cost_estimate_monthly }),
    })
    return { ended: 'asked', text: `I need an answer: ${question.question}` }
  })

/** Goes on after the answer to the order's question. */
export const continueWork = (
  bench: Bench,
  { isRejected, ...decision }: Decision & { isRejected: boolean },
): Promise<Outcome> =>
  reportingFailures(bench, async () => {
    bench.say(`● Answer: ${decision.answer}`)
    if (isRejected) throw new WorkFailure('rejected', `Rejected: ${decision.question}`)
    const before = readPlan(bench.order.workspace)
    if (!before) throw new WorkFailure('plan_lost', 'The plan in code/app.json is gone')
    const others = before.decisions.filter((entry) => entry.question !== decision.question)
    const plan: AppPlan = {
      ...before,
      look: /\balways dark\b/i.test(decision.answer)
        ? { ...before.look, scheme: 'dark' }
        : before.look,
      decisions: [...others, decision],
    }
    writePlan(bench.order, plan)
    return finishWork(bench, plan)
  })

async function makePlan(bench: Bench): Promise<AppPlan> {
  const { order } = bench
  bench.doing('Planning')
  bench.say('● Phase 1: analysis and planning')
  await bench.report({ status: 'planning', phase: 1, progress: 10, message: 'Reading the request' })
  const request = await useTool(bench, 'Read', order.requestFile, async () =>
    readFileSync(order.requestFile, 'utf8'),
  )
  const plan = planOrder(order, request)
  await useTool(bench, 'Write', 'docs/architecture.md', async () => writePlan(order, plan))
  const message = `Planned a ${kindNamed(plan.kind).noun.toLowerCase()}: ${plan.title}`
  bench.say(`  ${message}`)
  await bench.report({ status: 'planning', phase: 1, progress: 30, message })
  return plan
}

async function finishWork(bench: Bench, plan: AppPlan): Promise<Outcome> {
  const { guid } = bench.order
  const files = await implement(bench, plan)
  rehearseImplemented(bench)
  if (endsItsTurn(bench)) return { ended: 'idle', text: 'The app is made and tested.' }
  const url = await deploy(bench)
  bench.doing('Handing over')
  bench.say('● Phase 4: finalization')
  const documents = await useTool(bench, 'Write', 'docs/DEPLOYMENT_SUMMARY.md', async () =>
    writeHandOver(bench, plan, url),
  )
  const reported = reportedUrl(bench, url)
  await bench.report({
    status: 'deployed',
    phase: 4,
    progress: 100,
    message: `${plan.title} is deployed`,
    deployment_url: reported,
    files_created: [...files, 'docs/architecture.md', 'docs/plan.md', ...documents],
    cost_estimate_monthly: 0,
    completed_at: new Date().toISOString(),
  })
  return { ended: 'deployed', text: `Deployed: ${reported} (refine: tmux-builder refine ${guid})` }
}

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
    bench.say(`✘ ${failure.message}${failure.evidence ? `\n${failure.evidence}` : ''}`)
    await bench.report({
      status: 'error',
      ...bench.progress(),
      message: failure.message,
      reason: failure.reason,
      error: failure.evidence || failure.message,
    })
    return { ended: 'error', text: failure.message }
  }
}
