import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, it } from 'vitest'

type Sources = ReadonlyMap<string, string>

/** The rooms from the top down: each imports only what stands below it, or its own room. */
const layers = [
  ['cli'],
  ['app'],
  ['builds'],
  ['agents', 'targets', 'verify', 'prompts'],
  ['session'],
  ['store', 'tmux'],
  ['secrets', 'domain', 'world', 'errors'],
]
/** Rooms of one layer that know nothing of each other. */
const separate = ['agents', 'targets', 'verify', 'prompts', 'store', 'tmux']
/** Imports against the rule that have yet to go. */
const pending: readonly string[] = []

/** Who may import what comes from outside; by path prefix below src/. */
const owners: Readonly<Record<string, readonly string[]>> = {
  execa: ['world/'],
  commander: ['cli/'],
  chokidar: ['session/'],
  'node:sqlite': ['store/'],
  handlebars: ['prompts/'],
  yaml: ['prompts/', 'app/'],
  chalk: ['cli/'],
  ora: ['cli/'],
  sirv: ['targets/'],
  mrmime: ['targets/'],
  '@aws-sdk/client-cloudformation': ['targets/aws/'],
  '@aws-sdk/client-cloudfront': ['targets/aws/'],
  '@aws-sdk/client-resource-groups-tagging-api': ['targets/aws/'],
  '@aws-sdk/client-elastic-load-balancing-v2': ['targets/aws/'],
  '@aws-sdk/client-s3': ['targets/aws/'],
  '@aws-sdk/client-sts': ['targets/aws/'],
  '@aws-sdk/credential-providers': ['targets/aws/'],
  'ipaddr.js': ['verify/'],
  valibot: ['domain/', 'app/', 'prompts/', 'agents/'],
  'node:child_process': ['world/', 'agents/demo/', 'cli/attach.ts'],
}

const maxLines = 299

const partOf = (path: string) => path.replace(/(\/.*|\.ts)$/, '')
const layerOf = (path: string) => layers.findIndex((layer) => layer.includes(partOf(path)))
const isDemo = (path: string) => path.startsWith('agents/demo/')
const withoutComments = (text: string) =>
  text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '')

