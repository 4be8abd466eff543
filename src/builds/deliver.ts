import type { AgentActivity } from '../agents/hook-log.ts'
import { readAgentFileTail } from '../session/agent-files.ts'
import { requireSession, serverOf } from '../session/scope.ts'
import type { Build } from '../store/builds.ts'
import type { Tx } from '../store/database.ts'
import { type Delivery, recordConfirmed, recordSent } from '../store/deliveries.ts'
import { capturePane } from '../tmux/panes.ts'
import { pasteOnce, sendEnter, sentHow } from '../tmux/send-once.ts'
import { hasLivingAgent, launchAgent, recordLaunched, requireAgentPane } from './agent-window.ts'
import type { Run } from './run.ts'

/** How long the pasted line may take to show on the screen. */
const showTimeoutMs = 3_000
const pollMs = 30
/** Enter is repeated after this time without a proof; the text never is. */
const enterAgainMs = 1_500

/** What agents say of a prompt that they took: its line, or a text that holds it. */
export function isAccepted(delivery: Delivery, activity: AgentActivity): boolean {
  return activity.acceptedPrompts.some((prompt) => prompt.includes(delivery.line))
}

/**
 * Sends a planned delivery, once: into the living conversation, or as the first message of a launch. A busy agent may
 * take that long to end its turn before it is given the line all the same (it queues it).
 */
export async function deliver(
  run: Run,
  build: Build,
  delivery: Delivery,
  idleTimeoutMs: number,
): Promise<void> {
  run.readyAt = undefined
  run.askedAt = undefined
  const how = sentHow((await requireAgentPane(run)).prompt, delivery.id)
  if (how === 'pasted') await run.scope.store.transact((tx) => recordSent(tx, delivery.id))
  else if (how === 'launched') await recordLaunched(run, build, delivery)
  // The pane that got it is lost, and whoever sent it died before it was recorded: it is not given twice.
  else if (await findProof(run, delivery))
    await run.scope.store.transact((tx) => recordSent(tx, delivery.id))
  else if (!(await canTakeText(run))) await launchAgent(run, build, delivery)
  else if (await waitForIdle(run, idleTimeoutMs)) await pasteLine(run, delivery)
  run.sentAt = run.lookedMs()
}

/** An agent that asks for a permission would take Enter for a yes: it is ended and started again instead. */
async function canTakeText(run: Run): Promise<boolean> {
  return hasLivingAgent(run) && (await run.readHooks()).permissionWanted === undefined
}

/** `false`: the agent ended meanwhile, or stands at a dialog. */
async function waitForIdle(run: Run, idleTimeoutMs: number): Promise<boolean> {
  const { world } = run.scope
  const deadline = world.elapsed() + idleTimeoutMs
  while (world.elapsed() < deadline) {
    world.signal.throwIfAborted()
    if (!(await canTakeText(run))) return false
    const activity = await run.readHooks()
    if (activity.isReady && !activity.isBusy) return true
    await run.wakeup.next(pollMs)
  }
  return true
}

async function pasteLine(run: Run, delivery: Delivery): Promise<void> {
  const { world, store } = run.scope
  const server = serverOf(requireSession(run.scope))
  const pane = await requireAgentPane(run)
  run.oldFailure = (await run.readHooks()).failure
  await pasteOnce(world, server, pane.id, delivery.id, delivery.line)
  await store.transact((tx) => recordSent(tx, delivery.id))
  // Enter before the paste is taken in is swallowed.
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

/**
 * Looks for a proof that a sent line was accepted, and presses Enter again for a pasted one without (a launch has its
 * message as an argument). `undefined`: nothing proves it yet.
 */
export async function proveAccepted(
  run: Run,
  delivery: Delivery,
): Promise<'UserPromptSubmit' | 'transcript' | undefined> {
  if (isAccepted(delivery, await run.readHooks())) return 'UserPromptSubmit'
  run.sentAt ??= run.lookedMs()
  run.askedAt ??= run.lookedMs()
  await run.wakeup.next(enterAgainMs)
  if (run.lookedMs() - run.askedAt < enterAgainMs) return undefined
  run.askedAt = undefined
  const proof = await findProof(run, delivery)
  if (proof) return proof
  if (!(await run.readHooks()).isReady || !hasLivingAgent(run)) return undefined
  const pane = await requireAgentPane(run)
  if (sentHow(pane.prompt, delivery.id) === 'pasted' && (await canTakeText(run)))
    await sendEnter(run.scope.world, serverOf(requireSession(run.scope)), pane.id)
  return undefined
}

/** What the agent's papers say of a line that was sent. Some versions of Claude Code tell of a queued message in the transcript alone. */
export async function findProof(
  run: Run,
  delivery: Delivery,
): Promise<'UserPromptSubmit' | 'transcript' | undefined> {
  const activity = await run.readHooks()
  if (isAccepted(delivery, activity)) return 'UserPromptSubmit'
  return (await isInTranscript(activity.transcript, delivery)) ? 'transcript' : undefined
}

/** A line that was just queued stands near the end. */
const transcriptTailBytes = 4 * 1024 * 1024

async function isInTranscript(file: string | undefined, delivery: Delivery): Promise<boolean> {
  const text = file === undefined ? '' : await readAgentFileTail(file, transcriptTailBytes)
  return text.includes(`[${delivery.id}]`)
}

export function recordAccepted(
  tx: Tx,
  run: Run,
  delivery: Delivery,
  confirmedBy: 'UserPromptSubmit' | 'transcript',
): void {
  recordConfirmed(tx, delivery, confirmedBy)
  run.sentAt = undefined
}
