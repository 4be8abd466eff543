import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { packageFolder } from './app.ts'
import type { Bench } from './bench.ts'
import { apps, type Plan } from './plan.ts'
import { writeFileOnce } from './write-file.ts'

/** Phase 1: what is planned. Returns the names of the files. */
export const writePlanDocuments = (workspace: string, plan: Plan): string[] =>
  writeDocuments(workspace, plan, ['docs/architecture.md', 'docs/plan.md'], {})

/** Phase 4: what was deployed. Returns the names of the files. */
export function writeHandOver({ order, startedAt }: Bench, plan: Plan, url: string): string[] {
  const isAws = order.target === 'aws'
  return writeDocuments(order.workspace, plan, ['docs/DEPLOYMENT_SUMMARY.md', 'completion.txt'], {
    url,
    stack: 'static HTML, CSS and JavaScript; no server code, no dependencies',
    resources: isAws
      ? `one release on S3 and CloudFront (full list: tmux-builder inventory ${order.guid})`
      : 'one release of the local target, served on this machine only',
    cost: isAws ? 'some cents, and the traffic' : '$0',
    seconds: String(Math.max(1, Math.round((Date.now() - Date.parse(startedAt)) / 1000))),
    refine: `tmux-builder refine ${order.guid}`,
  })
}

/** Copies documents into the workspace and fills their words in, in one pass: a request may hold braces, too. */
function writeDocuments(
  workspace: string,
  { kind, title, request, changes }: Plan,
  names: string[],
  words: Record<string, string>,
): string[] {
  const sections = [
    ['Request', request],
    ...changes.map(({ build, text }) => [`Refinement (build ${build})`, text]),
  ]
  // Indented by four spaces a text is nothing but text in Markdown.
  const requests = sections.map(([head, text]) => `## ${head}\n\n${text?.replace(/^/gm, '    ')}`)
  const all = { ...words, title, noun: apps[kind].noun, requests: requests.join('\n\n') }
  for (const name of names) {
    const text = readFileSync(join(packageFolder, 'documents', basename(name)), 'utf8')
    const filled = text.replace(/\{\{(\w+)\}\}/g, (_, word: keyof typeof all) => all[word])
    writeFileOnce(join(workspace, name), filled)
  }
  return names
}
