import { chooseKind } from './choose.ts'
import { type Look, lookFrom } from './look.ts'
import { clip, plainLines, shownCharacters, titleFrom } from './text.ts'

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

/** The plan of a new app. */
export function planApp(request: string, build: number): AppPlan {
  const kind = chooseKind(request)
  const wishes = lookFrom(request)
  return {
    kind: kind.name,
    title: titleFrom(request, kind.noun),
    request: clip(plainLines(request), shownCharacters),
    requestCharacters: plainLines(request).length,
    build,
    look: { accent: kind.accent, ...wishes.look },
    changes: [],
    decisions: [],
  }
}

/** The plan with a refinement; the same build's refinement is replaced, so that a second attempt adds nothing twice. */
export function planChange(plan: AppPlan, text: string, build: number): AppPlan {
  const wishes = lookFrom(text)
  const change = {
    build,
    text: clip(plainLines(text), shownCharacters),
    done: ['Listed on the page', ...wishes.done],
  }
  return {
    ...plan,
    look: { ...plan.look, ...wishes.look },
    changes: [...plan.changes.filter((other) => other.build !== build), change],
  }
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
