import { join } from 'node:path'
import type { Bench } from './bench.ts'
import { apps, type Plan } from './plan.ts'
import { writeFileOnce } from './write-file.ts'

function writeDocuments(workspace: string, documents: Record<string, string>): string[] {
  for (const [name, text] of Object.entries(documents)) writeFileOnce(join(workspace, name), text)
  return Object.keys(documents)
}

/** A text inside a Markdown document, as text. */
const quote = (text: string): string => text.replace(/^/gm, '    ')

const requests = ({ request, changes }: Plan): string =>
  [
    `## Request\n\n${quote(request)}\n`,
    ...changes.map(({ build, text }) => `## Refinement (build ${build})\n\n${quote(text)}\n`),
  ].join('\n')

/** Phase 1: docs/architecture.md and docs/plan.md. Returns their names. */
export function writePlanDocuments(workspace: string, plan: Plan): string[] {
  return writeDocuments(workspace, {
    'docs/architecture.md': `# Architecture

A ${apps[plan.kind].noun} as a static page: no server, no build step, no dependency.

| file | holds |
|---|---|
| \`code/index.html\` | the page: landmarks, labels, a content security policy that allows its own files only |
| \`code/frame.css\`, \`code/style.css\` | light and dark colours, small and large screens |
| \`code/app.js\` | what the app does (a page about a request has none) |
| \`code/app.test.js\`, \`code/lab.js\` | tests of the page and of the app, run by \`node --test\` |
| \`code/app.json\` | the request, its refinements and decisions: what the next build goes on from |

What visitors enter is kept in their browser (localStorage). Sharing it between visitors would need a server.
`,
    'docs/plan.md': `# Plan

A ${apps[plan.kind].noun} called "${plan.title}"; then tests, deployment, a look at the address, hand-over.

${requests(plan)}`,
  })
}

/** Phase 4: docs/DEPLOYMENT_SUMMARY.md and completion.txt. Returns their names. */
export function writeHandOver({ order, startedAt }: Bench, plan: Plan, url: string): string[] {
  const isAws = order.target === 'aws'
  const seconds = Math.max(1, Math.round((Date.now() - Date.parse(startedAt)) / 1000))
  const facts = {
    URL: url,
    Stack: 'static HTML, CSS and JavaScript; no server code, no dependencies',
    Resources: isAws
      ? `one release on S3 and CloudFront (full list: tmux-builder inventory ${order.guid})`
      : 'one release of the local target, served on this machine only',
    'Monthly cost': isAws ? 'some cents, and the traffic' : '$0',
    Duration: `${seconds} s`,
    Refine: `tmux-builder refine ${order.guid}`,
  }
  const lines = Object.entries(facts).map(([name, value]) => `${name}: ${value}`)
  return writeDocuments(order.workspace, {
    'completion.txt': `${lines.join('\n')}\n`,
    'docs/DEPLOYMENT_SUMMARY.md': `# Deployment summary

${lines.map((line) => `- ${line}`).join('\n')}
- App: ${apps[plan.kind].noun}
- Access: everyone who can reach the address; no accounts, no secrets

${requests(plan)}
## Day to day

- Code: \`code/\` (a git repository where git is installed); what is deployed: \`code/dist/\`
- Update: refine it, or edit \`code/\`, run \`npm test\` there and deploy again
- Scale: put \`code/dist/\` on any static host or CDN
- Monitor: the page is up when the address answers 200 with the app's title
- Deployment logs: \`infrastructure/deployment_logs/\`
`,
  })
}
