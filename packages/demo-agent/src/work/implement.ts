import { join } from 'node:path'
import type { AppPlan } from '../apps/app-plan.ts'
import { renderApp } from '../apps/files.ts'
import { type Bench, useTool, WorkFailure } from './bench.ts'
import { runCommand, tailOf } from './command.ts'
import { rehearseImplementing } from './rehearse.ts'
import { commitAll } from './repository.ts'
import { writeFileOnce } from './write.ts'

/** Writes the app below code/, returning the paths of its files. */
export async function writeApp(bench: Bench, plan: AppPlan): Promise<string[]> {
  const code = join(bench.order.workspace, 'code')
  const names: string[] = []
  for (const [name, text] of renderApp(plan)) {
    bench.signal.throwIfAborted()
    writeFileOnce(join(code, name), text)
    names.push(`code/${name}`)
  }
  bench.say(`  ${names.length} files: ${names.join(' ')}`)
  return names
}

/** All test files in one process; Node 22 and Node 24 name it differently. */
const inOneProcess = ['--test-isolation', '--experimental-test-isolation']
  .filter((name) => process.allowedNodeEnvironmentFlags.has(name))
  .slice(0, 1)
  .map((name) => `${name}=none`)

/** Runs the app's own tests; a failure ends the attempt. Returns how many passed. */
export async function testApp(bench: Bench): Promise<number> {
  const code = join(bench.order.workspace, 'code')
  const result = await useTool(bench, 'Bash', 'node --test', () =>
    runCommand(process.execPath, ['--test', ...inOneProcess, '--test-reporter=tap'], {
      cwd: code,
      signal: bench.signal,
    }),
  )
  const passed = Number(/^# pass (\d+)$/m.exec(result.stdout)?.[1] ?? 0)
  if (result.exitCode !== 0 || passed === 0) {
    throw new WorkFailure('tests_failed', 'The app’s own tests fail', tailOf(result.output))
  }
  bench.say(`  ${passed} tests pass`)
  return passed
}

/** Phase 2: the app, its tests, commits. */
export async function implement(bench: Bench, plan: AppPlan): Promise<string[]> {
  const code = join(bench.order.workspace, 'code')
  bench.doing('Implementing')
  bench.say('● Phase 2: implementation')
  await bench.report(working(40, `Making ${plan.title}`))
  const files = await useTool(bench, 'Write', 'code/', () => writeApp(bench, plan))
  await rehearseImplementing(bench)
  await bench.report(working(55, `Wrote ${files.length} files; testing them`))
  const passed = await testApp(bench)
  const subject = plan.changes.length === 0 ? 'Make the app' : 'Refine the app'
  const outcome = await useTool(bench, 'Bash', 'git commit', () =>
    commitAll(code, `${subject} (build ${bench.order.build})`, bench.signal),
  )
  bench.say(`  ${outcome}`)
  await bench.report(working(70, `All ${passed} tests pass`))
  return files
}

const working = (progress: number, message: string) => ({
  status: 'implementing' as const,
  phase: 2 as const,
  progress,
  message,
})
