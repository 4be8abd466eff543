import { join, resolve } from 'node:path'
import { usageError } from '../errors.ts'
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

export interface PromptsFlags {
  readonly templates?: string
  readonly set?: readonly string[]
}

/** Every prompt type that there is. */
export async function promptsList(
  world: World,
  flags: PromptsFlags,
): Promise<readonly PromptSummary[]> {
  return listPrompts(await load(world, flags))
}

/** One type with its template, not rendered. */
export async function promptsShow(
  world: World,
  type: string,
  flags: PromptsFlags,
): Promise<PromptSource> {
  return showPrompt(await load(world, flags), type)
}

/** One type rendered with the variables given. */
export async function promptsRender(
  world: World,
  type: string,
  flags: PromptsFlags,
): Promise<string> {
  return renderPrompt(await load(world, flags), type, parseVariables(flags.set ?? []))
}

async function load(world: World, flags: PromptsFlags): Promise<Templates> {
  const { templates: own } = resolveOptions(
    { templates: buildOptions.templates },
    { ...(await readSources(world)), given: { templates: flags.templates } },
  )
  return loadTemplates(
    join(packageRoot, 'templates'),
    own === null ? undefined : resolve(world.cwd, own),
  )
}

function parseVariables(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=')
      if (at < 1)
        throw usageError(`Not a variable: ${JSON.stringify(text)}.`, 'Give --set NAME=VALUE')
      return [text.slice(0, at), text.slice(at + 1)]
    }),
  )
}
