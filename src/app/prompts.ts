import { join, resolve } from 'node:path'
import { renderPrompt } from '../prompts/render.ts'
import {
  listPrompts,
  loadTemplates,
  type PromptSource,
  type PromptSummary,
  showPrompt,
  type Templates,
} from '../prompts/templates.ts'
import { packageRoot } from '../world/package-root.ts'
import type { World } from '../world/world.ts'
import { buildOptions } from './options.ts'
import { readSources, resolveOptions } from './resolve-options.ts'

export interface PromptsInput {
  /** A folder with the user's own templates. */
  readonly templates?: string | undefined
}

export interface PromptInput extends PromptsInput {
  readonly type: string
}

export interface RenderInput extends PromptInput {
  readonly variables?: Readonly<Record<string, string>> | undefined
}

/** Lists every prompt type. */
export async function promptsList(
  world: World,
  input: PromptsInput,
): Promise<readonly PromptSummary[]> {
  return listPrompts(await load(world, input))
}

/** Returns the template of one type. */
export async function promptsShow(world: World, input: PromptInput): Promise<PromptSource> {
  return showPrompt(await load(world, input), input.type)
}

/** Renders the prompt of one type with the given variables. */
export async function promptsRender(world: World, input: RenderInput): Promise<string> {
  return renderPrompt(await load(world, input), input.type, input.variables ?? {})
}

async function load(world: World, input: PromptsInput): Promise<Templates> {
  const { templates: own } = resolveOptions(
    { templates: buildOptions.templates },
    { ...(await readSources(world)), given: { templates: input.templates } },
  )
  return loadTemplates(
    join(packageRoot, 'templates'),
    own === null ? undefined : resolve(world.cwd, own),
  )
}
