import { hasAccepted } from '../agents/activity.ts'
import { requireSession, serverOf } from '../session/scope.ts'
import { type Build, whileRunning } from '../store/builds.ts'
import { type Delivery, recordConfirmed, recordSent } from '../store/deliveries.ts'
import { capturePane } from '../tmux/panes.ts'
import { pasteOnce, sendEnter, sentHow } from '../tmux/send-once.ts'
import { hasLivingAgent, launchAgent, recordLaunched, requireAgentPane } from './agent-window.ts'
import { withOldFailure, withProofAskedAt } from './memory.ts'
import type { Run } from './run.ts'

/** How long the pasted line may take to show on the screen. */
const showTimeoutMs = 3_000
const pollMs = 30
/** Enter is repeated after this time without a proof. The text is never repeated. */
const enterAgainMs = 1_500

/**
 * Sends a planned delivery once: into the living conversation, or as the first message of a launch. A busy agent
 * has `idleTimeoutMs` to end its turn. After that it gets the line all the same, because it queues lines.
 */
export async function deliver(
  run: Run,
  build: Build,
  delivery: Delivery,
  idleTimeoutMs: number,
): Promise<void> {
  const how = sentHow((await requireAgentPane(run)).prompt, delivery.id)
  if (how === 'pasted') await run.scope.store.transact((tx) => recordSent(tx, delivery.id))
  else if (how === 'launched') await recordLaunched(run, build, delivery)
  // Its sender may have died before it recorded the sending, and the pane may be lost since: a second sending
  // would give the agent the same work twice.
  else if (await run.agent.findAcceptance(delivery))
    await run.scope.store.transact((tx) => recordSent(tx, delivery.id))
  else if (!(await canTakeText(run))) await launchAgent(run, build, delivery)
  else if (await waitForIdle(run, idleTimeoutMs)) await pasteLine(run, delivery)
}

/** An agent that asks for a permission would take Enter for a yes, so it is ended and started again instead. */
async function canTakeText(run: Run): Promise<boolean> {
  return hasLivingAgent(run) && (await run.agent.look()).permissionWanted === undefined
}

/** Waits until the agent is idle or its time is over; returns `false` when it can take no text any more. */
async function waitForIdle(run: Run, idleTimeoutMs: number): Promise<boolean> {
  const { world } = run.scope
  const deadline = world.elapsed() + idleTimeoutMs
  while (world.elapsed() < deadline) {
    world.signal.throwIfAborted()
    if (!(await canTakeText(run))) return false
    const activity = await run.agent.look()
    if (activity.isReady && !activity.isBusy) return true
    await run.wakeup.next(pollMs)
  }
  return true
}

async function pasteLine(run: Run, delivery: Delivery): Promise<void> {
  const { world, store } = run.scope
  const server = serverOf(requireSession(run.scope))
  const pane = await requireAgentPane(run)
  const { failure } = await run.agent.look()
  run.remember((before) => withOldFailure(before, failure))
  await pasteOnce(world, server, pane.id, delivery.id, delivery.line)
  await store.transact((tx) => recordSent(tx, delivery.id))
  // The agent swallows an Enter that comes before it has taken in the paste.
  const deadline = world.elapsed() + showTimeoutMs
  while (world.elapsed() < deadline) {
    const screen = await capturePane(world, server, pane.id, 0)
    if (isShown(screen, delivery.line)) break
    await world.sleep(pollMs)
  }
  await sendEnter(world, server, pane.id)
}

/** An input field shows the beginning of a long line or its end. */
function isShown(screen: string, line: string): boolean {
  return screen.includes(line.slice(0, 16)) || screen.includes(line.slice(-16))
}

/** Records what proves that the agent took the delivery. */
export const recordAccepted = (
  run: Run,
  build: Build,
  delivery: Delivery,
  proof: string,
): Promise<unknown> =>
  whileRunning(run.scope.store, build, (tx) => recordConfirmed(tx, delivery, proof))

/**
 * Looks for a proof that a sent line was accepted, and returns `undefined` while there is none. Enter is pressed
 * again only for a pasted line, because a launch has its message as an argument.
 */
export async function proveAccepted(run: Run, delivery: Delivery): Promise<string | undefined> {
  const { agent } = run
  if (hasAccepted(await agent.look(), delivery.line)) return agent.findAcceptance(delivery)
  const { askedAt = run.lookedMs() } = run.memory().underWay ?? {}
  await run.wakeup.next(enterAgainMs)
  const now = run.lookedMs()
  if (now - askedAt < enterAgainMs) return undefined
  run.remember((before) => withProofAskedAt(before, now))
  const proof = await agent.findAcceptance(delivery)
  if (proof !== undefined) return proof
  if (!(await agent.look()).isReady || !hasLivingAgent(run)) return undefined
  const pane = await requireAgentPane(run)
  if (sentHow(pane.prompt, delivery.id) === 'pasted' && (await canTakeText(run)))
    await sendEnter(run.scope.world, serverOf(requireSession(run.scope)), pane.id)
  return undefined
}
