import { writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { requireClaudeProgramInCi } from '../support/claude-program.ts'
import { isFull } from '../support/full.ts'
import { chooseSeed, randomFrom } from '../support/random.ts'
import { renderPage } from './page.ts'
import { describePlan, type Plan, planRuns } from './plan.ts'
import { watchAgents } from './processes.ts'
import { type Outcome, perform } from './run.ts'
import { renderLost, renderTable } from './table.ts'

/** `TEST_FAULTS`: how many runs. `TEST_FAULTS_ONLY`: only those whose line matches. `TEST_FAULTS_REPORT`: a page to write. */
const { TEST_FAULTS, TEST_FAULTS_ONLY = '', TEST_FAULTS_REPORT } = process.env
const count = Number(TEST_FAULTS ?? (isFull ? 24 : 2))
const atOnce = 4
const program = requireClaudeProgramInCi()

async function performAll(plans: readonly Plan[]): Promise<Outcome[]> {
  const watch = watchAgents()
  const left = [...plans]
  const outcomes: Outcome[] = []
  const work = async () => {
    for (let plan = left.shift(); plan; plan = left.shift()) {
      const outcome = await perform(plan, watch, program)
      outcomes.push(outcome)
      console.log(`${outcome.result}: ${describePlan(plan)}`)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  watch.close()
  return outcomes
}

test(
  `${count} faults: none is lost`,
  async () => {
    const seed = chooseSeed()
    const again = `TEST_SEED=${seed} TEST_FAULTS=${count}`
    console.log(`faults: ${again}`)
    const plans = planRuns(count, randomFrom(seed), program !== undefined)
    const outcomes = await performAll(
      plans.filter((plan) => new RegExp(TEST_FAULTS_ONLY).test(describePlan(plan))),
    )
    const table = renderTable(outcomes)
    const lost = renderLost(outcomes, describePlan)
    console.log(`${table}\n`)
    if (TEST_FAULTS_REPORT) writeFileSync(TEST_FAULTS_REPORT, renderPage(table, lost, again))
    expect(lost, `one of them alone: ${again} TEST_FAULTS_ONLY='^NUMBER:'`).toEqual([])
  },
  60_000 + count * 60_000,
)
