import type { PromptType, Templates } from './config.ts'
import { problemsError } from './problems.ts'
import { isProblem } from './read-file.ts'
import { requireType } from './render.ts'
import { readAny, templateNames } from './sources.ts'

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
