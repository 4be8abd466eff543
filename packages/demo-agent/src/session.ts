import { createEditor, createKeyReader, type Key } from './keyboard.ts'
import type { Options } from './options.ts'
import { createScreen, type Terminal } from './terminal.ts'
import { type Conversation, openHookLog } from './transcript.ts'
import { createResponder } from './turn.ts'

const pasteTakeInMs = 50
/** How long after an ESC the rest of its sequence may take. */
const escapeMs = 30
const exitKeyMs = 2000

export interface SessionParts {
  readonly options: Options
  readonly conversation: Conversation
  readonly terminal: Terminal
  /** Called once, when the session is over and everything is put back. */
  onEnd(exitCode: number): void
}

/** One run of the agent in a terminal: keys and signals in; turns, screen, transcript and hooks out. */
export function openSession({ options, conversation, terminal, onEnd }: SessionParts) {
  const reader = createKeyReader()
  const queued: string[] = []
  let turn: AbortController | undefined
  let isOver = false
  let endsWhenIdle = false
  let interruptedAt = 0
  let escapeTimer: NodeJS.Timeout | undefined

  const tell = openHookLog(options.hookLog, {
    session_id: conversation.id,
    transcript_path: conversation.file,
    cwd: process.cwd(),
  })
  const editor = createEditor({
    takeInMs: pasteTakeInMs,
    swallowsFirstEnter: options.scenario === 'swallow-enter',
    onChange: () => screen.redraw(),
    onSubmit: submit,
  })
  const screen = createScreen(terminal, () => editor.shown())
  const say = (text: string) => {
    if (!isOver) screen.print(text)
  }
  const { showBusy: doing, fallSilent } = screen
  const respond = createResponder({ options, conversation, tell, say, doing, fallSilent })

  function submit(text: string): void {
    if (text.trim() === '/exit') {
      end(0, 'prompt_input_exit')
    } else if (/^[/!]/.test(text)) {
      conversation.record({ type: 'command', text })
      say(`unknown command: ${text.slice(0, 60)}`)
    } else if (turn) {
      conversation.record({ type: 'user', text, queued: true })
      queued.push(text)
      say(`  (taken into the running turn) › ${text}`)
    } else {
      // It is on disk before anything else happens with it.
      conversation.record({ type: 'user', text })
      void runTurn(text)
    }
  }

  async function runTurn(first: string): Promise<void> {
    turn = new AbortController()
    const { signal } = turn
    tell('UserPromptSubmit', { prompt: first })
    screen.showBusy('Thinking')
    say(`› ${first}`)
    try {
      let reply = await respond(first, signal)
      // Messages that came meanwhile belong to this turn.
      for (let next = queued.shift(); next !== undefined && !reply.error; next = queued.shift()) {
        reply = await respond(next, signal)
      }
      const { text, error } = reply
      say(`● ${text}`)
      conversation.record({ type: 'assistant', text })
      if (error) tell('StopFailure', { error, last_assistant_message: text })
      else tell('Stop', { last_assistant_message: text })
    } catch (error) {
      if (!signal.aborted) say(`✘ ${error instanceof Error ? error.stack : error}`)
      // As in Claude Code, no hook reports an interruption.
      else say('  Interrupted')
    }
    turn = undefined
    queued.length = 0
    if (isOver) return
    screen.showIdle()
    if (endsWhenIdle) end(0, 'prompt_input_exit')
  }

  function press(key: Key): void {
    if (isOver) return
    if (key.type === 'escape') turn?.abort()
    else if (key.type === 'interrupt') interrupt()
    else if (key.type !== 'end') editor.press(key)
    else if (editor.isEmpty()) end(0, 'prompt_input_exit')
  }

  function interrupt(): void {
    const isSecond = Date.now() - interruptedAt < exitKeyMs
    interruptedAt = Date.now()
    turn?.abort()
    editor.press({ type: 'clear' })
    if (isSecond) end(0, 'prompt_input_exit')
    else say('  Press Ctrl-C again to exit')
  }

  function end(exitCode: number, reason: string): void {
    if (isOver) return
    isOver = true
    clearTimeout(escapeTimer)
    turn?.abort()
    editor.close()
    screen.close()
    tell('SessionEnd', { reason })
    onEnd(exitCode)
  }

  return {
    end,
    redraw: screen.redraw,
    start(): void {
      screen.open()
      terminal.write(`demo agent of tmux-builder: offline, scenario ${options.scenario}\r\n`)
      screen.showIdle()
      tell('SessionStart', { source: options.resume ? 'resume' : 'startup' })
      if (options.firstMessage !== undefined) submit(options.firstMessage)
    },
    feed(text: string): void {
      if (isOver) return
      clearTimeout(escapeTimer)
      for (const key of reader.feed(text)) press(key)
      if (reader.isWaiting() && !isOver) {
        escapeTimer = setTimeout(() => reader.flush().forEach(press), escapeMs)
      }
    },
    /** No more input will come: the session ends after the running turn. */
    endOfInput(): void {
      if (turn) endsWhenIdle = true
      else end(0, 'prompt_input_exit')
    },
  }
}
