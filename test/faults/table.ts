import { faults } from './faults.ts'
import type { Plan } from './plan.ts'
import type { Outcome } from './run.ts'
import { stages } from './stages.ts'

const row = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`

const count = (outcomes: readonly Outcome[], result: Outcome['result']) =>
  outcomes.filter((outcome) => outcome.result === result).length

const tried = (outcomes: readonly Outcome[]) => outcomes.length - count(outcomes, 'missed')

/** `survived/tried`; a dash where it cannot happen, nothing where it was not tried. */
function cell(outcomes: readonly Outcome[], isPossible: boolean): string {
  if (!isPossible) return '–'
  return tried(outcomes) === 0 ? '' : `${count(outcomes, 'survived')}/${tried(outcomes)}`
}

/** Fault × stage of one agent, as Markdown. */
function renderAgent(agent: Plan['agent'], all: readonly Outcome[]): string[] {
  const own = all.filter((outcome) => outcome.plan.agent === agent)
  if (own.length === 0) return []
  const rows = faults.map((fault) => {
    const ofFault = own.filter((outcome) => outcome.plan.fault === fault)
    const cells = stages.map((stage) =>
      cell(
        ofFault.filter((outcome) => outcome.plan.stage === stage),
        fault.stages.includes(stage),
      ),
    )
    const sums = [tried(ofFault), count(ofFault, 'survived'), count(ofFault, 'lost')]
    return row([fault.name, ...cells, ...sums])
  })
  const head = ['fault', ...stages, 'tried', 'survived', 'lost']
  const rule = head.map((_, index) => (index === 0 ? '---' : '---:'))
  return [`### ${agentNames[agent]}`, '', row(head), row(rule), ...rows, '']
}

const agentNames: Readonly<Record<Plan['agent'], string>> = {
  demo: 'The demo agent',
  claude: 'Claude Code with a scripted API',
}

/** Both tables and the closing line. */
export function renderTable(outcomes: readonly Outcome[]): string {
  const closing = `${tried(outcomes)} faults tried, ${count(outcomes, 'survived')} survived, ${count(outcomes, 'lost')} lost; ${count(outcomes, 'missed')} met nothing any more`
  return [...renderAgent('demo', outcomes), ...renderAgent('claude', outcomes), closing].join('\n')
}

/** One line for each problem of a lost run, and where its lab is kept. */
export const renderLost = (
  outcomes: readonly Outcome[],
  describe: (plan: Plan) => string,
): string[] =>
  outcomes
    .filter((outcome) => outcome.result === 'lost')
    .map(({ plan, problems, kept }) =>
      [describe(plan), ...problems.map((problem) => `  ${problem}`), `  kept: ${kept}`].join('\n'),
    )
