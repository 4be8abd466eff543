import { cpSync, lstatSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isFinal } from '../../src/domain/build-state.ts'
import {
  buildsOf,
  type Event,
  promptsTaken,
  refineArgs,
  registerArgs,
  stateOf,
} from '../support/builds.ts'
import { registerArgs as claudeArgs, openClaudeCliLab } from '../support/claude-cli.ts'
import {
  type CliLab,
  type Finished,
  guid,
  openCliLab,
  type Running,
  waitFor,
} from '../support/cli-lab.ts'
import { followPrompt } from '../support/follow-prompt.ts'
import { type Random, randomFrom } from '../support/random.ts'
import {
  bufferProblems,
  deployedProblems,
  fileProblems,
  journalProblems,
  lossProblems,
  processProblems,
  promptProblems,
  readJournal,
  recordProblems,
} from './invariants.ts'
import type { Plan } from './plan.ts'
import type { AgentWatch } from './processes.ts'
import { openSite, type Site, Violation } from './site.ts'
import { hasBegun, spreadMs } from './stages.ts'

export interface Outcome {
  readonly plan: Plan
  /** `missed`: what the fault was to hit was not there, or gone. */
  readonly result: 'survived' | 'missed' | 'lost'
  readonly problems: readonly string[]
  /** A copy of the lab of a lost run. */
  readonly kept: string | undefined
}

const paceMs = 50
const question = { id: 'q1', question: 'Blue or red?', reason: 'tradeoff' }
const lookEveryMs = 4
const hitLimitMs = 10_000

interface Place {
  readonly lab: CliLab
  readonly request: string
  readonly first: readonly string[]
  readonly args: readonly string[]
  /** What the agent's own papers say it was told. */
  taken(): readonly string[]
}

/** One build with one fault, brought to its end as its user would, and looked at. */
export async function perform(
  plan: Plan,
  watch: AgentWatch,
  claude: string | undefined,
): Promise<Outcome> {
  const random = randomFrom(plan.seed)
  const place = await openPlace(plan, claude)
  const { lab } = place
  const site = openSite(lab, random, plan.stage, place.args)
  const problems: string[] = []
  let isHit = false
  try {
    if (plan.command === 'refine') {
      await seeThrough(site, site.start(place.first), place.first)
    }
    const { before, ...met } = await meetFault(plan, site, random)
    isHit = met.isHit
    const done = await bringToEnd(plan, site, random, met.command)
    problems.push(...(await problemsOf(plan, place, site, before, done)))
  } catch (error) {
    problems.push(error instanceof Violation ? error.message : String((error as Error).stack))
  }
  problems.push(...watch.problemsOf(lab))
  site.killCommands()
  const kept = problems.length > 0 ? keep(lab, site, problems) : undefined
  await lab.close()
  return { plan, result: kept ? 'lost' : isHit ? 'survived' : 'missed', problems, kept }
}

async function openPlace(plan: Plan, claude: string | undefined): Promise<Place> {
  const request = `Build a quiz number ${plan.number}`
  const change = `Make quiz number ${plan.number} green`
  const isAsked = plan.stage === 'asking'
  const isRefinement = plan.command === 'refine'
  if (plan.agent === 'claude') {
    const lab = await openClaudeCliLab(claude ?? '', followPrompt(isAsked ? { question } : {}))
    const first = claudeArgs(request)
    return {
      lab,
      first,
      args: isRefinement ? refineArgs(change) : first,
      request: isRefinement ? change : request,
      taken: () => lab.api.userTexts().filter((text) => /\[[0-9a-f]{8}-[\w-]+\]/.test(text)),
    }
  }
  const lab = openCliLab()
  const first = registerArgs({ request, pace: paceMs, scenario: isAsked ? 'ask' : 'ok' })
  const args = isRefinement ? refineArgs(change) : first
  return { lab, first, args, request, taken: () => promptsTaken(lab) }
}

/** Starts the build and lets the fault happen in its stage. */
async function meetFault(
  plan: Plan,
  site: Site,
  random: Random,
): Promise<{ command: Running; isHit: boolean; before: readonly Event[] }> {
  const { lab } = site
  const at = { lab, number: plan.command === 'refine' ? 2 : 1 }
  const command = site.startAgain()
  const isOver = () => isFinal(buildsOf(lab)[at.number - 1]?.state as never)
  const isThere = await waitFor(
    plan.stage,
    () => (hasBegun(plan.stage, at) ? 'there' : isOver() && 'over'),
    120_000,
  )
  if (isThere === 'over') return { command, isHit: false, before: readJournal(lab) }
  // A fault meets the question, or its answer under way.
  if (plan.stage === 'asking' && random.pick([true, false])) site.start(answer)
  // At the seam of two stages as often as anywhere in them.
  await delay(random.between(0, random.pick([15, spreadMs(plan.stage)])))
  const before = readJournal(lab)
  site.note(`fault: ${plan.fault.name}; state ${stateOf(lab)}, ${before.at(-1)?.type}`)
  const deadline = Date.now() + hitLimitMs
  for (;;) {
    if (await plan.fault.act(site)) break
    if (isOver() || Date.now() > deadline) return { command, isHit: false, before }
    await delay(lookEveryMs)
  }
  site.note('it happened')
  return { command, isHit: true, before }
}

