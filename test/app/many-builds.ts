// A program that uses the application layer as a server would: many builds of many users in one process. It prints one
// line of JSON and ends by itself, which it can only do when nothing of the layer keeps it alive.
import { readFileSync } from 'node:fs'
import { planBuild } from '../../src/app/build-options.ts'
import { type BuildResult, followBuild } from '../../src/app/follow-build.ts'
import { openApp, scopeIn, withSignal } from '../../src/app/open-app.ts'
import { type Started, startBuild } from '../../src/app/start-build.ts'
import { stop } from '../../src/app/stop-and-archive.ts'
import { realWorld } from '../../src/world/world.ts'

const [count = '', cancelled = ''] = process.argv.slice(2)
const before = { ...process.env }
const world = realWorld({
  env: { ...process.env },
  cwd: process.cwd(),
  signal: new AbortController().signal,
  notice: () => {},
})
const app = await openApp(world, { create: true })

/** Each user brings an environment of their own, and lets the agent see one variable of it. */
async function startFor(user: number): Promise<Started> {
  const own = { ...world, env: { ...world.env, USER_TOKEN: `token of user ${user}` } }
  const plan = await planBuild(own, {
    agent: 'demo',
    agentOptions: [`scenario=${user < Number(cancelled) ? 'hang' : 'ok'}`, 'pace=0'],
    agentEnv: ['USER_TOKEN'],
    target: 'local',
  })
  const identity = { email: `user${user}@example.com`, phone: '+15551234567', project: undefined }
  return startBuild(app, { command: 'register', identity, request: 'Build a todo app', plan })
}

async function followToEnd(started: Started, user: number) {
  const end = new AbortController()
  const seqs: number[] = []
  let result: BuildResult | undefined
  let visible: unknown
  for await (const item of followBuild(withSignal(app, end.signal), started)) {
    if (item.type === 'result') result = item
    else seqs.push(item.seq)
    const isStuck = item.type === 'status' && item.status === 'implementing'
    if (user >= Number(cancelled) || !isStuck) continue
    // This user leaves; what the agent may see lies in the session's folder while its build runs.
    visible = JSON.parse(readFileSync(scopeIn(app, started.guid).paths.agentEnvironment, 'utf8'))
    end.abort()
  }
  return { user, ...started, agentEnvironment: visible, seqs, result }
}

const users = Array.from({ length: Number(count) }, (_, user) => user)
const followed = await Promise.all(
  users.map(async (user) => followToEnd(await startFor(user), user)),
)
const stopped = await Promise.all(
  followed.slice(0, Number(cancelled)).map(({ guid }) => stop(app, guid)),
)
app.close()
const isEnvironmentKept = JSON.stringify(before) === JSON.stringify({ ...process.env })
process.stdout.write(`${JSON.stringify({ followed, stopped, isEnvironmentKept })}\n`)
// What still keeps the process alive after ten seconds is named; the timer itself keeps nothing alive.
setTimeout(() => {
  process.stderr.write(`still alive: ${process.getActiveResourcesInfo().join(', ')}\n`)
  process.exit(1)
}, 10_000).unref()
