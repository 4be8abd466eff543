import { describe, expect, it } from 'vitest'
import { usageBetween } from '../../../../src/agents/activity.ts'
import { parseUsage } from '../../../../src/agents/claude/watch-activity.ts'

/** As Claude Code 2.1.330 gives it to a `statusLine` command, shortened. */
const statusLine = {
  session_id: '26c9c794-4bcc-49d6-9506-f6b83306f14f',
  model: { id: 'claude-opus-5-5' },
  cost: { total_cost_usd: 0.055, total_duration_ms: 5755, total_lines_added: 5 },
  context_window: {
    total_input_tokens: 1000,
    total_output_tokens: 50,
    context_window_size: 1_000_000,
  },
}

describe('parseUsage', () => {
  it('reads what Claude Code gives', () => {
    expect(parseUsage(JSON.stringify(statusLine))).toEqual({ dollars: 0.055, tokens: 1050 })
  })

  it('does without tokens', () => {
    expect(parseUsage('{"cost":{"total_cost_usd":1}}')).toEqual({ dollars: 1, tokens: 0 })
    expect(parseUsage('{"cost":{"total_cost_usd":1},"context_window":{}}')).toEqual({
      dollars: 1,
      tokens: 0,
    })
  })

  it.each([
    '',
    'null',
    '[]',
    JSON.stringify(statusLine).slice(0, 150),
    '{"cost":{}}',
    '{"cost":{"total_cost_usd":"1"}}',
    '{"cost":{"total_cost_usd":-1}}',
    '{"cost":{"total_cost_usd":1e300}}',
    '{"cost":{"total_cost_usd":1},"context_window":{"total_input_tokens":-5}}',
  ])('is no accounting: %s', (text) => {
    expect(parseUsage(text)).toBeUndefined()
  })
})

describe('usageBetween', () => {
  const used = (before: [number, number], now: [number, number]) =>
    usageBetween({ dollars: before[0], tokens: before[1] }, { dollars: now[0], tokens: now[1] })

  it('is what was added', () => {
    expect(used([0, 0], [1, 1000])).toEqual({ dollars: 1, tokens: 1000 })
    expect(used([1, 1000], [3, 4000])).toEqual({ dollars: 2, tokens: 4000 })
  })

  it('counts all of a process that begins from nothing', () => {
    expect(used([5, 4000], [2, 1000])).toEqual({ dollars: 2, tokens: 1000 })
  })

  it('counts a conversation on that is resumed', () => {
    expect(used([5, 4000], [5.5, 4100])).toEqual({ dollars: 0.5, tokens: 4100 })
  })

  it('counts a request once', () => {
    expect(used([5, 4000], [5, 4000])).toEqual({ dollars: 0, tokens: 0 })
  })
})
