import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Order } from './order.ts'
import { writeFileOnce } from './write-file.ts'

/** The apps that the demo agent can make: what each is called, and the words of a title that ask for it. */
export const apps = {
  todo: { noun: 'todo list', words: /\bto-?\s?dos?\b|\b(?:task|shopping|check)[ -]?lists?\b/i },
  poll: { noun: 'poll', words: /\b(?:polls?|vote|voting|ballot)\b/i },
  timer: { noun: 'timer', words: /\b(?:timers?|pomodoro|countdown)\b/i },
  page: { noun: 'page about the request', words: /(?!)/ },
} as const
/** A static page is none of these, whatever it would be about. */
const notPages = /\b(?:api|backend|server|cli|bot)\b/i

export interface Decision {
  readonly question: string
  readonly answer: string
}

/** All that an app is made from. It is kept as code/app.json, from which the next build goes on. */
export interface Plan {
  readonly kind: keyof typeof apps
  readonly title: string
  readonly request: string
  readonly build: number
  /** Attributes of the page's <html>: `accent`, `scheme`, `size`. */
  readonly look: Readonly<Record<string, string>>
  readonly changes: readonly { readonly build: number; readonly text: string }[]
  readonly decisions: readonly Decision[]
}

/** Decides what this order makes: a new app, a change of the one that is there, or the same once more. */
export function planOrder(order: Order, request: string): Plan {
  const before = readPlan(order.workspace)
  const isChange =
    order.promptType === 'refinement_mode' ||
    before?.changes.some((change) => change.build === order.build) ||
    // A debug prompt does not say what it repairs; with a live address it is a refinement.
    (order.promptType === 'debug_mode' && order.deploymentUrl !== undefined)
  if (before?.build === order.build) return before
  if (!isChange) return keep(order, planApp(request, order.build))
  // Where the files are gone, the app is planned again, from its original request if the order names it.
  const file = order.originalRequestFile
  const lost = () => planApp(file && existsSync(file) ? readFileSync(file, 'utf8') : request, 0)
  return keep(order, planChange(before ?? lost(), request, order.build))
}

/** The plan with a decision, which takes the place of an earlier one about the same; no plan: `undefined`. */
export function planDecision(order: Order, { question, answer }: Decision): Plan | undefined {
  const before = readPlan(order.workspace)
  if (!before) return undefined
  const isDark = /\balways dark\b/i.test(answer)
  const others = before.decisions.filter((decision) => decision.question !== question)
  return keep(order, {
    ...before,
    look: isDark ? { ...before.look, scheme: 'dark' } : before.look,
    decisions: [...others, { question, answer: shownText(answer) }],
  })
}

function keep({ workspace }: Order, plan: Plan): Plan {
  writeFileOnce(join(workspace, 'code/app.json'), `${JSON.stringify(plan, null, 2)}\n`)
  return plan
}

function readPlan(workspace: string): Plan | undefined {
  try {
    const plan = JSON.parse(readFileSync(join(workspace, 'code/app.json'), 'utf8')) as Plan
    const isSound = plan.look && Array.isArray(plan.changes) && Array.isArray(plan.decisions)
    return isSound ? { ...plan, kind: plan.kind in apps ? plan.kind : 'page' } : undefined
  } catch {
    return undefined
  }
}

/** The plan of a new app. */
export function planApp(request: string, build: number): Plan {
  const title = titleFrom(request)
  return {
    kind: chooseKind(title),
    title,
    request: shownText(request),
    build,
    look: lookFrom(request),
    changes: [],
    decisions: [],
  }
}

/** What the title is of, not what it is for: "a page for our poll night" asks for no poll. */
function chooseKind(title: string): Plan['kind'] {
  const [thing = ''] = title.split(/\s(?:for|about|on|of|to|in)\s/i)
  const kinds = Object.keys(apps) as Plan['kind'][]
  return kinds.find((kind) => apps[kind].words.test(thing) && !notPages.test(thing)) ?? 'page'
}

/** The plan with a refinement; that of the same build is replaced, so that a second attempt adds nothing twice. */
export function planChange(plan: Plan, text: string, build: number): Plan {
  const changes = plan.changes.filter((change) => change.build !== build)
  return {
    ...plan,
    look: { ...plan.look, ...lookFrom(text) },
    changes: [...changes, { build, text: shownText(text) }],
  }
}

const longestShown = 20_000

/** The first characters of a text, never half of one. */
const clip = (text: string, limit: number): string =>
  text.slice(0, limit).replace(/[\ud800-\udbff]$/, '')

/** A text as the page shows it: line ends as HTML reads them, no control characters, and not without end. */
export function shownText(text: string): string {
  const plain = text
    .replace(/\r\n?/g, '\n')
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd')
  if (plain.length <= longestShown) return plain
  const numbers = [longestShown, plain.length].map((number) => number.toLocaleString('en'))
  return `${clip(plain, longestShown)}\n… (the first ${numbers.join(' of ')} characters)`
}

const openings = [
  /^(?:(?:please|hi|hello|hey|there|ok)\b[\s,:-]*)+/i,
  /^(?:can|could|would|will) you\s+(?:please\s+)?/i,
  /^(?:i|we)(?:['’]d| would)? (?:want|need|like)\s+(?:you\s+)?(?:to\s+)?/i,
  /^(?:build|make|create|write|design|develop|generate|code|implement)\s+(?:(?:me|us)\s+)?/i,
  /^(?:an?|the|my|our|some)(?:\s+|$)/i,
]

/** A short title from the first words of a request that say what it is about. */
export function titleFrom(request: string): string {
  const about = clip(request, 2000)
    .split(/[\n.!?:;()]/)
    .map((part) => openings.reduce((text, opening) => text.replace(opening, ''), part.trim()))
    .find((part) => /\p{L}{2}/u.test(part))
  const words = (about ?? '')
    .replace(/(?<=\S{3}.*)\s(?:with|that|which|where|using|so)\s.*$/i, '')
    .replace(/[^\p{L}\p{M}\p{N}\s'’,&+-]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  const cut = words.length > 50 ? clip(words, 50).replace(/\s+\S*$/, '') : words
  const title = cut.replace(/(?:\s+(?:and|or|of|for|to|the|an?|in|on))*[\s,&+-]*$/i, '')
  return capitalise(title) || 'A request'
}

export const capitalise = (text: string): string =>
  text.replace(/^./u, (letter) => letter.toUpperCase())

/** What a text asks of the page's look. */
export function lookFrom(text: string): Record<string, string> {
  const start = text.slice(0, 2000).toLowerCase()
  const found = {
    accent: /\b(?:blue|green|red|purple|orange|pink|teal)\b/.exec(start)?.[0],
    scheme: /\bdark\b|\blight(?= (?:mode|theme|scheme|colou?rs))/.exec(start)?.[0],
    size: /\b(?:larger?|big(?:ger)?) (?:text|font|type|letters)\b/.test(start)
      ? 'large'
      : undefined,
  }
  return JSON.parse(JSON.stringify(found))
}
