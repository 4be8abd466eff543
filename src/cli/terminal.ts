import { Chalk } from 'chalk'
import ora from 'ora'
import type { EventType, JournalEvent } from '../domain/journal.ts'
import type { Context } from './context.ts'
import { describeEvent } from './describe-event.ts'
import { plainText } from './plain-text.ts'
import { type ProgressView, timeOf } from './progress.ts'

type Tone = 'good' | 'bad' | 'attention' | 'quiet'

const tones: Partial<Record<EventType, Tone>> = {
  verified: 'good',
  deployed: 'good',
  failed: 'bad',
  verify_failed: 'bad',
  agent_exited: 'bad',
  retry: 'attention',
  supervisor_waiting: 'attention',
  question: 'attention',
  status_invalid: 'attention',
  stopped: 'attention',
  supervisor_started: 'quiet',
  session_created: 'quiet',
  session_reused: 'quiet',
  agent_ready: 'quiet',
  prompt_delivered: 'quiet',
}

/** Lines as they come, in colour, above a spinner that says where the build is. */
export async function terminalView(context: Context): Promise<ProgressView> {
  const chalk = new Chalk({ level: 1 })
  const paint: Record<Tone, (text: string) => string> = {
    good: chalk.green,
    bad: chalk.red,
    attention: chalk.yellow,
    quiet: chalk.dim,
  }
  // Ctrl-C is the program's to handle: ora must not touch stdin.
  const spinner = ora({ stream: context.stderr as NodeJS.WriteStream, discardStdin: false })
  const print = (line: string) => {
    // While it is taken away (a question is asked) nothing of it is drawn.
    if (!spinner.isSpinning) return void context.stderr.write(`${line}\n`)
    spinner.clear()
    context.stderr.write(`${line}\n`)
    spinner.render()
  }
  return {
    show(event: JournalEvent) {
      const tone = tones[event.type]
      const line = describeEvent(event)
      print(`${chalk.dim(timeOf(event.at))} ${tone ? paint[tone](line) : line}`)
      if (event.type === 'status') spinner.text = line
      if (!spinner.isSpinning) spinner.start(line)
    },
    notice(text) {
      print(plainText(text))
    },
    close: () => void spinner.stop(),
  }
}
