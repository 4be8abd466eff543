// `npm run test:protections`: removes one protection after the other in a copy of this package and runs the tests that
// are to miss it, before and after. A protection whose removal nothing notices is a failure. With `TEST_PROTECTIONS_REPORT` the table is
// written to that page; with arguments only the protections whose names hold one of them are removed.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Of the fault matrix: the runs whose line matches. */
const matrix = (only) => ({
  args: ['--project', 'faults'],
  env: { TEST_FAULTS: '320', TEST_FAULTS_ONLY: only },
  told: `the fault matrix, \`${only}\``,
})
/** Of a file: the tests whose names hold `only`, or all. */
const tests = (project, file, only) => ({
  args: ['--project', project, file, ...(only === undefined ? [] : ['-t', only])],
  env: {},
  told: [`\`${file}\``, only].filter(Boolean).join(', '),
})

const protections = [
  {
    name: 'the lock of the supervisor',
    file: 'src/builds/supervise.ts',
    take: 'withSupervisorLock(scope, lockTimeoutMs, run)',
    put: 'run(scope).then(() => true)',
    ...matrix('a second supervisor'),
  },
  {
    name: 'the lock of the commands',
    file: 'src/session/locks.ts',
    take: 'withLock(scope, commandLock, () => act(scope as LockedSession))',
    put: 'act(scope as LockedSession)',
    ...matrix('a second time|stop, then'),
  },
  {
    name: 'the pane as the recorder of what was sent',
    file: 'src/tmux/send-once.ts',
    take: '`#{m:${id}:*,#{@tb_prompt}}`',
    put: "'0'",
    ...tests('tmux', 'test/tmux/once.test.ts'),
  },
  {
    name: 'a lost tmux session is no attempt',
    file: 'src/builds/facts.ts',
    take: "isAgentLost: agent === 'lost'",
    put: 'isAgentLost: false',
    ...matrix('tmux server, while (planning|implementing)'),
  },
  {
    name: 'the start time beside a pid',
    file: 'src/session/processes.ts',
    take: 'stat.startTime === id.startTime && ',
    put: '',
    ...tests('unit', 'test/unit/session/liveness.test.ts'),
  },
  {
    name: 'the bracket around a paste',
    file: 'src/tmux/send-once.ts',
    take: 'paste-buffer -p -r',
    put: 'paste-buffer -r',
    ...tests('tmux', 'test/tmux'),
  },
  {
    name: 'line feeds that stay line feeds',
    file: 'src/tmux/send-once.ts',
    take: 'paste-buffer -p -r',
    put: 'paste-buffer -p',
    ...tests('tmux', 'test/tmux'),
  },
  {
    name: 'exact names of sessions',
    file: 'src/tmux/windows.ts',
    take: '`=${',
    put: '`${',
    ...tests('tmux', 'test/tmux'),
  },
  {
    name: 'one deployment of a session at a time',
    file: 'src/session/locks.ts',
    take: 'withLock(scope, deployLock, () => act(scope as DeployingSession))',
    put: 'act(scope as DeployingSession)',
    ...tests('aws', 'test/aws/faults.test.ts', 'deploys at once'),
    // Of 20 some meet; of few perhaps none.
    env: { TEST_FULL: '1' },
  },
  {
    name: 'a stack that is being changed is waited for',
    file: 'src/targets/aws/change-stack.ts',
    take: 'if (!isChanging(stack)) return stack',
    put: 'return stack',
    ...tests('aws', 'test/aws/stack-life.test.ts'),
  },
  {
    name: 'a rollback that was cut short is continued',
    file: 'src/builds/roll-back.ts',
    take: 'if (rollback) return rollback',
    put: '',
    ...tests('aws', 'test/aws/rollback.test.ts', 'Ctrl-C'),
  },
  {
    name: 'a release that an earlier run began is continued',
    file: 'src/targets/aws/deploy-aws.ts',
    take: 'own?.release ??',
    put: '',
    ...tests('aws', 'test/aws/faults.test.ts', 'killed after any call'),
  },
  {
    name: 'the bucket outlives its distribution',
    file: 'templates/aws/site.yaml',
    take: 'DeletionPolicy: RetainExceptOnCreate',
    put: 'DeletionPolicy: Delete',
    ...tests('unit', 'test/unit/targets/site-template.test.ts', 'keeps the bucket'),
  },
  {
    name: 'the look for secrets before anything is published',
    file: 'src/targets/aws/deploy-aws.ts',
    take: 'if (findings.length === 0) return',
    put: 'return',
    ...tests('aws', 'test/aws/deploy.test.ts', 'publishes nothing'),
  },
  {
    name: 'the last verified release is made live again',
    file: 'src/builds/roll-back.ts',
    take: 'if (!targetOf(build.target).isRemote ||',
    put: 'if (true ||',
    ...tests('aws', 'test/aws/releases.test.ts', 'stopped'),
  },
  {
    name: 'the stack is asked whose distribution it is',
    file: 'src/targets/aws/aws-target.ts',
    take: "if (answered.isMarked && (owner === 'stack' || owner === 'unknown'))",
    put: 'if (answered.isMarked)',
    ...tests('aws', 'test/aws/proof.test.ts', 'not this session'),
  },
]

