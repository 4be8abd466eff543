import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { capitalise, lookFrom, type Plan } from './plan.ts'
import { writeFileOnce } from './write-file.ts'

/** The folder of apps/ and documents/: above this file, or below the package of which this file is a bundle. */
export const packageFolder =
  ['../', '../packages/demo-agent/']
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .find((path) => existsSync(join(path, 'apps'))) ?? ''

/** The files that are deployed; the others are for those who work on the app. */
export const publishedFiles = ['index.html', 'frame.css', 'style.css', 'app.js']

/** Copies an app and what all apps share into a folder and fills its words in; returns the names of the files. */
export function writeApp(code: string, plan: Plan): string[] {
  const shared = join(packageFolder, 'apps')
  // An app without a script may take the place of one that has one.
  rmSync(join(code, 'app.js'), { force: true })
  const files = new Map([
    ['app.json', `${JSON.stringify(plan, null, 2)}\n`],
    ['.gitignore', 'dist/\n'],
  ])
  for (const folder of [shared, join(shared, plan.kind)]) {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (!entry.isFile()) continue
      const text = readFileSync(join(folder, entry.name), 'utf8')
      // What the apps share lies above each of them; in the workspace it lies beside the app's own files.
      files.set(entry.name, text.replaceAll(/(?<=["'])\.\.\//g, './'))
    }
  }
  files.set('index.html', fillIn(files.get('index.html') ?? '', plan))
  for (const [name, text] of files) writeFileOnce(join(code, name), text)
  return [...files.keys()]
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escapeHtml = (text: string): string =>
  text.replace(/[&<>"]/g, (found) => entities[found] ?? '')

/**
 * What people said is quoted as code: a check for false pages would take `{{name}}` in it for a template that was
 * never filled in.
 */
const quoted = ['request', 'changes', 'decisions']

/**
 * Fills the words of a plan into a page: each element with `data-fill` gets its text, once for each text of a
 * list. The page is read once, so that nothing in a text is ever taken for markup or for a place to fill in.
 */
function fillIn(page: string, plan: Plan): string {
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
      (texts[key] ?? [])
        .map((text) =>
          quoted.includes(key) ? `<code>${escapeHtml(text)}</code>` : escapeHtml(text),
        )
        .map((text) => start + text + end)
        .join('\n'),
    )
}

/** What the page says below a refinement about what was done. */
function doneAbout(text: string): string {
  const { accent, scheme, size } = lookFrom(text)
  const done = [
    accent && `${accent} as the accent colour`,
    scheme && `always in ${scheme} colours`,
    size && 'larger text',
  ].filter(Boolean)
  return done.length > 0
    ? `→ Done: ${done.join(', ')}`
    : '→ Only listed: the demo agent can change nothing but colours and the size of the text'
}

/** The choices that a request names ("tea, coffee or milk"), else yes, no and not sure. */
export function choicesFrom(request: string): string[] {
  const list =
    /((?:[\p{L}\p{N}'’-]{1,40},\s+){0,6}[\p{L}\p{N}'’-]{1,40}),?\s+or\s+([\p{L}\p{N}'’-]{1,40})/iu
  const [, first = '', last] = list.exec(request.slice(0, 2000)) ?? []
  const named = [...first.split(/,\s+/), last ?? ''].map(capitalise)
  const isList = last !== undefined && new Set(named).size === named.length
  return isList ? named : ['Yes', 'No', 'Not sure']
}

/** The length of a timer that a request names, as the page says it. */
function lengthFrom(request: string): string {
  const minutes = /\b([1-9]\d{0,2})[ -]?min/i.exec(request)?.[1]
  return `${minutes ?? (/pomodoro/i.test(request) ? 25 : 5)}:00`
}
