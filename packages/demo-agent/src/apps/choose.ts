import { calculator } from './calculator.ts'
import { counter } from './counter.ts'
import { guestbook } from './guestbook.ts'
import type { AppKind } from './kind.ts'
import { landing } from './landing.ts'
import { notes } from './notes.ts'
import { poll } from './poll.ts'
import { quiz } from './quiz.ts'
import { timer } from './timer.ts'
import { todo } from './todo.ts'

/** Every kind of app the demo agent can make; the last is made when no other is asked for. */
export const kinds: readonly AppKind[] = [
  todo,
  notes,
  timer,
  calculator,
  counter,
  poll,
  quiz,
  guestbook,
  landing,
]

const searchedCharacters = 20_000

/** The kind that a request names first. */
export function chooseKind(request: string): AppKind {
  const text = request.slice(0, searchedCharacters).toLowerCase()
  let chosen = landing
  let earliest = Number.POSITIVE_INFINITY
  for (const kind of kinds) {
    const at = text.search(kind.words)
    if (at >= 0 && at < earliest) {
      chosen = kind
      earliest = at
    }
  }
  return chosen
}

/** The kind of a plan; a plan that names none that we know is a landing page. */
export const kindNamed = (name: string): AppKind =>
  kinds.find((kind) => kind.name === name) ?? landing
