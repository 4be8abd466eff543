import { StringDecoder } from 'node:string_decoder'
import { type Options, parseOptions, usage } from './options.ts'
import { openSession } from './session.ts'
import { showTrustDialog } from './terminal.ts'
import { ConversationError, openConversation } from './transcript.ts'

const { stdin, stdout, stderr } = process
const trustDialogMs = 1000
const endSignals = { SIGTERM: 143, SIGHUP: 129, SIGINT: 130 } as const

function onStdin(listener: (chunk: Buffer) => void): () => void {
  stdin.on('data', listener)
  return () => stdin.off('data', listener)
}

/** Lets the process end by itself, because nothing is left that it would wait for. */
function leave(exitCode: number): void {
  process.exitCode = exitCode
  stdin.removeAllListeners()
  // A terminal that is gone cannot be put back.
  stdin.on('error', () => {})
  if (stdin.isTTY) stdin.setRawMode(false)
  stdin.destroy()
}

function run(options: Options): void {
  const conversation = openConversation(options.stateFolder, options.conversation, options.resume)
  const session = openSession({ options, conversation, terminal: stdout, onEnd: leave })
  for (const [signal, exitCode] of Object.entries(endSignals)) {
    process.on(signal, () => session.end(exitCode, 'other'))
  }
  process.on('SIGWINCH', () => session.redraw())
  const decoder = new StringDecoder('utf8')
  onStdin((chunk) => session.feed(decoder.write(chunk)))
  const hangUp = () => session.end(endSignals.SIGHUP, 'other')
  // A terminal's input ends when the terminal is gone; a pipe's input when everything has been said.
  stdin.on('end', stdin.isTTY ? hangUp : session.endOfInput)
  stdin.on('error', hangUp)
  session.start()
}

async function main(): Promise<void> {
  let options: Options
  try {
    options = parseOptions(process.argv.slice(2))
  } catch (error) {
    stderr.write(`demo: ${error instanceof Error ? error.message : error}\n${usage}\n`)
    process.exitCode = 2
    return
  }
  // A pane that is gone must not keep the agent from ending in order.
  stdout.on('error', () => {})
  if (stdin.isTTY) stdin.setRawMode(true)
  try {
    const isTrusted =
      options.scenario !== 'trust-dialog' || (await showTrustDialog(stdout, onStdin, trustDialogMs))
    if (isTrusted) run(options)
    else leave(1)
  } catch (error) {
    const isExpected = error instanceof ConversationError
    stderr.write(`${isExpected ? `Error: ${error.message}` : (error as Error).stack}\r\n`)
    leave(1)
  }
}

await main()
