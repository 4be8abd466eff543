import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { isScenario, scenarios } from './scenarios.ts'

export type Options = ReturnType<typeof parseOptions>

export const usage =
  'usage: demo --conversation UUID [--resume] --state DIR --hook-log FILE [--usage FILE] [--scenario NAME] [--pace MS] [-- MESSAGE]'

/** The command line as options; throws an error that says what is wrong with it. */
export function parseOptions(argv: readonly string[]) {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      conversation: { type: 'string' },
      resume: { type: 'boolean', default: false },
      state: { type: 'string' },
      'hook-log': { type: 'string' },
      usage: { type: 'string' },
      scenario: { type: 'string', default: 'ok' },
      pace: { type: 'string', default: '120' },
    },
  })
  const { conversation, resume, state, 'hook-log': hookLog, scenario, pace } = values
  if (conversation === undefined || state === undefined || hookLog === undefined) {
    throw new Error('--conversation, --state and --hook-log are needed')
  }
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(conversation)) {
    throw new Error(`--conversation is not a UUID: ${conversation}`)
  }
  if (!isScenario(scenario)) {
    throw new Error(`unknown scenario ${scenario}; known: ${Object.keys(scenarios).join(', ')}`)
  }
  if (!/^\d{1,6}$/.test(pace)) throw new Error(`--pace takes milliseconds, not ${pace}`)
  if (positionals.length > 1) throw new Error('only one message can be given')
  return {
    conversation: conversation.toLowerCase(),
    resume,
    stateFolder: resolve(state),
    hookLog: resolve(hookLog),
    usageFile: values.usage === undefined ? undefined : resolve(values.usage),
    scenario,
    /** The pause between two steps. */
    paceMs: Number(pace) * (scenario === 'slow' ? 10 : 1),
    firstMessage: positionals[0],
  }
}
