import { execFileSync } from 'node:child_process'
import { findClaudeProgram } from '../support/claude-program.ts'

const ask = (program: string, ...args: string[]) =>
  execFileSync(program, args, { encoding: 'utf8' }).trim()

/** `docs/validation/faults.md`, from what the run found. */
export function renderPage(table: string, lost: readonly string[], again: string): string {
  const claude = findClaudeProgram()
  return [
    '# The fault matrix',
    '',
    'Written by `npm run test:faults` with `TEST_FAULTS_REPORT`; not edited by hand. Each run is one build to which one thing',
    'happens at a random moment of one stage; then its user comes back, with `resume` or with the same command. A cell is',
    '`survived/tried`. What must hold of a run, and how to repeat one: [testing](../guides/testing.md#the-fault-matrix).',
    '',
    `- when: ${new Date().toISOString().slice(0, 16).replace('T', ' ')}`,
    `- system: ${process.platform} ${process.arch}`,
    `- Node: ${process.version.slice(1)}`,
    `- tmux: ${ask('tmux', '-V').replace(/^tmux /, '')}`,
    `- Claude Code: ${claude ? ask(claude, '--version').split(' ')[0] : 'not installed'}`,
    `- repeat with: \`${again} npm run test:faults\``,
    '',
    table,
    '',
    ...(lost.length > 0 ? ['## Lost', '', ...lost.map((one) => `\`\`\`\n${one}\n\`\`\`\n`)] : []),
  ].join('\n')
}