const answer = ['answer', guid, 'always dark']
const maxReturns = 12

/** What a user or a CI script does after a fault. */
async function bringToEnd(
  plan: Plan,
  site: Site,
  random: Random,
  command: Running,
): Promise<Finished> {
  const { fault } = plan
  let watching = command
  if (fault.needsReturn || random.pick([true, false])) {
    if (fault.name.startsWith('stop') || random.pick([true, false])) await resume(site)
    else watching = site.startAgain()
  }
  return seeThrough(site, watching, site.args)
}

/** Looks after a build until its command says that it is done. */
async function seeThrough(site: Site, first: Running, args: readonly string[]): Promise<Finished> {
  let watching: Running | undefined = first
  for (let turn = 0; turn < maxReturns; turn++) {
    const done = await site.finish(watching ?? site.start(args))
    watching = undefined
    if (done.code === 0) return done
    if (done.code === 3) await site.run(answer)
    else if (stateOf(site.lab) === 'stopped') await resume(site)
    else
      site.require(
        done.signal === 'SIGKILL' || done.code === 5 || isToldOfStop(done),
        `the command ended with ${done.signal ?? done.code}: ${done.stderr.trim().slice(-300)}`,
      )
  }
  throw new Violation(`it is not done after ${maxReturns} returns`)
}

/** Who watched a build that was stopped is told so, though it goes on by now. */
const isToldOfStop = ({ code, stderr }: Finished) => code === 1 && / stopped$/m.test(stderr)

/** 4: nothing was recorded before the fault, so there is nothing to resume. */
async function resume(site: Site): Promise<void> {
  const done = await site.run(['resume', guid])
  site.require(
    done.code === 0 || (done.code === 4 && site.stage === 'starting'),
    `resume ended with ${done.code}: ${done.stderr}`,
  )
}

async function problemsOf(
  plan: Plan,
  place: Place,
  site: Site,
  before: readonly Event[],
  done: Finished,
): Promise<string[]> {
  const { lab } = place
  const others = await site.finishAll()
  const events = readJournal(lab)
  const last = buildsOf(lab).at(-1)
  const found = [
    ...others,
    ...lossProblems(before, events),
    ...journalProblems(events),
    ...recordProblems(lab),
    ...promptProblems(
      lab,
      events,
      place.taken(),
      plan.agent === 'claude' && !plan.fault.keepsAttempt,
    ),
    ...(await deployedProblems(lab, place.request)),
    ...(await bufferProblems(lab)),
  ]
  if (done.stdout.trim() !== last?.url)
    found.push(`printed ${done.stdout.trim()}, not ${last?.url}`)
  const supervisors = events.filter(
    ({ type, build }) => type === 'supervisor_started' && build === last?.build,
  )
  if (plan.fault.keepsSupervisor && supervisors.length > 1)
    found.push(`${supervisors.length} supervisors worked on one build`)
  if (plan.fault.keepsAttempt && events.some((event) => event.type === 'retry'))
    found.push('an attempt was spent though nothing of the agent was lost')
  const stopped = await site.run(['stop', guid])
  if (stopped.code !== 0) found.push(`stop ended with ${stopped.code}: ${stopped.stderr}`)
  // The tmux server ends by itself, after its last session.
  await waitFor('no process', () => processProblems(lab).length === 0, 5_000).catch(() => {
    found.push(...processProblems(lab))
  })
  return [...found, ...fileProblems(lab)]
}

/** Copies a lab out of the sealed place, which is removed at the end. */
function keep(lab: CliLab, site: Site, problems: readonly string[]): string {
  const kept = mkdtempSync(join(tmpdir(), '../../tb-lost-'))
  const isCopied = (path: string) => lstatSync(path).isFile() || lstatSync(path).isDirectory()
  cpSync(lab.root, kept, { recursive: true, filter: isCopied })
  writeFileSync(join(kept, 'diary.txt'), [...site.diary, '', ...problems, ''].join('\n'))
  return kept
}