function importsOf(text: string): string[] {
  const pattern =
    /(?:^|\n)\s*(?:import|export)\b[^'"`;]*?\bfrom\s*'([^']+)'|\bimport\s*\(?\s*'([^']+)'/g
  return [...withoutComments(text).matchAll(pattern)].map((match) => match[1] ?? match[2] ?? '')
}

const resolveImport = (from: string, specifier: string) => join(dirname(from), specifier)

function importProblem(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) {
    const name = specifier.startsWith('@') ? specifier : specifier.replace(/(?<!node:.*)\/.*/, '')
    const allowed = owners[name]
    if (!allowed) return name.startsWith('node:') ? undefined : `${from}: ${name} has no owner`
    return allowed.some((prefix) => from.startsWith(prefix))
      ? undefined
      : `${from}: ${name} belongs to ${allowed.join(', ')}`
  }
  const to = resolveImport(from, specifier)
  if (isDemo(from))
    return isDemo(to) || to === 'errors.ts' ? undefined : `${from}: demo imports ${to}`
  const [part, other] = [partOf(from), partOf(to)]
  if (layerOf(to) < 0) return undefined // reported once, as a file
  if (layerOf(to) < layerOf(from)) return `${from}: imports ${to}, which is above it`
  const isBeside = separate.includes(part) && layerOf(from) === layerOf(to) && part !== other
  if (isBeside) return `${from}: imports ${to}, beside it`
  return undefined
}

/** What is loaded with a file, at once or late; an import of types alone loads nothing. */
const loadsOf = (text: string) =>
  importsOf(text.replaceAll(/(?:^|\n)\s*(?:import|export)\s+type\b[^'"`;]*?\bfrom\s*'[^']+'/g, ''))

/** The SDK and the credentials that it takes belong to a process of their own: no other loads it, also not late. */
function sdkProblems(sources: Sources): string[] {
  const loadsSdk = (path: string, trail: readonly string[] = []): boolean =>
    !trail.includes(path) &&
    loadsOf(sources.get(path) ?? '').some((specifier) =>
      specifier.startsWith('.')
        ? loadsSdk(resolveImport(path, specifier), [...trail, path])
        : specifier.startsWith('@aws-sdk/'),
    )
  return [...sources].flatMap(([path, text]) =>
    path.startsWith('targets/aws/')
      ? []
      : loadsOf(text)
          .map((specifier) => resolveImport(path, specifier))
          .filter((to) => to.startsWith('targets/aws/') && loadsSdk(to))
          .map((to) => `${path}: ${to} loads the SDK, which has a process of its own`),
  )
}

/** Where each process is given its environment; everything else takes it as a value. */
const environmentReaders = ['cli/main.ts', 'targets/aws/worker.ts', 'agents/demo/']

function fileProblems(path: string, text: string): string[] {
  const problems = importsOf(text).map((specifier) => importProblem(path, specifier))
  if (layerOf(path) < 0) problems.push(`${path}: is no part of the import rule`)
  if (text.split('\n').length > maxLines) problems.push(`${path}: longer than ${maxLines} lines`)
  if (withoutComments(text).includes('process.exit(')) problems.push(`${path}: process.exit`)
  if (
    /\bprocess\.env\b/.test(withoutComments(text)) &&
    !environmentReaders.some((reader) => path.startsWith(reader))
  )
    problems.push(`${path}: process.env`)
  if (/(^|[/-])index\.ts$/.test(path)) problems.push(`${path}: a barrel`)
  if (/(^|[/-])(utils?|helpers?|managers?|services?)(\.ts|\/)/i.test(path))
    problems.push(`${path}: a name that says nothing`)
  return problems.filter((problem) => problem !== undefined)
}

function findCycle(sources: Sources): string | undefined {
  const done = new Set<string>()
  const visit = (path: string, trail: readonly string[]): string | undefined => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path].join(' → ')
    if (done.has(path)) return undefined
    for (const specifier of importsOf(sources.get(path) ?? '').filter((s) => s.startsWith('.'))) {
      const cycle = visit(resolveImport(path, specifier), [...trail, path])
      if (cycle) return cycle
    }
    done.add(path)
    return undefined
  }
  for (const path of sources.keys()) {
    const cycle = visit(path, [])
    if (cycle) return `a cycle: ${cycle}`
  }
  return undefined
}

function problemsOf(sources: Sources): string[] {
  const problems = [...sources].flatMap(([path, text]) => fileProblems(path, text))
  problems.push(...sdkProblems(sources))
  const cycle = findCycle(sources)
  return cycle ? [...problems, cycle] : problems
}

function readSources(): Sources {
  const folder = new URL('../../src', import.meta.url).pathname
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
  return new Map(
    files
      .filter((file) => file.isFile() && file.name.endsWith('.ts'))
      .map((file) => join(file.parentPath, file.name))
      .map((path) => [relative(folder, path), readFileSync(path, 'utf8')]),
  )
}

/** A file that needs the SDK by way of another one. */
const sdk = {
  'targets/aws/b.ts': "import { c } from './c.ts'",
  'targets/aws/c.ts': "import { S3Client } from '@aws-sdk/client-s3'",
}

it('src/ keeps the import rule and its other habits', () => {
  expect(problemsOf(readSources())).toEqual(pending)
})

it.each([
  ['an import from above', { 'domain/a.ts': "import { b } from '../store/b.ts'" }, 'above'],
  ['a type from above', { 'tmux/a.ts': "import type { B } from '../cli/b.ts'" }, 'above'],
  ['a late import from above', { 'errors.ts': "await import('./app/b.ts')" }, 'above'],
  ['a re-export from above', { 'store/a.ts': "export * from '../cli/a.ts'" }, 'above'],
  ['an import over several lines', { 'errors.ts': "import {\n  a,\n} from './app/a.ts'" }, 'above'],
  ['a neighbour', { 'verify/a.ts': "import { b } from '../targets/b.ts'" }, 'beside'],
  ['a build below an agent', { 'agents/a.ts': "import '../builds/b.ts'" }, 'above'],
  [
    'a library without an owner',
    { 'cli/a.ts': "import x from 'lodash/get'" },
    'lodash has no owner',
  ],
  ['a library of another part', { 'cli/a.ts': "import { x } from 'execa'" }, 'execa belongs to'],
  ['SQLite outside the store', { 'app/a.ts': "import 'node:sqlite'" }, 'node:sqlite belongs to'],
  [
    'processes elsewhere',
    { 'targets/a.ts': "import { x } from 'node:child_process'" },
    'belongs to',
  ],
  ['a demo that knows us', { 'agents/demo/a.ts': "import { x } from '../profile.ts'" }, 'demo'],
  ['the SDK', { 'app/a.ts': "import '../targets/aws/b.ts'", ...sdk }, 'loads the SDK'],
  ['the SDK, late', { 'app/a.ts': "await import('../targets/aws/b.ts')", ...sdk }, 'loads the SDK'],
  ['an environment', { 'session/a.ts': 'const { HOME } = process.env' }, 'process.env'],
  ['an exit', { 'cli/main.ts': 'process.exit(1)' }, 'process.exit'],
  ['a barrel', { 'store/index.ts': '' }, 'barrel'],
  ['an empty name', { 'store/file-utils.ts': '' }, 'says nothing'],
  ['an unknown part', { 'plugins/a.ts': '' }, 'no part'],
  ['a long file', { 'cli/main.ts': 'x\n'.repeat(300) }, 'longer'],
  [
    'a cycle',
    { 'cli/a.ts': "import './b.ts'", 'cli/b.ts': "import './a.ts'" },
    'cli/a.ts → cli/b.ts → cli/a.ts',
  ],
])('finds %s', (_name, sources, problem) => {
  expect(problemsOf(new Map(Object.entries(sources))).join('\n')).toContain(problem)
})

it.each([
  ['down', { 'app/a.ts': "import { b } from '../builds/b.ts'" }],
  ['within a part', { 'cli/a.ts': "import { b } from './b.ts'", 'cli/b.ts': '' }],
  ['a type beside the SDK', { 'app/a.ts': "import type { B } from '../targets/aws/b.ts'", ...sdk }],
  ['a caller of its process', { 'app/a.ts': "import { c } from '../targets/aws/call.ts'" }],
  ['an owner', { 'session/a.ts': "import { watch } from 'chokidar'" }],
  ['a comment', { 'cli/main.ts': '// process.exit() is for others' }],
])('accepts %s', (_name, sources) => {
  expect(problemsOf(new Map(Object.entries(sources)))).toEqual([])
})
