import type { Look } from './look.ts'

/** A refinement, and what the agent made of it. */
export interface Change {
  readonly build: number
  readonly text: string
  readonly done: readonly string[]
}

export interface Decision {
  readonly question: string
  readonly answer: string
}

/** All that an app is made from. Kept as code/app.json: the next build goes on from it. */
export interface AppPlan {
  readonly kind: string
  readonly title: string
  /** As much of the request as the page shows. */
  readonly request: string
  readonly requestCharacters: number
  readonly build: number
  readonly look: Look
  readonly changes: readonly Change[]
  readonly decisions: readonly Decision[]
}

/** The plan in a file's text, or `undefined` when it is none. */
export function parsePlan(text: string): AppPlan | undefined {
  try {
    const plan = JSON.parse(text) as AppPlan
    const sound =
      typeof plan.kind === 'string' &&
      typeof plan.title === 'string' &&
      typeof plan.request === 'string' &&
      typeof plan.build === 'number' &&
      typeof plan.look?.accent === 'string' &&
      Array.isArray(plan.changes) &&
      Array.isArray(plan.decisions)
    return sound ? plan : undefined
  } catch {
    return undefined
  }
}
