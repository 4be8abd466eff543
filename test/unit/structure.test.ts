import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
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
  'node:child_process': ['world/', 'cli/attach.ts'],
}

/** The programs' own first files: they alone see the process and hand on what the rest needs. */
const edges = ['cli/main.ts', 'targets/aws/worker.ts']
const maxLines = 299
const maxCommentLength = 115

const partOf = (path: string) => path.replace(/(\/.*|\.ts)$/, '')
const layerOf = (path: string) => layers.findIndex((layer) => layer.includes(partOf(path)))
/** Other programs of the repository, as paths from src/; the product takes one list of names from them. */
const packages = '../packages/'
const allowedFromPackages = [
  ['agents/demo-profile.ts', '../packages/demo-agent/src/scenarios.ts'],
].map(String)
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
  if (to.startsWith(packages))
    return allowedFromPackages.includes(String([from, to]))
      ? undefined
      : `${from}: imports ${to}, which is another program`
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

/** The environment, streams and arguments of the process are given to all other files as values. */
function globalsOfProcess(path: string, text: string): string[] {
  if (edges.includes(path)) return []
  const code = withoutComments(text)
  const used = new Set(
    [...code.matchAll(/\bprocess\??\.(env|std(?:out|err|in)|argv|exitCode)\b/g)].map(
      ([all]) => all,
    ),
  )
  if (/=\s*process\s*(?:[;\n]|$)|\b(?:from|import\()\s*'(?:node:)?process'/.test(code))
    used.add('process as a whole')
  const isOfCli = (name: string) => path.startsWith('cli/') && /\.(std|argv)/.test(name)
  return [...used].filter((name) => !isOfCli(name)).map((name) => `${path}: ${name}`)
}

const isLongComment = (line: string) =>
  line.length > maxCommentLength && /^\s*(?:\/\/|\/?\*)/.test(line)

function fileProblems(path: string, text: string): string[] {
  if (path.startsWith(packages)) return packageProblems(path, text)
  const problems = importsOf(text).map((specifier) => importProblem(path, specifier))
  problems.push(...globalsOfProcess(path, text), ...habitProblems(path, text))
  if (layerOf(path) < 0) problems.push(`${path}: is no part of the import rule`)
  return problems.filter((problem) => problem !== undefined)
}

function habitProblems(path: string, text: string): string[] {
  const problems: string[] = []
  if (text.split('\n').length > maxLines) problems.push(`${path}: longer than ${maxLines} lines`)
  if (text.split('\n').some(isLongComment))
    problems.push(`${path}: a comment line of more than ${maxCommentLength} characters`)
  if (withoutComments(text).includes('process.exit(')) problems.push(`${path}: process.exit`)
  if (/(^|[/-])index\.ts$/.test(path)) problems.push(`${path}: a barrel`)
  if (/(^|[/-])(utils?|helpers?|managers?|services?)(\.ts|\/)/i.test(path))
    problems.push(`${path}: a name that says nothing`)
  return problems
}

/** A program of packages/ knows nothing of the product: it imports its own files and Node. */
function packageProblems(path: string, text: string): string[] {
  const root = /^\.\.\/packages\/[^/]+\/src\//.exec(path)?.[0] ?? path
  const strangers = importsOf(text).filter((specifier) =>
    specifier.startsWith('.')
      ? !resolveImport(path, specifier).startsWith(root)
      : !specifier.startsWith('node:'),
  )
  return [
    ...strangers.map((specifier) => `${path}: imports ${specifier}, which is not its own`),
    ...habitProblems(path, text),
  ]
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

/** A stranger who looks for a file by its name is to find one. */
function sameNames(sources: Sources): string[] {
  const byName = Map.groupBy(
    [...sources.keys()].filter((path) => !path.startsWith(packages)),
    (path) => basename(path),
  )
  return [...byName.values()]
    .filter((paths) => paths.length > 1)
    .map((paths) => `one name: ${paths.toSorted().join(', ')}`)
}

function problemsOf(sources: Sources): string[] {
  const problems = [...sources].flatMap(([path, text]) => fileProblems(path, text))
  problems.push(...sameNames(sources), ...sdkProblems(sources))
  const cycle = findCycle(sources)
  return cycle ? [...problems, cycle] : problems
}

/** All sources, by their path from src/. */
function readSources(): Sources {
  const folder = new URL('../../src', import.meta.url).pathname
  const files = [folder, join(folder, packages)].flatMap((top) =>
    readdirSync(top, { recursive: true, withFileTypes: true }),
  )
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

it('src/ and packages/ keep the import rule and its other habits', () => {
  expect(problemsOf(readSources())).toEqual([])
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
  [
    'another program that knows the product',
    { '../packages/demo-agent/src/a.ts': "import { x } from '../../../src/errors.ts'" },
    'not its own',
  ],
  [
    'another program with a library',
    { '../packages/demo-agent/src/a.ts': "import { x } from 'yaml'" },
    'not its own',
  ],
  [
    'another program, imported',
    { 'agents/a.ts': "import { x } from '../../packages/demo-agent/src/scenarios.ts'" },
    'another program',
  ],
  [
    'more of another program than its list of names',
    { 'agents/demo-profile.ts': "import { x } from '../../packages/demo-agent/src/main.ts'" },
    'another program',
  ],
  ['the SDK', { 'app/a.ts': "import '../targets/aws/b.ts'", ...sdk }, 'loads the SDK'],
  ['the SDK, late', { 'app/a.ts': "await import('../targets/aws/b.ts')", ...sdk }, 'loads the SDK'],
  ['an exit', { 'cli/main.ts': 'process.exit(1)' }, 'process.exit'],
  ['a barrel', { 'store/index.ts': '' }, 'barrel'],
  ['an empty name', { 'store/file-utils.ts': '' }, 'says nothing'],
  ['an unknown part', { 'plugins/a.ts': '' }, 'no part'],
  ['a name that occurs twice', { 'cli/a.ts': '', 'app/a.ts': '' }, 'one name: app/a.ts, cli/a.ts'],
  ['a long comment', { 'cli/a.ts': `/** ${'x'.repeat(120)} */` }, 'cli/a.ts: a comment line'],
  ['a long line of a comment', { 'cli/a.ts': `/**\n * ${'x '.repeat(60)}\n */` }, 'a comment line'],
  ['a long comment in code', { 'cli/a.ts': `  // ${'x'.repeat(115)}` }, 'a comment line'],
  ['the environment', { 'cli/a.ts': 'const home = process.env.HOME' }, 'cli/a.ts: process.env'],
  ['the environment in parts', { 'app/a.ts': 'const { env } = process' }, 'process as a whole'],
  ['the process as a module', { 'app/a.ts': "import { env } from 'node:process'" }, 'as a whole'],
  ['a stream', { 'app/a.ts': "process.stdout.write('x')" }, 'app/a.ts: process.stdout'],
  ['the arguments', { 'builds/a.ts': 'process.argv.slice(2)' }, 'builds/a.ts: process.argv'],
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
  [
    'the list of scenarios',
    { 'agents/demo-profile.ts': "import { x } from '../../packages/demo-agent/src/scenarios.ts'" },
  ],
  [
    'another program that starts processes',
    { '../packages/demo-agent/src/a.ts': "import { spawn } from 'node:child_process'" },
  ],
  ['a comment of 115 characters', { 'cli/a.ts': `// ${'x'.repeat(112)}` }],
  ['a long line of code', { 'cli/a.ts': `const text = '${'x'.repeat(120)}' // a url` }],
  ['a comment about the environment', { 'app/a.ts': '// process.env is not read here' }],
  ['the environment at the edge', { 'cli/main.ts': 'const world = { env: process.env }' }],
  ['a worker with a process of its own', { 'targets/aws/worker.ts': 'process.stdin.resume()' }],
  ['a stream of the command line', { 'cli/a.ts': 'process.stderr.isTTY' }],
  ['facts of the process', { 'app/a.ts': 'process.pid + process.execPath' }],
])('accepts %s', (_name, sources) => {
  expect(problemsOf(new Map(Object.entries(sources)))).toEqual([])
})
