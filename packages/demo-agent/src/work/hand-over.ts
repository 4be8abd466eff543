import { join } from 'node:path'
import type { AppPlan } from '../apps/app-plan.ts'
import { kindNamed } from '../apps/choose.ts'
import type { Bench } from './bench.ts'
import type { WorkOrder } from './order.ts'
import { quoted } from './plan.ts'
import { writeFileOnce } from './write.ts'

const stack = 'static HTML, CSS and JavaScript; no server code, no dependencies'

/** Phase 4: docs/DEPLOYMENT_SUMMARY.md and completion.txt. Returns their names. */
export function writeHandOver(bench: Bench, plan: AppPlan, url: string): string[] {
  const { order, startedAt } = bench
  const seconds = Math.max(1, Math.round((Date.now() - Date.parse(startedAt)) / 1000))
  const files: Record<string, string> = {
    'docs/DEPLOYMENT_SUMMARY.md': summary(plan, url, order),
    'completion.txt': [
      `URL: ${url}`,
      `Stack: ${stack}`,
      `Duration: ${seconds} s`,
      `Resources: ${resources(order)}`,
      `Monthly cost: ${monthlyCost(order)}`,
      `Refine: tmux-builder refine ${order.guid}`,
      '',
    ].join('\n'),
  }
  for (const [name, text] of Object.entries(files)) {
    writeFileOnce(join(order.workspace, name), text)
  }
  return Object.keys(files)
}

const resources = ({ target, guid }: WorkOrder) =>
  target === 'aws'
    ? `one release on S3 and CloudFront (all of it: tmux-builder inventory ${guid})`
    : 'one release of the local target, served on this machine only'

const monthlyCost = ({ target }: WorkOrder) =>
  target === 'aws' ? 'some cents, and the traffic' : '$0'

const summary = (plan: AppPlan, url: string, order: WorkOrder) => `# Deployment summary

- URL: ${url}
- App: ${kindNamed(plan.kind).noun}
- Stack: ${stack}
- Resources: ${resources(order)}
- Monthly cost: ${monthlyCost(order)}
- Access: open to whoever can reach the address; no accounts, no secrets

## Request

${quoted(plan.request)}
${plan.changes.map((change) => `\n## Refinement (build ${change.build})\n\n${quoted(change.text)}\n`).join('')}
## Where things are

- Code: \`code/\` (a git repository where git is there); what is deployed: \`code/dist/\`
- Architecture and plan: \`docs/\`; deployment logs: \`infrastructure/deployment_logs/\`

## Day to day

- Update: \`tmux-builder refine ${order.guid}\`, or edit \`code/\`, run \`npm test\` there and deploy again
- Scale: put \`code/dist/\` on any static host or CDN
- Monitor: the page is up when the address answers 200 with the app's title
- Next steps: visitors share nothing yet, because a static page has no server; add one if they should
`
