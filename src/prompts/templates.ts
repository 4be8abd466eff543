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
 * Reads the configuration of the templates. What a user's folder leaves out (a key of the configuration, a template,
 * a partial, a skill) is taken from ours.
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
  // It is going to fail anyway: name what is wrong with the other files in the same breath.
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
  /** Absolute, or as the configuration names it when no folder has it. */
  readonly template_file: string
}

export interface PromptSource extends PromptSummary {
  /** The template, not rendered. */
  readonly template: string
}

/** What `prompts list` tells. */
export async function listPrompts(templates: Templates): Promise<PromptSummary[]> {
  return await Promise.all(
    Object.keys(templates.config.systemPrompts).map(async (type) => {
      const { template: _, ...summary } = await findPrompt(templates, type)
      return summary
    }),
  )
}

/** What `prompts show` tells. */
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
