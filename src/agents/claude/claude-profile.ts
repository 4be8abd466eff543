import { ensureFolder, writeFileAtomic } from '../../session/write-files.ts'
import type { AgentPlace, AgentProfile, VisibleVariables } from '../profile.ts'
import { renderSettings } from './claude-settings.ts'
import { ensureTrust } from './trust.ts'
import { watchActivity } from './watch-activity.ts'

/** Every conversation gets these, because Claude Code remembers none of them for a resume (2.1.330). */
const always = [
  '--settings',
  '{settings_file}',
  // An agent may write `.mcp.json`, and the next start would ask whether to run it or just run it (2.1.330). This
  // leaves out the user's own MCP servers too, which an unattended agent should not use.
  '--strict-mcp-config',
]

/** Claude Code's keys and switches, and variables that change how it runs commands (2.1.330). */
export const visible: VisibleVariables = {
  names: ['IS_SANDBOX'],
  prefixes: ['ANTHROPIC_', 'CLAUDE_', 'DISABLE_'],
  // A Claude Code that starts a build sets these for its children. The agent is a separate session, and one of
  // them is a credential.
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

/** Claude Code. All facts were measured with 2.1.330 on Linux. */
export const claude: AgentProfile = {
  name: 'claude',
  command: ['claude'],
  defaultTarget: 'aws',
  installHint:
    'Install Claude Code: npm install -g @anthropic-ai/claude-code (or see https://claude.com/claude-code)',
  startArgs: [...always, '--session-id', '{conversation}', '--', '{message}'],
  resumeArgs: [...always, '--resume', '{conversation}', '--', '{message}'],
  environment: {
    // Claude Code sets this for its children, where it switches transcripts off and with them `--resume`
    // (2.1.330). It must be empty for builds that another Claude Code starts.
    CLAUDE_CODE_CHILD_SESSION: '',
    CLAUDE_CODE_FORCE_SESSION_PERSISTENCE: '1',
    // This avoids the dialog "Resuming the full session uses a lot of your limits". Some accounts get it at
    // `--resume` of a long conversation that is more than 70 minutes old (read in the code of 2.1.330).
    CLAUDE_CODE_RESUME_THRESHOLD_MINUTES: '1000000000',
  },
  visible,
  options: {
    'permission-mode': {
      default: 'acceptEdits',
      values: ['acceptEdits', 'bypass'],
      description:
        'acceptEdits: the attempt ends if Claude Code asks for a permission; bypass: it asks for almost none. Both give the agent all your rights',
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
  // It took 1–2.5 s on an idle machine and 42 s at a load of 250.
  startTimeoutMs: 90_000,
  watchActivity,
}
