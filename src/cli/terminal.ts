import { Chalk } from 'chalk'
import ora from 'ora'
import type { EventType, JournalEvent } from '../domain/journal.ts'
import type { Context } from './context.ts'
import { describeEvent, timeOf } from './describe-event.ts'
import { plainText } from './plain-text.ts'

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

/** Shows coloured lines above a spinner that says where the build is. */
export function terminalReporter(context: Context) {
  const chalk = new Chalk({ level: 1 })
  const paint: Record<Tone, (text: string) => string> = {
    good: chalk.green,
    bad: chalk.red,
    attention: chalk.yellow,
    quiet: chalk.dim,
  }
  // The program handles Ctrl-C itself, so ora must not touch stdin.
  const spinner = ora({ stream: context.stderr as NodeJS.WriteStream, discardStdin: false })
  const print = (line: string) => {
    // While a question stands on the terminal the spinner must not be drawn.
    if (!spinner.isSpinning) return void context.stderr.write(`${line}\n`)
    spinner.clear()
    context.stderr.write(`${line}\n`)
    spinner.render()
  }
  return {
    event(event: JournalEvent) {
      const tone = tones[event.type]
      const line = describeEvent(event)
      print(`${chalk.dim(timeOf(event.at))} ${tone ? paint[tone](line) : line}`)
      if (event.type === 'status') spinner.text = line
      if (!spinner.isSpinning) spinner.start(line)
    },
    notice(text: string) {
      print(plainText(text))
    },
    close: () => void spinner.stop(),
  }
}
