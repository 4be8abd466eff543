/** What the contract asks of every refusal: one clear sentence, its exit code, no stack trace. */
import type { CliLab, Finished, RunOptions } from './cli-lab.ts'

const stackLine = /^\s+at .*[:(]\d+|node:internal|file:\/\//m

/** What is wrong with a refusal; nothing when it is as it should be. */
export function refusalProblems(finished: Finished, code: number, sentence: RegExp): string[] {
  const [first = '', ...rest] = finished.stderr.trimEnd().split('\n')
  const problems: string[] = []
  if (finished.code !== code) problems.push(`exit ${finished.code ?? finished.signal}, not ${code}`)
  if (finished.stdout !== '') problems.push(`stdout: ${finished.stdout.slice(0, 200)}`)
  if (stackLine.test(finished.stderr)) problems.push('a stack trace')
  if (!/^tmux-builder: .{10}/.test(first)) problems.push('no sentence')
  if (!sentence.test(first)) problems.push(`not ${sentence}`)
  if (!rest.every((line) => line.startsWith('  '))) problems.push('more than a sentence and a hint')
  return problems.length === 0 ? [] : [`${problems.join(', ')}; stderr: ${finished.stderr}`]
}

export type Refusal = readonly [
  args: readonly string[],
  code: number,
  sentence: RegExp,
  options?: RunOptions,
]

/** Runs every row in the lab and gives what is wrong, by row. */
export async function findWrongRefusals(
  lab: CliLab,
  rows: readonly Refusal[],
  before: readonly string[] = [],
): Promise<string[]> {
  const wrong: string[] = []
  const left = [...rows]
  const work = async () => {
    for (let row = left.shift(); row; row = left.shift()) {
      const [args, code, sentence, options] = row
      const finished = await lab.run([...before, ...args], options)
      for (const problem of refusalProblems(finished, code, sentence))
        wrong.push(`${[...before, ...args].join(' ')}: ${problem}`)
    }
  }
  await Promise.all([work(), work()])
  return wrong
}
