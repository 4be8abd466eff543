import { StringDecoder } from 'node:string_decoder'
import { type DemoOptions, parseDemoOptions, usage } from './options.ts'
import { ConversationError, openConversation } from './session/conversation.ts'
import { showTrustDialog } from './session/dialog.ts'
import { openHookLog } from './session/hooks.ts'
import { openSession } from './session/session.ts'

const { stdin, stdout, stderr } = process
const trustDialogMs = 1000
const endSignals = { SIGTERM: 143, SIGHUP: 129, SIGINT: 130 } as const

function onStdin(listener: (chunk: Buffer) => void): () => void {
  stdin.on('data', listener)
  return () => stdin.off('data', listener)
}

/** Lets the process end by itself: nothing is left that it would wait for. */
function leave(exitCode: number): void {
  process.exitCode = exitCode
  stdin.removeAllListeners()
  // A terminal that is gone cannot be put back.
  stdin.on('error', () => {})
  if (stdin.isTTY) stdin.setRawMode(false)
  stdin.destroy()
}

function run(options: DemoOptions): void {
  const conversation = openConversation(options.stateFolder, options.conversation, options.resume)
  const tell = openHookLog(options.hookLog, {
    session_id: conversation.id,
    transcript_path: conversation.file,
    cwd: process.cwd(),
  })
  const session = openSession({ options, conversation, tell, terminal: stdout, onEnd: leave })
  for (const [signal, exitCode] of Object.entries(endSignals)) {
    process.on(signal, () => session.end(exitCode, 'other'))
  }
  process.on('SIGWINCH', () => session.redraw())
  const decoder = new StringDecoder('utf8')
  onStdin((chunk) => session.feed(decoder.write(chunk)))
  const hangUp = () => session.end(endSignals.SIGHUP, 'other')
  // A terminal's input ends when the terminal is gone; a pipe's when all has been said.
  stdin.on('end', stdin.isTTY ? hangUp : session.endOfInput)
  stdin.on('error', hangUp)
  session.start()
}

async function main(): Promise<void> {
  let options: DemoOptions
  try {
    options = parseDemoOptions(process.argv.slice(2))
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
