import { ensureFolder, writeFileAtomic } from '../../session/write-files.ts'
import type { AgentPlace, AgentProfile, VisibleVariables } from '../profile.ts'
import { renderSettings } from './claude-settings.ts'
import { ensureTrust } from './trust.ts'
import { watchActivity } from './watch-activity.ts'

/** Every conversation, new or resumed, gets these: none of them is remembered by Claude Code (2.1.330). */
const always = [
  '--settings',
  '{settings_file}',
  // An agent may write `.mcp.json`; the next start would ask whether to run it (2.1.330), or run it. The user's
  // own MCP servers are left out with it: no one watches what an unattended agent would do with them.
  '--strict-mcp-config',
]

/** Its keys, its switches, and what it reads of how its own commands are to run (2.1.330). */
export const visible: VisibleVariables = {
  names: ['IS_SANDBOX'],
  prefixes: ['ANTHROPIC_', 'CLAUDE_', 'DISABLE_'],
  // An outer Claude Code tells these to its children: ours is a session of its own, and one of them is a
  // credential.
  hidden: [
    'CLAUDE_CODE_SESSION_ID',
    'CLAUDE_CODE_ENTRYPOINT',
    'CLAUDE_CODE_MESSAGING_SOCKET',
    'CLAUDE_CODE_MESSAGING_TOKEN',
    'CLAUDE_CODE_SSE_PORT',
    'CLAUDE_PID',
    'CLAUDE_EFFORT',
  ],
}

/** Claude Code, measured at 2.1.330 on Linux. */
export const claude: AgentProfile = {
  name: 'claude',
  command: ['claude'],
  defaultTarget: 'aws',
  installHint:
    'Install Claude Code: npm install -g @anthropic-ai/claude-code (or see https://claude.com/claude-code)',
  startArgs: [...always, '--session-id', '{conversation}', '--', '{message}'],
  resumeArgs: [...always, '--resume', '{conversation}', '--', '{message}'],
  environment: {
    // A call from inside a Claude Code hands on its `CLAUDE_CODE_CHILD_SESSION`, which switches transcripts
    // off, and with them `--resume` (2.1.330).
    CLAUDE_CODE_CHILD_SESSION: '',
    CLAUDE_CODE_FORCE_SESSION_PERSISTENCE: '1',
    // "Resuming the full session uses a lot of your limits": a dialog at `--resume` of a long conversation that is
    // over 70 minutes old, where the account has it switched on (read in 2.1.330).
    CLAUDE_CODE_RESUME_THRESHOLD_MINUTES: '1000000000',
  },
  visible,
  options: {
    'permission-mode': {
      default: 'acceptEdits',
      values: ['acceptEdits', 'bypass'],
      description:
        'acceptEdits: what Claude Code itself guards ends the attempt; bypass: it guards next to nothing. Both give the agent all your rights',
      args: {
        acceptEdits: ['--permission-mode', 'acceptEdits'],
        bypass: ['--dangerously-skip-permissions'],
      },
    },
    model: {
      default: '',
      values: null,
      description: "The model's name or alias; empty: Claude Code's own choice",
    },
  },
  skillsFolder: '.claude/skills',
  prepare: async (place: AgentPlace) => {
    await ensureTrust(place)
    await ensureFolder(place.agentFolder)
    await writeFileAtomic(
      place.settingsFile,
      renderSettings(place.hookLog, place.usageFile, place.options.model),
    )
  },
  // 1–2.5 s on an idle machine, 42 s at load 250.
  startTimeoutMs: 90_000,
  watchActivity,
}
