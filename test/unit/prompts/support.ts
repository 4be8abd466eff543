import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { onTestFinished } from 'vitest'

export const ours = resolve(import.meta.dirname, '../../../templates')
export const guid = '4f90185371635678b3c7c44eca73fd36457046c2b8f1912f50fdd2f22d72b7c6'
export const types = ['autonomous_agent', 'refinement_mode', 'debug_mode'] as const

/** All that the program gives to a prompt. */
export const values = {
  guid,
  email: 'test@example.com',
  phone: '+15551234567',
  project: '',
  build: 3,
  attempt: 2,
  max_attempts: 5,
  target: 'aws',
  session_path: "/tmp/a 'b/workspace",
  prompts_path: '/tmp/prompts',
  request_file: '/tmp/prompts/003-request.md',
  deploy_command: `'/tmp/agent/tmux-builder' deploy ${guid} --dir`,
  aws_profile: 'sunware',
  default_region: 'eu-west-1',
  max_cost_threshold: 77,
  clarification_strategy: 'autonomous',
  user_request: 'Build a todo app',
  deployment_url: 'https://dlive.cloudfront.net',
  live_build: 2,
  original_request: 'Build a todo app',
  refinement_request: 'Make it blue',
  error_log: 'boom',
  failure_reason: 'not_verified',
  previous_attempt: 1,
}

/** A new folder, gone when the test is. */
export async function makeFolder(files: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tb-prompts-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
  return folder
}

/** The text of every code block of that language. */
export function codeBlocks(markdown: string, language: string): string[] {
  const blocks = markdown.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))
  return [...blocks].map((block) => block[1] ?? '')
}
