/** What a person, or a program that plays one, did at the keyboard. */
export type Key =
  | { readonly type: 'text' | 'paste'; readonly text: string }
  | { readonly type: 'enter' | 'backspace' | 'clear' | 'escape' | 'interrupt' | 'end' }

const pasteStart = '\u001b[200~'
const pasteEnd = '\u001b[201~'
const wholeSequence = /^\u001b(?:\[[0-9;?]*[ -/]*[@-~]|O.)/
const partOfSequence = /^\u001b(?:\[[0-9;?]*[ -/]*|O)?$/

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
 * Turns what a terminal sends, however it is cut into pieces, into keys. `feed` returns the keys of a piece,
 * `flush` those that only time can decide: an ESC after which nothing came is the Esc key and begins no sequence.
 */
export function createKeyReader() {
  let rest = ''

  /** How many characters of the rest are read, and the key that they are; no characters: more has to come. */
  function readKey(isLast: boolean): { length: number; key?: Key } {
    if (rest.startsWith(pasteStart)) {
      const end = rest.indexOf(pasteEnd)
      if (end < 0) return { length: 0 }
      const text = rest.slice(pasteStart.length, end)
      return { length: end + pasteEnd.length, key: { type: 'paste', text } }
    }
    const sequence = wholeSequence.exec(rest)?.[0]
    if (sequence !== undefined) return { length: sequence.length }
    if (rest.startsWith('\u001b')) {
      const isPart = partOfSequence.test(rest)
      if (isPart && !isLast) return { length: 0 }
      if (isPart && rest.length > 1) return { length: rest.length }
      return { length: 1, key: { type: 'escape' } }
    }
    const control = controls[rest.charAt(0)]
    if (control) return { length: 1, key: control }
    const text = /^[^\u0000-\u001f\u007f]+/.exec(rest)?.[0]
    // Any other control character means nothing here.
    return text === undefined ? { length: 1 } : { length: text.length, key: { type: 'text', text } }
  }

  function read(isLast: boolean): Key[] {
    const keys: Key[] = []
    while (rest !== '') {
      const { length, key } = readKey(isLast)
      if (length === 0) break
      rest = rest.slice(length)
      if (key) keys.push(key)
    }
    return keys
  }

  return {
    feed(text: string): Key[] {
      rest += text
      return read(false)
    },
    flush: (): Key[] => read(true),
    /** Is something held back that `flush` would decide? */
    isWaiting: (): boolean => rest !== '' && !rest.startsWith(pasteStart),
  }
}

interface Part {
  readonly text: string
  /** What is shown instead of a large text. */
  readonly label?: string
}

export interface EditorOptions {
  /** How long a paste takes to be taken in; Enter before that is lost, as in Claude Code. */
  readonly takeInMs: number
  /** Loses the first Enter after each paste. */
  readonly swallowsFirstEnter: boolean
  onChange(): void
  onSubmit(text: string): void
}

const longestShownPaste = 800

/** The input line: it collects typed and pasted text until Enter. */
export function createEditor(options: EditorOptions) {
  let parts: Part[] = []
  let pastes = 0
  let enterIsLost = false
  let takingIn: NodeJS.Timeout | undefined
  let later: Key[] = []

  function takeIn(text: string): void {
    const lines = text.split('\n').length - 1
    const isLarge = lines > 0 || text.length > longestShownPaste
    if (isLarge) pastes += 1
    parts.push(isLarge ? { text, label: `[Pasted text #${pastes} +${lines} lines]` } : { text })
    enterIsLost = options.swallowsFirstEnter
    takingIn = undefined
    const waiting = later
    later = []
    for (const key of waiting) press(key)
    options.onChange()
  }

  function press(key: Key): void {
    if (takingIn) {
      if (key.type !== 'enter') later.push(key)
      return
    }
    if (key.type === 'text') parts.push({ text: key.text })
    if (key.type === 'paste') takingIn = setTimeout(takeIn, options.takeInMs, key.text)
    if (key.type === 'clear') parts = []
    if (key.type === 'backspace') eraseLast()
    if (key.type === 'enter') enter()
    else options.onChange()
  }

  function enter(): void {
    if (enterIsLost) {
      enterIsLost = false
      return
    }
    const text = parts.map((part) => part.text).join('')
    parts = []
    options.onChange()
    if (text.trim() !== '') options.onSubmit(text)
  }

  /** A paste that is shown as a label goes as a whole. */
  function eraseLast(): void {
    const last = parts.pop()
    if (!last || last.label) return
    const text = [...last.text].slice(0, -1).join('')
    if (text !== '') parts.push({ text })
  }

  return {
    press,
    isEmpty: (): boolean => parts.length === 0 && !takingIn,
    /** The line as it is shown. */
    shown: (): string => parts.map((part) => part.label ?? part.text).join(''),
    close: (): void => clearTimeout(takingIn),
  }
}
