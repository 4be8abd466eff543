import { join } from 'node:path'
import { scenarios } from '../../packages/demo-agent/src/scenarios.ts'
import { packageRoot } from '../world/package-root.ts'
import { visible } from './claude/claude-profile.ts'
import { watchActivity } from './claude/watch-activity.ts'
import type { AgentProfile } from './profile.ts'

const always = [
  '--state',
  '{agent_folder}',
  '--hook-log',
  '{hook_log}',
  '--usage',
  '{usage_file}',
  '--scenario',
  '{option:scenario}',
  '--pace',
  '{option:pace}',
  '--',
  '{message}',
]

/** The built-in agent needs no account and no network. Its scenarios rehearse what real agents do. */
export const demo: AgentProfile = {
  name: 'demo',
  command: [process.execPath, join(packageRoot, 'dist', 'demo.js')],
  defaultTarget: 'local',
  installHint: 'Build tmux-builder first: npm run build',
  startArgs: ['--conversation', '{conversation}', ...always],
  resumeArgs: ['--conversation', '{conversation}', '--resume', ...always],
  environment: {},
  // It sees what a real agent sees, so that this can be rehearsed too.
  visible,
  options: {
    scenario: {
      default: 'ok',
      values: Object.keys(scenarios),
      description: 'What the agent does, so that every path can be rehearsed',
    },
    pace: {
      default: '120',
      values: null,
      pattern: '[0-9]{1,6}',
      description: 'Milliseconds between its steps',
    },
  },
  skillsFolder: '.demo/skills',
  prepare: async () => {},
  startTimeoutMs: 30_000,
  // It writes the same hook log as Claude Code, so that one adapter follows both.
  watchActivity,
}
