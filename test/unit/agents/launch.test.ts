import { expect, it } from 'vitest'
import { claude } from '../../../src/agents/claude/claude-profile.ts'
import { isVisibleTo } from '../../../src/agents/launch.ts'
import { agentNames, requireProfile } from '../../../src/agents/profiles.ts'

const plain = { visible: { names: ['ITS_KEY'], prefixes: ['ITS_SWITCH_'], hidden: [] } }
const common = ['PATH', 'HOME', 'LC_ALL', 'XDG_RUNTIME_DIR', 'AWS_PROFILE', 'https_proxy']
const identity = ['TMUX_BUILDER_EMAIL', 'TMUX_BUILDER_PHONE']

it('an agent sees what all agents see and what its profile names, nothing else', () => {
  const seen = (name: string) => isVisibleTo(plain, name)
  expect([...common, 'ITS_KEY', 'ITS_SWITCH_A'].filter((name) => !seen(name))).toEqual([])
  const others = ['ITS_KEY_2', 'MY_ITS_KEY', 'ANTHROPIC_API_KEY', 'CLAUDE_CONFIG_DIR', 'GH_TOKEN']
  expect([...others, ...identity].filter(seen)).toEqual([])
})

it.each(agentNames)(
  '%s never sees the identity, and sees all that every agent sees',
  async (name) => {
    const profile = await requireProfile(name)
    expect(identity.filter((one) => isVisibleTo(profile, one))).toEqual([])
    expect(common.filter((one) => !isVisibleTo(profile, one))).toEqual([])
  },
)

it('claude sees its own keys, and nothing of a session that it is started from', () => {
  const seen = (name: string) => isVisibleTo(claude, name)
  expect(['ANTHROPIC_API_KEY', 'CLAUDE_CONFIG_DIR', 'IS_SANDBOX'].filter(seen)).toHaveLength(3)
  expect(
    ['CLAUDE_CODE_SESSION_ID', 'CLAUDE_CODE_MESSAGING_TOKEN', 'CLAUDE_PID'].filter(seen),
  ).toEqual([])
})
