import type { Terminal } from './screen.ts'

const lines = [
  'Accessing workspace. Is this a folder you trust?',
  '',
  '❯ 1. No, exit',
  '  2. Yes, proceed',
]

/**
 * A start dialog like those of real agents, with "No, exit" selected: whoever presses Enter blindly ends the agent.
 * Resolves to whether the agent may start; nobody needs to answer, it passes by itself.
 */
export function showTrustDialog(
  terminal: Terminal,
  onData: (listener: (chunk: Buffer) => void) => () => void,
  passesAfterMs: number,
): Promise<boolean> {
  terminal.write(`${lines.join('\r\n')}\r\n`)
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
