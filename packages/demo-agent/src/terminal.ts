/** Where a screen is drawn. */
export interface Terminal {
  write(text: string): unknown
  readonly columns?: number | undefined
}

const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const frameMs = 200

/** Text that a terminal only shows: control characters of a request or of a command's output do nothing to it. */
export const printable = (text: string): string =>
  text.replace(/\t/g, '  ').replace(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd')

const widthOf = (character: string): number => ((character.codePointAt(0) ?? 0) > 0x10ff ? 2 : 1)

/** The end of a line, as far as it fits into so many columns. */
export function fitEnd(text: string, columns: number): string {
  const characters = [...text]
  let start = characters.length
  for (let width = 0; start > 0; start -= 1) {
    width += widthOf(characters[start - 1] ?? '')
    if (width > columns) break
  }
  return characters.slice(start).join('')
}

/** Lines that scroll, and below them one live line: the input while idle, what is being done while busy. */
export function createScreen(terminal: Terminal, inputLine: () => string) {
  let doing: string | undefined
  let frame = 0
  let timer: NodeJS.Timeout | undefined

  const turning = () => spinner[frame % spinner.length]
  const title = (text: string) => terminal.write(`\u001b]2;${text}\u0007`)
  const liveLine = () => {
    const columns = Math.max(10, (terminal.columns ?? 80) - 3)
    return doing === undefined
      ? `› ${fitEnd(printable(inputLine()), columns)}`
      : `${turning()} ${fitEnd(doing, columns)}`
  }
  const redraw = () => terminal.write(`\r\u001b[2K${liveLine()}`)

  function turnSpinner(): void {
    frame += 1
    title(`${turning()} ${doing}`)
    redraw()
  }

  function stopSpinner(): void {
    clearInterval(timer)
    timer = undefined
  }

  return {
    redraw,
    open(): void {
      // Asks for bracketed paste: the terminal then marks what is pasted.
      terminal.write('\u001b[?2004h')
    },
    print(text: string): void {
      const lines = text.split('\n').map(printable)
      terminal.write(`\r\u001b[2K${lines.join('\r\n')}\r\n${liveLine()}`)
    },
    showIdle(): void {
      doing = undefined
      stopSpinner()
      title('✳ demo')
      redraw()
    },
    showBusy(what: string): void {
      doing = printable(what)
      title(`${turning()} ${doing}`)
      timer ??= setInterval(turnSpinner, frameMs)
      redraw()
    },
    /** Writes nothing more by itself: busy, and silent. */
    fallSilent: stopSpinner,
    close(): void {
      stopSpinner()
      terminal.write('\r\u001b[2K\u001b[?2004l')
    },
  }
}

const dialog = `Accessing workspace. Is this a folder you trust?

❯ 1. No, exit
  2. Yes, proceed
`

/**
 * A start dialog like those of real agents, with "No, exit" selected: pressing Enter blindly ends the agent.
 * Resolves to whether the agent may start; without an answer the dialog passes by itself.
 */
export function showTrustDialog(
  terminal: Terminal,
  onData: (listener: (chunk: Buffer) => void) => () => void,
  passesAfterMs: number,
): Promise<boolean> {
  terminal.write(dialog.replaceAll('\n', '\r\n'))
  return new Promise((resolve) => {
    const finish = (trusted: boolean) => {
      clearTimeout(timer)
      stopListening()
      resolve(trusted)
    }
    const timer = setTimeout(finish, passesAfterMs, true)
    const stopListening = onData((chunk) => {
      const keys = chunk.toString('latin1')
      if (/^[2yY]/.test(keys)) finish(true)
      else if (/[\r\n\u0003\u0004]/.test(keys)) finish(false)
    })
  })
}
