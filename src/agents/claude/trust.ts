import { lstat, readFile, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { notReady } from '../../errors.ts'
import { writeFileAtomic } from '../../session/write-files.ts'
import type { AgentPlace } from '../profile.ts'
import { withConfigLock } from './config-lock.ts'

type Json = Record<string, unknown>

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Adds to Claude Code's configuration what keeps its dialogs away (2.1.330), and changes nothing else in it. The
 * dialogs are the onboarding, "do you trust this folder", "allow external CLAUDE.md file imports" and "detected
 * a custom API key". External imports stay forbidden, because an agent may write such a file. A key that the
 * user has refused stays refused.
 */
export function mergeTrust(config: Json, workspace: string, apiKey: string | undefined): Json {
  const projects = isObject(config.projects) ? config.projects : {}
  const project = Object.hasOwn(projects, workspace) ? projects[workspace] : undefined
  const merged: Json = {
    ...config,
    hasCompletedOnboarding: true,
    projects: {
      ...projects,
      [workspace]: {
        hasClaudeMdExternalIncludesApproved: false,
        ...(isObject(project) ? project : {}),
        hasTrustDialogAccepted: true,
        hasClaudeMdExternalIncludesWarningShown: true,
      },
    },
  }
  const mark = apiKey?.trim().slice(-20)
  if (!mark) return merged
  const responses = isObject(config.customApiKeyResponses) ? config.customApiKeyResponses : {}
  const listOf = (value: unknown) => (Array.isArray(value) ? value : [])
  const approved = listOf(responses.approved)
  const rejected = listOf(responses.rejected)
  if (approved.includes(mark) || rejected.includes(mark)) return merged
  const answers = { ...responses, approved: [...approved, mark], rejected }
  return { ...merged, customApiKeyResponses: answers }
}

/** Lets Claude Code start in this workspace without a dialog, by the configuration that the agent will use. */
export async function ensureTrust(place: AgentPlace): Promise<void> {
  const workspace = await requireOwnWorkspace(place)
  const folder = place.environment.CLAUDE_CONFIG_DIR || place.environment.HOME
  if (!folder)
    throw notReady('Claude Code needs HOME in its environment.', 'Set HOME and try again')
  const link = join(folder, '.claude.json')
  // If the file is a link, as users of dotfiles repositories have it, the file behind it is replaced.
  const file = await realpath(link).catch(() => link)
  const config = await readConfig(file)
  if (isMerged(config, workspace, place)) return
  await withConfigLock(link, async () => {
    const current = await readConfig(file)
    const merged = mergeTrust(current, workspace, place.environment.ANTHROPIC_API_KEY)
    const mode = await stat(file).then(
      (found) => found.mode & 0o777,
      () => 0o600,
    )
    await writeFileAtomic(file, `${JSON.stringify(merged, null, 2)}\n`, mode)
  })
}

const isMerged = (config: Json, workspace: string, place: AgentPlace) =>
  JSON.stringify(config) ===
  JSON.stringify(mergeTrust(config, workspace, place.environment.ANTHROPIC_API_KEY))

/** Only a session's real workspace is trusted, because the agent could replace it with a link to any folder. */
async function requireOwnWorkspace({ workspace, agentFolder }: AgentPlace): Promise<string> {
  const real = await realpath(workspace)
  const session = await realpath(dirname(agentFolder))
  const isOwn = dirname(real) === session && basename(real) === basename(workspace)
  if (isOwn && (await lstat(workspace)).isDirectory()) return real
  throw notReady(
    `The agent's workspace is not inside its session's folder: ${workspace} leads to ${real}.`,
    'Move it back, or archive this session and register again',
  )
}

async function readConfig(file: string): Promise<Json> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw unusable(file, (error as Error).message)
  }
  let config: unknown
  try {
    config = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch {
    throw unusable(file, 'it is not JSON')
  }
  if (!isObject(config)) throw unusable(file, 'it is not a JSON object')
  return config
}

/** The message holds none of the file's text, because the file may hold keys. */
const unusable = (file: string, problem: string) =>
  notReady(
    `Claude Code's configuration ${file} cannot be used: ${problem}.`,
    'Repair it, restore it from .claude/backups, or move it away; tmux-builder never overwrites it',
  )
