import { stripVTControlCharacters } from 'node:util'
import { replaceControls } from '../domain/control-characters.ts'
import { notReady } from '../errors.ts'
import { redact, redactValue } from '../secrets/redact.ts'
import { requireSession, serverOf } from '../session/scope.ts'
import { readDeploymentLogs } from '../session/session-logs.ts'
import { paneOf, readPanes } from '../session/session-panes.ts'
import type { Build } from '../store/builds.ts'
import { eachEvent } from '../store/events.ts'
import { capturePane } from '../tmux/panes.ts'
import type { Failure } from './next-step.ts'
import type { Run } from './run.ts'

const paneLines = 60
/** Each part is cut, because an agent may write a megabyte into its report. */
const maxPartLength = 12_000
const maxSentenceLength = 300

/** Describes a failure for the next attempt and the user, without secrets and control codes. */
export async function describeFailure(run: Run, build: Build, failure: Failure): Promise<string> {
  const logs = await readDeploymentLogs(run.scope.paths.workspace)
  const parts = [
    failure.message,
    failure.seen && `What verification saw:\n${toJson(failure.seen)}`,
    `Last report: ${build.report ? toJson(build.report) : 'none'}`,
    `Last lines of the agent’s terminal:\n${(await readPaneEnd(run)) || '(empty)'}`,
    ...logs.map(({ name, text }) => `End of infrastructure/deployment_logs/${name}:\n${text}`),
  ]
  return parts
    .filter((part) => part !== undefined)
    .map((part) => cut(redact(plain(part)), maxPartLength))
    .join('\n\n')
}

async function readPaneEnd(run: Run): Promise<string> {
  const panes = await readPanes(run.scope)
  // The agent was lost with its tmux session, which is not its failure and does not end the attempt.
  if (panes.length === 0)
    throw notReady('The tmux session is gone.', 'Run the same command again to go on')
  const pane = paneOf(panes, 'agent')
  const server = serverOf(requireSession(run.scope))
  const screen = pane ? await capturePane(run.scope.world, server, pane.id, paneLines) : ''
  return screen.split('\n').slice(-paneLines).join('\n').trim()
}

/**
 * Describes how a build failed: with its last failure, those of the attempts before it, and where the logs are.
 */
export function describeEnd(run: Run, build: Build, failure: Failure): string {
  const { store, guid, paths } = run.scope
  const before: string[] = []
  for (const event of eachEvent(store, { guid, build: build.build, after: 0 }))
    if (event.type === 'retry')
      before.push(`attempt ${event.attempt} (${event.reason}): ${sentence(event.message)}`)
  const sentences = [sentence(failure.message)]
  if (before.length > 0)
    sentences.push(
      `It was attempt ${build.attempt} of ${build.settings.maxAttempts}; before it: ${before.join('; ')}`,
    )
  return [...sentences.map(ended), `Logs: ${paths.logs}`].join(' ')
}

const ended = (text: string) => (/[?!…]$/.test(text) ? text : `${text}.`)

/** Makes a failure's message a part of a sentence. */
export const sentence = (message: string): string =>
  cut(redact(plain(message)).replace(/\s+/g, ' ').trim(), maxSentenceLength).replace(/[.\s]+$/, '')

const plain = (text: string) => replaceControls(stripVTControlCharacters(text), ' ')

const toJson = (value: unknown) => JSON.stringify(redactValue(value), undefined, 2)

const cut = (text: string, length: number) =>
  text.length > length ? `${text.slice(0, length).toWellFormed()}…` : text
