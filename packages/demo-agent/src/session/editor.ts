import type { Key } from './input.ts'

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

/** The input line: collects typed and pasted text until Enter. */
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