/** What the tests need, without what git ignores. */
const copied = [
  'bin',
  'src',
  'packages',
  'test',
  'templates',
  'schemas',
  'scripts',
  'docs',
  'examples',
]
  .concat(['package.json', 'tsconfig.json', 'vitest.config.ts', 'README.md', 'CHANGELOG.md'])
  .filter((name) => existsSync(join(root, name)))

function makeCopy() {
  // A short name: the tests make their places and keep the labs of lost runs in it, and sockets have short paths.
  const copy = mkdtempSync(join(tmpdir(), 'tb-p-'))
  for (const name of copied) cpSync(join(root, name), join(copy, name), { recursive: true })
  for (const name of ['node_modules', '.test-cache'])
    if (existsSync(join(root, name))) symlinkSync(join(root, name), join(copy, name))
  return copy
}

/** Runs a program of the copy to its end and returns its exit code; ends it, and throws, when this one is to stop. */
async function runInCopy(copy, args, { env, stderr }) {
  const child = spawn(process.execPath, args, {
    cwd: copy,
    env: { ...process.env, ...env, TMPDIR: copy },
    stdio: ['ignore', 'ignore', stderr],
  })
  const end = () => child.kill()
  stop.signal.addEventListener('abort', end)
  const [code] = await once(child, 'exit')
  stop.signal.removeEventListener('abort', end)
  stop.signal.throwIfAborted()
  return code
}

/** How many of these tests fail in the copy; throws where it does not build or none was run. */
async function countFailed(copy, { args, env }) {
  const summary = join(copy, 'summary')
  rmSync(summary, { force: true })
  const built = await runInCopy(copy, ['scripts/build.js'], { stderr: 'inherit' })
  if (built !== 0) throw new Error('the copy does not build')
  await runInCopy(copy, ['node_modules/vitest/vitest.mjs', 'run', ...args], {
    env: { ...env, TEST_SUMMARY_FILE: summary },
    stderr: 'ignore',
  })
  const [, passed, failed] = /^(\d+) passed, (\d+) failed/.exec(readFileSync(summary, 'utf8')) ?? []
  if (!(Number(passed) + Number(failed) > 0)) throw new Error('no test was run')
  return Number(failed)
}

/** With the protection nothing may fail: else it is not its absence that was noticed. */
async function isMissed(copy, protection) {
  const { name, file, take, put } = protection
  const path = join(copy, file)
  const text = readFileSync(path, 'utf8')
  if (!text.includes(take)) throw new Error(`${file} does not hold: ${take}`)
  if ((await countFailed(copy, protection)) > 0)
    throw new Error(`red before it was removed: ${name}`)
  writeFileSync(
    path,
    text.replaceAll(take, () => put),
  )
  try {
    return (await countFailed(copy, protection)) > 0
  } finally {
    writeFileSync(path, text)
  }
}

const wanted = process.argv.slice(2)
const chosen = protections.filter(
  ({ name }) => wanted.length === 0 || wanted.some((word) => name.includes(word)),
)
const stop = new AbortController()
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'])
  process.once(signal, () => stop.abort(new Error(`ended by ${signal}`)))
const copy = makeCopy()
const rows = []
try {
  for (const protection of chosen) {
    const isRed = await isMissed(copy, protection)
    rows.push({ ...protection, isRed })
    console.log(`${isRed ? 'red' : 'NOT NOTICED'}: without ${protection.name}`)
  }
} catch (error) {
  if (!stop.signal.aborted) throw error
  console.error(error.message)
} finally {
  rmSync(copy, { recursive: true, force: true, maxRetries: 10, retryDelay: 300 })
}
const page = process.env.TEST_PROTECTIONS_REPORT
if (page) writeFileSync(page, renderPage(rows, page))
const isWhole = !stop.signal.aborted && rows.length > 0
process.exitCode = isWhole && rows.every(({ isRed }) => isRed) ? 0 : 1

/** What was not tried now keeps its row. */
function renderPage(tried, file) {
  const before = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []
  const rowOf = ({ name }) => {
    const now = tried.find((row) => row.name === name)
    if (!now) return before.find((line) => line.startsWith(`| ${name} |`)) ?? []
    const result = now.isRed ? 'red' : '**not noticed**'
    return `| ${name} | \`${now.file}\` | ${now.told.replaceAll('|', '\\|')} | ${result} |`
  }
  return [
    '# Protections removed',
    '',
    'Written by `npm run test:protections` with `TEST_PROTECTIONS_REPORT`; not edited by hand. Each protection was taken out',
    'of a copy; the tests that are to miss it passed before and were run again.',
    '',
    '| without | in | asked | result |',
    '| --- | --- | --- | --- |',
    ...protections.flatMap(rowOf),
    '',
  ].join('\n')
}
