/** What a person, or a program that plays one, did at the keyboard. */
export type Key =
  | { readonly type: 'text' | 'paste'; readonly text: string }
  | { readonly type: 'enter' | 'backspace' | 'clear' | 'escape' | 'interrupt' | 'end' }

const pasteStart = '\u001b[200~'
const pasteEnd = '\u001b[201~'

const controls: Record<string, Key> = {
  '\r': { type: 'enter' },
  // Without bracketed paste every pasted line end submits, as Enter does.
  '\n': { type: 'enter' },
  '\u0003': { type: 'interrupt' },
  '\u0004': { type: 'end' },
  '\u0008': { type: 'backspace' },
  '\u007f': { type: 'backspace' },
  '\u0015': { type: 'clear' },
}

/**
 * Turns what a terminal sends, in whatever pieces, into keys. `feed` returns the keys of a piece; `flush` those that
 * only time can tell: an ESC after which nothing came is the Esc key, and not the beginning of a sequence.
 */
export function createKeyReader() {
  let rest = ''
  let pasted: string | undefined

  function take(keys: Key[], isLast: boolean): boolean {
    if (pasted !== undefined) return takePaste(keys)
    const first = rest[0] ?? ''
    if (first === '\u001b') return takeEscape(keys, isLast)
    const control = controls[first]
    if (control) keys.push(control)
    const text = control ? first : (/^[^\u0000-\u001f\u007f]+/.exec(rest)?.[0] ?? first)
    if (!control && text >= ' ') keys.push({ type: 'text', text })
    rest = rest.slice(text.length)
    return true
  }

  function takePaste(keys: Key[]): boolean {
    const end = rest.indexOf(pasteEnd)
    if (end >= 0) {
      keys.push({ type: 'paste', text: pasted + rest.slice(0, end) })
      rest = rest.slice(end + pasteEnd.length)
      pasted = undefined
      return true
    }
    // The end mark may be cut in two: keep back what could be its beginning.
    const safe = Math.max(0, rest.length - pasteEnd.length + 1)
    pasted += rest.slice(0, safe)
    rest = rest.slice(safe)
    return false
  }

  function takeEscape(keys: Key[], isLast: boolean): boolean {
    if (rest.startsWith(pasteStart)) {
      pasted = ''
      rest = rest.slice(pasteStart.length)
      return true
    }
    const sequence = /^\u001b(?:\[[0-9;?]*[ -/]*[@-~]|O.|\[[0-9;?]*[ -/]*$|O?$)/.exec(rest)?.[0]
    if (sequence === undefined || (isLast && sequence.length === 1)) {
      keys.push({ type: 'escape' })
      rest = rest.slice(1)
      return true
    }
    const isWhole = /^\u001b(?:\[[0-9;?]*[ -/]*[@-~]|O.)$/.test(sequence)
    if (!isWhole && !isLast) return false
    rest = rest.slice(sequence.length)
    return true
  }

  function read(isLast: boolean): Key[] {
    const keys: Key[] = []
    while (rest !== '' && take(keys, isLast));
    return keys
  }

  return {
    feed(text: string): Key[] {
      rest += text
      return read(false)
    },
    flush: (): Key[] => read(true),
    /** Is something held back that `flush` would decide? */
    isWaiting: (): boolean => rest !== '' && pasted === undefined,
  }
}
