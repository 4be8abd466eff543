// `npm run validation`: runs all tests and writes docs/validation/last-results.md from what Vitest reports, so that no
// number there is typed. With a file as argument it runs nothing and reads that report (`vitest run --reporter=json`).
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { findClaudeProgram } from '../test/support/claude-program.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const page = join(root, 'docs/validation/last-results.md')
const rings = ['unit', 'tmux', 'app', 'agents', 'aws', 'e2e', 'faults']

/** One row a test file: what Vitest's JSON report says of it. */
export function readFiles(report) {
  return report.testResults
    .map((file) => {
      const count = (...states) =>
        file.assertionResults.filter((test) => states.includes(test.status)).length
      const path = relative(root, file.name)
      const failed = count('failed')
      return {
        path,
        ring: path.split('/')[1] ?? '',
        passed: count('passed'),
        // A file that could not be loaded has no tests that could fail.
        failed: failed === 0 && file.status === 'failed' ? 1 : failed,
        skipped: count('skipped', 'pending', 'todo', 'disabled'),
        seconds: Math.max(0, (file.endTime - file.startTime) / 1000),
        failures: file.assertionResults
          .filter((test) => test.status === 'failed')
          .map((test) => test.fullName),
      }
    })
    .sort((a, b) => rings.indexOf(a.ring) - rings.indexOf(b.ring) || (a.path < b.path ? -1 : 1))
}

const table = (head, rows, textColumns) => {
  const line = (cells) => `| ${cells.join(' | ')} |`
  return [
    line(head),
    line(head.map((_, i) => (i < textColumns ? '---' : '---:'))),
    ...rows.map(line),
  ]
}

const cells = (one) => [one.passed, one.failed, one.skipped, one.seconds.toFixed(1)].map(String)

const sumOf = (files) =>
  files.reduce(
    (sum, file) => ({
      passed: sum.passed + file.passed,
      failed: sum.failed + file.failed,
      skipped: sum.skipped + file.skipped,
      seconds: sum.seconds + file.seconds,
    }),
    { passed: 0, failed: 0, skipped: 0, seconds: 0 },
  )

export function renderPage(files, facts) {
  const perRing = rings
    .map((ring) => [ring, files.filter((file) => file.ring === ring)])
    .filter(([, own]) => own.length > 0)
  const counts = ['passed', 'failed', 'skipped', 'seconds']
  const failures = files.flatMap((file) =>
    file.failures.map((name) => `- \`${file.path}\`: ${name}`),
  )
  return [
    '# Results of the last run',
    '',
    'Written by `npm run validation`; not edited by hand. What the rings are and what they show:',
    '[how it is tested](how-it-is-tested.md).',
    '',
    ...facts.map(([name, value]) => `- ${name}: ${value}`),
    '',
    '## By ring',
    '',
    ...table(
      ['ring', 'files', ...counts],
      [
        ...perRing.map(([ring, own]) => [ring, String(own.length), ...cells(sumOf(own))]),
        ['**all**', String(files.length), ...cells(sumOf(files))],
      ],
      1,
    ),
    '',
    '## By file',
    '',
    ...table(
      ['ring', 'file', ...counts],
      files.map((file) => [file.ring, `\`${file.path}\``, ...cells(file)]),
      2,
    ),
    '',
    ...(failures.length > 0 ? ['## Failed', '', ...failures, ''] : []),
    ...(sumOf(files).skipped > 0
      ? ['A skipped test says why on the terminal; those of the agents ring need Claude Code.', '']
      : []),
  ].join('\n')
}

const ask = (program, args) => {
  try {
    return execFileSync(program, args, { encoding: 'utf8', timeout: 60_000 }).trim()
  } catch {
    return undefined
  }
}

function readFacts(report) {
  const claude = findClaudeProgram()
  return [
    ['when', new Date(report.startTime).toISOString().slice(0, 16).replace('T', ' ')],
    ['system', `${process.platform} ${process.arch}`],
    ['Node', process.version.slice(1)],
    ['tmux', (ask('tmux', ['-V']) ?? 'missing').replace(/^tmux /, '')],
    ['Claude Code', (claude && ask(claude, ['--version'])?.split(' ')[0]) ?? 'not installed'],
    ['repetitions', process.env.TEST_FULL ? 'all (`TEST_FULL=1`)' : 'few (without `TEST_FULL=1`)'],
  ]
}

/** Runs everything; the report is there even when tests fail. */
function runTests(file) {
  const reporters = ['default', './test/support/reporter.ts', 'json']
  const args = [...reporters.map((name) => `--reporter=${name}`), `--outputFile.json=${file}`]
  const { status } = spawnSync(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', ...args],
    {
      cwd: root,
      stdio: 'inherit',
    },
  )
  return status ?? 1
}

function main() {
  const folder = mkdtempSync(join(tmpdir(), 'validation-'))
  const given = process.argv[2]
  const file = given === undefined ? join(folder, 'report.json') : resolve(given)
  try {
    if (given === undefined) process.exitCode = runTests(file)
    if (!existsSync(file)) throw new Error(`there is no report ${file}`)
    const report = JSON.parse(readFileSync(file, 'utf8'))
    writeFileSync(page, renderPage(readFiles(report), readFacts(report)))
    console.error(`wrote ${relative(process.cwd(), page)}`)
  } catch (error) {
    console.error(`validation: ${error.message}`)
    process.exitCode ||= 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main()
