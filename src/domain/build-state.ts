import type { ReportStatus } from './report.ts'

/** The states of a build. */
export const buildStates = [
  'pending',
  'initializing',
  'planning',
  'implementing',
  'deploying',
  'verifying',
  'awaiting_approval',
  'retrying',
  'deployed',
  'failed',
  'stopped',
] as const

export type BuildState = (typeof buildStates)[number]

const finalStates = ['deployed', 'failed', 'stopped'] as const

export function isFinal(state: BuildState): boolean {
  return (finalStates as readonly string[]).includes(state)
}

export const phaseNames: Readonly<Record<number, string>> = {
  1: 'Analysis & planning',
  2: 'Implementation',
  3: 'Deployment',
  4: 'Finalization',
}

/** Returns the state that a report stands for while a build is between `initializing` and `verifying`. */
export function stateOfReport(status: ReportStatus): BuildState | undefined {
  switch (status) {
    case 'initializing':
    case 'planning':
    case 'implementing':
    case 'deploying':
    case 'awaiting_approval':
      return status
    case 'deployed':
      return 'verifying'
    case 'error':
      return undefined
  }
}
