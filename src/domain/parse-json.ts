const maxDepth = 100

/** Whether a JSON text is nested too deeply for the recursive functions that read its value. */
function isTooDeep(text: string): boolean {
  let depth = 0
  let inString = false
  for (let at = 0; at < text.length; at++) {
    const mark = text[at]
    if (inString && mark === '\\') at++
    else if (mark === '"') inString = !inString
    else if (!inString && (mark === '[' || mark === '{') && ++depth > maxDepth) return true
    else if (!inString && (mark === ']' || mark === '}')) depth--
  }
  return false
}

/** Parses a JSON text; a problem is returned in words that fit into a sentence. */
export function parseJson(
  text: string,
):
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: string } {
  if (text.trim() === '') return { ok: false, problem: 'empty' }
  if (isTooDeep(text)) return { ok: false, problem: 'nested too deeply' }
  try {
    return { ok: true, value: JSON.parse(text) }
  } catch {
    return { ok: false, problem: 'not JSON' }
  }
}
