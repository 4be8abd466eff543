import { type Evidence, NotVerified } from './evidence.ts'
import { type FalsePage, falseJson, falsePages } from './false-pages.ts'
import type { Answer } from './fetch-once.ts'
import { type Page, parsePage } from './page.ts'

/**
 * Requires the answer of an application: a status of 2xx, HTML or JSON, not empty, and not in the list of false
 * pages. An answer that was cut at the size limit is judged by the part that was read.
 *
 * @throws NotVerified, kinds `status` and `content`
 */
export function requireRealPage(answer: Answer): void {
  const text = decode(answer)
  const refuse = (kind: Evidence['kind'], message: string) =>
    new NotVerified({
      kind,
      message,
      url: answer.url.href,
      status: answer.status,
      contentType: answer.contentType,
      address: answer.address,
      excerpt: text.slice(0, 2_000),
    })
  if (answer.status < 200 || answer.status > 299)
    throw refuse('status', `the answer's status is ${answer.status}`)
  const type = answer.contentType.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  const isHtml = type === 'text/html' || type === 'application/xhtml+xml'
  const isJson = type === 'application/json' || /^application\/[\w.-]+\+json$/.test(type)
  if (!isHtml && !isJson)
    throw refuse('content', `the answer is neither HTML nor JSON, but "${answer.contentType}"`)
  if (isBlank(text)) throw refuse('content', 'the answer is empty')
  const value = parseJson(text)
  if (isJson && value === undefined && !answer.truncated)
    throw refuse('content', 'the answer is declared as JSON, but is not valid JSON')
  const why = isJson ? judgeJson(value) : judgeHtml(text, value)
  if (why !== undefined) throw refuse('content', why)
}

/** A JSON text that comes as HTML is judged as JSON, because frameworks send it so by default. */
function judgeHtml(text: string, value?: unknown): string | undefined {
  if (typeof value === 'object') return judgeJson(value)
  const page = parsePage(text)
  const found = falsePages.find((entry) => isMatch(entry, page))
  if (found) return `the page is ${found.name}`
  const shows = page.text !== '' || page.runs || page.hasMedia || page.hasControls
  return shows ? undefined : 'the page is empty: no text, no script, no picture'
}

/** Lists pass even when they are empty, because an API may have nothing to list yet. */
function judgeJson(value: unknown): string | undefined {
  if (value === null || value === '' || value === false) return 'the JSON says nothing'
  if (typeof value === 'string') return judgeHtml(value)
  if (typeof value !== 'object' || Array.isArray(value)) return undefined
  const found = falseJson.find((entry) => entry.is(value as Record<string, unknown>))
  return found && `the JSON is ${found.name}`
}

function isMatch(entry: FalsePage, page: Page): boolean {
  const text = page.text.slice(0, 1_000)
  return (
    (entry.title?.test(page.title) ?? true) &&
    (entry.heading?.test(page.heading) ?? true) &&
    (entry.text?.test(text) ?? true) &&
    (entry.start?.test(page.start) ?? true) &&
    (!entry.reference || page.references.some((each) => entry.reference?.test(each))) &&
    (entry.prose?.(page.prose) ?? true) &&
    !(entry.inert && (page.runs || page.hasControls)) &&
    !(entry.scriptless && page.runs)
  )
}

function decode({ bytes, contentType }: Answer): string {
  const charset = /charset\s*=\s*"?([\w-]+)/i.exec(contentType)?.[1] ?? 'utf-8'
  try {
    return new TextDecoder(charset).decode(bytes)
  } catch {
    return new TextDecoder().decode(bytes)
  }
}

function parseJson(text: string): unknown {
  if (!/^\s*(?:[[{"\d-]|true|false|null)/.test(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isBlank = (text: string) => !/[^\p{Cc}\p{Cf}\s]/u.test(text)
