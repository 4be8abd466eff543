import type { Random } from '../support/random.ts'
import { type Fault, faults } from './faults.ts'
import type { Stage } from './stages.ts'

export interface Plan {
  /** From 1; with the matrix's seed it names the run. */
  readonly number: number
  readonly agent: 'demo' | 'claude'
  readonly command: 'register' | 'refine'
  readonly fault: Fault
  readonly stage: Stage
  readonly seed: number
}

type Cell = Pick<Plan, 'fault' | 'stage'>

const allCells: readonly Cell[] = faults.flatMap((fault) =>
  fault.stages.map((stage) => ({ fault, stage })),
)

/** Every fifth run is with the real program, where it is installed. */
const claudeEvery = 5

/** That many runs: every cell of the table once before one comes twice, in the order of chance. */
export function planRuns(count: number, random: Random, hasClaude: boolean): Plan[] {
  const left: Record<Plan['agent'], Cell[]> = { demo: [], claude: [] }
  return Array.from({ length: count }, (_, index) => {
    const agent = hasClaude && index % claudeEvery === claudeEvery - 1 ? 'claude' : 'demo'
    if (left[agent].length === 0) left[agent] = shuffled(allCells, random)
    const { fault, stage } = left[agent].pop() as Cell
    return {
      number: index + 1,
      agent,
      command: commandFor(fault, stage, random),
      fault,
      stage,
      seed: random.between(0, 2 ** 31),
    }
  })
}

const withPreview: readonly Stage[] = ['verifying', 'ending']

/** Only what is deployed has a preview from the start. */
function commandFor(fault: Fault, stage: Stage, random: Random): Plan['command'] {
  const isAny = random.between(1, 4) > 1
  if (fault.name.includes('preview') && !withPreview.includes(stage)) return 'refine'
  return isAny ? 'register' : 'refine'
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const mixed = [...items]
  for (let last = mixed.length - 1; last > 0; last--) {
    const other = random.between(0, last)
    const [one, two] = [mixed[last] as T, mixed[other] as T]
    mixed[last] = two
    mixed[other] = one
  }
  return mixed
}

export const describePlan = ({ number, agent, command, fault, stage }: Plan): string =>
  `${number}: ${fault.name}, while ${stage} (${command}, ${agent})`
