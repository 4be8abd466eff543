import { join } from 'node:path'
import {
  type ConfigFile,
  mergeConfigs,
  type PromptType,
  parseConfig,
  type Templates,
} from './config.ts'
import { findTemplatesProblems, requireType } from './render.ts'
import { readAny, templateNames } from './sources.ts'
import {
  findFolderProblem,
  isProblem,
  type Problem,
  problemsError,
  readFirst,
} from './template-files.ts'

export type { PromptType, Templates } from './config.ts'

const configName = 'prompt_config.yaml'

/**
 * Reads the configuration of the templates. Whatever a user's folder leaves out (a key of the configuration, a
 * template, a partial, a skill) comes from the built-in folder.
 */
export async function loadTemplates(ours: string, own: string | undefined): Promise<Templates> {
  const problems: Problem[] = []
  const ourConfig = await readConfig(ours, problems)
  let ownConfig: ConfigFile = {}
  if (own !== undefined) {
    const missing = await findFolderProblem(own)
    if (missing) problems.push(missing)
    else ownConfig = await readConfig(own, problems)
  }
  const templates: Templates = {
    config: mergeConfigs(ourConfig, ownConfig),
    folders: own === undefined ? [ours] : [own, ours],
  }
  // The call fails in any case, so the error lists the problems of the other files too.
  if (problems.length > 0)
    throw problemsError([...problems, ...(await findTemplatesProblems(templates))])
  return templates
}

async function readConfig(folder: string, problems: Problem[]): Promise<ConfigFile> {
  const found = await readFirst([folder], configName)
  if (found === undefined) return {}
  if (isProblem(found)) {
    problems.push(found)
    return {}
  }
  const parsed = await parseConfig(join(folder, configName), found.text)
  problems.push(...parsed.problems)
  return parsed.config ?? {}
}

export interface PromptSummary {
  readonly type: PromptType
  readonly description: string
  readonly variables_required: readonly string[]
  /** The path is absolute, or the configured one when no folder has the file. */
  readonly template_file: string
}

export interface PromptSource extends PromptSummary {
  /** The source of the template, which is not rendered. */
  readonly template: string
}

/** Returns what `prompts list` shows. */
export async function listPrompts(templates: Templates): Promise<PromptSummary[]> {
  return await Promise.all(
    Object.keys(templates.config.systemPrompts).map(async (type) => {
      const { template: _, ...summary } = await findPrompt(templates, type)
      return summary
    }),
  )
}

/** Returns what `prompts show` shows. */
export async function showPrompt(templates: Templates, type: PromptType): Promise<PromptSource> {
  requireType(templates, type)
  const { template, ...summary } = await findPrompt(templates, type)
  if (template === undefined)
    throw problemsError([{ file: summary.template_file, what: 'cannot be read' }])
  return { ...summary, template }
}

async function findPrompt(
  templates: Templates,
  type: PromptType,
): Promise<PromptSummary & { template: string | undefined }> {
  const prompt = templates.config.systemPrompts[type]
  const found = await readAny(templates.folders, templateNames(templates, type))
  const file = found === undefined || isProblem(found) ? undefined : found
  return {
    type,
    description: prompt?.description ?? '',
    variables_required: prompt?.variablesRequired ?? [],
    template_file: file?.path ?? prompt?.templateFile ?? '',
    template: file?.text,
  }
}
