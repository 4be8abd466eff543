import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
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

/** The plan in a workspace, if there is one that can be read. */
export function readPlan(workspace: string): Plan | undefined {
  try {
    const plan = JSON.parse(readFileSync(join(workspace, 'code/app.json'), 'utf8')) as Plan
    const isSound = plan.look && Array.isArray(plan.changes) && Array.isArray(plan.decisions)
    return isSound ? { ...plan, kind: plan.kind in apps ? plan.kind : 'page' } : undefined
  } catch {
    return undefined
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

const opening = new RegExp(
  [
    /^(?:(?:please|hi|hello|hey|there|ok)\b[\s,:-]*)*(?:(?:can|could|would|will) you\s+)?/,
    /(?:(?:i|we)(?:['’]d| would)? (?:want|need|like)\s+)?(?:you\s+)?(?:to\s+)?(?:please\s+)?/,
    /(?:(?:build|make|create|write|design|develop|generate|code|implement)\s+)?/,
    /(?:(?:me|us)\s+)?(?:(?:an?|the|my|our|some)\s+)?/,
  ]
    .map(({ source }) => source)
    .join(''),
  'i',
)

/** A short title from the first words of a request that say what it is about. */
export function titleFrom(request: string): string {
  const about = clip(request, 2000)
    .split(/[\n.!?:;()]/)
    .map((part) => part.trim().replace(opening, ''))
    .find((part) => /\p{L}{2}/u.test(part))
  const words = (about ?? '')
    .replace(/(?<=\S{3}.*)\s(?:with|that|which|where|using|so)\s.*$/i, '')
    .replace(/[^\p{L}\p{M}\p{N}\s'’,&+-]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  const cut = words.length > 50 ? clip(words, 50).replace(/\s+\S*$/, '') : words
  const title = cut.replace(/(?:\s+(?:and|or|of|for|to|the|an?|in|on))*[\s,&+-]*$/i, '')
  return title.replace(/^./u, (first) => first.toUpperCase()) || 'A request'
}

/** What a text asks of the page's look. */
function lookFrom(text: string): Record<string, string> {
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

/** What the page says below a refinement about what was done. */
function doneAbout(text: string): string {
  const done = Object.entries(lookFrom(text)).map(([name, value]) => `${name}: ${value}`)
  return done.length > 0
    ? `→ Done (${done.join(', ')})`
    : '→ Only listed: the demo agent can change nothing but colours and the size of the text'
}

/** The choices that a request names ("tea, coffee or milk"), else yes, no and not sure. */
export function choicesFrom(request: string): string[] {
  const list =
    /((?:[\p{L}\p{N}'’-]{1,40},\s+){0,6}[\p{L}\p{N}'’-]{1,40}),?\s+or\s+([\p{L}\p{N}'’-]{1,40})/iu
  const [, first, last] = list.exec(clip(request, 2000)) ?? []
  const named = [...(first ?? '').split(/,\s+/), last ?? ''].map((choice) =>
    choice.replace(/^./u, (letter) => letter.toUpperCase()),
  )
  const isList = last !== undefined && new Set(named).size === named.length
  return isList ? named : ['Yes', 'No', 'Not sure']
}

/** The length of a timer that a request names, as the page says it. */
function lengthFrom(request: string): string {
  const minutes = /\b([1-9]\d{0,2})[ -]?min/i.exec(request)?.[1]
  return `${minutes ?? (/pomodoro/i.test(request) ? 25 : 5)}:00`
}

// The apps lie beside this file's folder, and in the installed package below it.
const appsFolder = ['../apps', '../packages/demo-agent/apps']
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .find((path) => existsSync(path))

/** The files that are deployed; the others are for those who work on the app. */
export const publishedFiles = ['index.html', 'frame.css', 'style.css', 'app.js']

/** Copies an app and what all apps share into a folder and fills its words in; returns the names of the files. */
export function writeApp(code: string, plan: Plan): string[] {
  if (appsFolder === undefined) throw new Error('The demo agent’s apps are not where they belong')
  // An app without a script may take the place of one that has one.
  rmSync(join(code, 'app.js'), { force: true })
  const names = [join(appsFolder, plan.kind), appsFolder].flatMap((folder) => {
    const files = readdirSync(folder, { withFileTypes: true }).filter((file) => file.isFile())
    for (const { name } of files) {
      // What the apps share lies above each of them here, and beside it there.
      const text = readFileSync(join(folder, name), 'utf8').replaceAll(/(?<=["'])\.\.\//g, './')
      writeFileOnce(join(code, name), name === 'index.html' ? fillIn(text, plan) : text)
    }
    return files.map(({ name }) => name)
  })
  writeFileOnce(join(code, 'app.json'), `${JSON.stringify(plan, null, 2)}\n`)
  writeFileOnce(join(code, '.gitignore'), 'dist/\n')
  return [...names, 'app.json', '.gitignore']
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escapeHtml = (text: string): string =>
  text.replace(/[&<>"]/g, (found) => entities[found] ?? '')

/**
 * Fills the words of a plan into a page: each element with `data-fill` gets its text, once for each text of a list.
 * The page is read once, so that nothing in a text is ever taken for markup or for a place to fill in.
 */
export function fillIn(page: string, plan: Plan): string {
  const texts: Record<string, readonly string[]> = {
    title: [plan.title],
    request: [plan.request],
    changes: plan.changes.map(({ text }) => `${text}\n${doneAbout(text)}`),
    decisions: plan.decisions.map(({ question, answer }) => `${question} ${answer}`),
    choices: choicesFrom(plan.request),
    length: [lengthFrom(plan.request)],
  }
  const attribute = /(?<=<html\b[^>]* data-(accent|scheme|size)=")[^"]*/g
  // Further elements with the same start are samples too.
  const element = /(<(\w+)\b[^>]*\bdata-fill="(\w+)"[^>]*>)[^<]*(<\/\2>)(?:\s*\1[^<]*\4)*/g
  return page
    .replace(attribute, (sample, name) => escapeHtml(plan.look[name] ?? sample))
    .replace(element, (_, start, _name, key, end) =>
      (texts[key] ?? []).map((text) => start + escapeHtml(text) + end).join('\n'),
    )
}
