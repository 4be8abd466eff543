import type { AppPlan } from './app-plan.ts'
import { chooseKind } from './choose.ts'
import { lookFrom } from './look.ts'
import { clip, plainLines, shownCharacters, titleFrom } from './text.ts'

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
