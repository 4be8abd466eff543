import { phaseNames } from '../domain/build-state.ts'
import type { JournalEvent } from '../domain/journal.ts'
import { redact } from '../secrets/redact.ts'
import { oneLine } from './plain-text.ts'

/** Describes an event in one line for people. Control characters of an agent never reach a terminal. */
export function describeEvent(event: JournalEvent): string {
  return oneLine(redact(sentenceOf(event)))
}

/** `2026-11-22T17:00:00.000Z` → `17:00:00` (UTC). */
export const timeOf = (at: string): string => at.slice(11, 19)

function sentenceOf(event: JournalEvent): string {
  switch (event.type) {
    case 'registered':
      return `build ${event.build} registered (${event.command}, agent ${event.agent}, target ${event.target})`
    case 'session_created':
      return event.reason ? `tmux session recreated: ${event.reason}` : 'tmux session created'
    case 'session_reused':
      return 'tmux session reused'
    case 'session_ended':
      return `tmux session ended: ${event.reason} (${count(event.processes, 'process', 'processes')} ended)`
    case 'supervisor_started':
      return `supervisor started (pid ${event.pid})`
    case 'supervisor_waiting':
      return `supervisor is waiting: ${event.message}`
    case 'agent_started':
      return `agent ${event.agent} ${event.resumed ? 'resumed' : 'started'} (attempt ${event.attempt})`
    case 'agent_ready':
      return 'agent ready'
    case 'prompt_delivered':
      return `prompt ${event.prompt} delivered (${event.bytes} bytes, confirmed by ${event.confirmed_by})`
    case 'status':
      return `${phaseOf(event.phase)}${event.progress}% ${event.status}: ${event.message}`
    case 'status_invalid':
      return `status.json is invalid: ${event.problem}`
    case 'question':
      return `question: ${(event.question as { question: string }).question}`
    case 'answer':
      return `answer to ${event.id}: ${event.decision === 'answer' ? event.answer : event.decision} (by ${event.by})`
    case 'agent_exited':
      return `agent program exited (${event.exit_signal ? `signal ${event.exit_signal}` : `status ${event.exit_status ?? 'unknown'}`})`
    case 'agent_stalled':
      return `agent silent for ${event.silent_seconds} s`
    case 'retry':
      return `attempt ${event.attempt} failed (${event.reason}): ${event.message}; attempt ${event.next_attempt} follows${event.pause_seconds < 1 ? '' : ` in ${event.pause_seconds} s`}`
    case 'limit_reached':
      return `${event.message}; continuing at ${event.until}`
    case 'deploy_step':
      return `deploy, ${event.step}: ${event.message}`
    case 'rolling_back':
      return `rolling back to release ${event.release}`
    case 'rolled_back':
      return `rolled back to release ${event.release}, at ${event.url}`
    case 'destroyed':
      return event.resources.length === 0
        ? 'nothing was left to destroy in AWS'
        : `destroyed in the AWS account ${event.account}: ${event.resources.join(', ')}`
    case 'released':
      return `release ${event.release} is at ${event.url}`
    case 'release_switched':
      return event.release === null
        ? 'the preview was stopped (no verified release)'
        : `switched back to release ${event.release}`
    case 'preview_started':
      return `preview started at ${event.url}`
    case 'verifying':
      return `verifying ${event.url || '(no address)'}`
    case 'verified':
      return [
        `verified ${event.url}${event.proof ? ` (proof: ${event.proof})` : ''}`,
        ...event.warnings,
      ].join('; ')
    case 'verify_failed':
      return `not verified: ${(event.evidence as { message?: string }).message ?? 'no reason given'}`
    case 'deployed':
      return `deployed ${event.url}${event.verified ? '' : ' (not verified)'}`
    case 'failed':
      return `failed (${event.reason}): ${event.message}`
    case 'stopped':
      return 'stopped'
    case 'resumed':
      return `resumed by ${event.by}`
    case 'archived':
    case 'restored':
      return `session ${event.type}`
  }
}

const phaseOf = (phase: number) => {
  const name = phaseNames[phase]
  return name ? `[${phase}/4 ${name}] ` : ''
}

const count = (number: number, one: string, many: string) =>
  `${number} ${number === 1 ? one : many}`
