import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type AppPlan, parsePlan } from '../apps/app-plan.ts'
import { kindNamed } from '../apps/choose.ts'
import { planApp, planChange } from '../apps/plan.ts'
import type { WorkOrder } from './order.ts'
import { writeFileOnce } from './write.ts'

/** Where the plan of the app is kept, and found again by the next attempt or refinement. */
export const planFile = (workspace: string): string => join(workspace, 'code', 'app.json')

/** The plan in the workspace, if there is one. */
export function readPlan(workspace: string): AppPlan | undefined {
  const file = planFile(workspace)
  return existsSync(file) ? parsePlan(readFileSync(file, 'utf8')) : undefined
}

/** Decides what this order makes: a new app, a change of the one that is there, or the same once more. */
export function planOrder(order: WorkOrder, request: string): AppPlan {
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
function planLost(order: WorkOrder, request: string): AppPlan {
  const file = order.originalRequestFile
  return planApp(file && existsSync(file) ? readFileSync(file, 'utf8') : request, 0)
}

/** Writes the plan down: for the next attempt as app.json, for people under docs/. */
export function writePlan(order: WorkOrder, plan: AppPlan): string[] {
  const documents: Record<string, string> = {
    'docs/architecture.md': architecture(plan),
    'docs/plan.md': steps(plan),
  }
  writeFileOnce(planFile(order.workspace), `${JSON.stringify(plan, null, 2)}\n`)
  for (const [name, text] of Object.entries(documents)) {
    writeFileOnce(join(order.workspace, name), text)
  }
  return Object.keys(documents)
}

/** A text inside a Markdown document, as text. */
export const quoted = (text: string): string => text.replace(/^/gm, '    ')

const architecture = (plan: AppPlan) => `# Architecture

A ${kindNamed(plan.kind).noun.toLowerCase()} as a static page: no server, no build step, no dependency.

| file | holds |
|---|---|
| \`code/index.html\` | the page: landmarks, labels, a content security policy that allows our own files only |
| \`code/style.css\` | light and dark colours, small and large screens |
| \`code/app.js\` | what touches the page |
| \`code/logic.js\` | what the app decides: pure functions |
| \`code/test/\` | checks of the page and of the logic, run by \`node --test\` |
| \`code/app.json\` | the request, its refinements and decisions: what the next build goes on from |

What visitors enter is kept in their browser (localStorage). Sharing it between visitors would need a server.
`

const steps = (plan: AppPlan) => `# Plan

Request:

${quoted(plan.request)}

1. ${kindNamed(plan.kind).noun} called "${plan.title.replace(/[*_`[\]<>]/g, ' ')}".
${plan.changes.map((change, index) => `${index + 2}. Refinement (build ${change.build}):\n\n${quoted(change.text)}\n`).join('')}
Then: tests, deployment, a look at the deployed address, hand-over.
`
