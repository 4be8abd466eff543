import { join, resolve } from 'node:path'
import { usageError } from '../errors.ts'
import { listPrompts, type PromptSource, type PromptSummary, showPrompt } from '../prompts/list.ts'
import { renderPrompt } from '../prompts/render.ts'
import { loadTemplates, type Templates } from '../prompts/templates.ts'
import { packageRoot } from '../world/package-root.ts'
import type { Context } from '../world/world.ts'
import { readSettings } from './settings.ts'

export interface PromptsFlags {
  readonly templates?: string
  readonly set?: readonly string[]
}

/** Every prompt type that there is. */
export async function promptsList(
  context: Context,
  flags: PromptsFlags,
): Promise<readonly PromptSummary[]> {
  return listPrompts(await load(context, flags))
}

/** One type with its template, not rendered. */
export async function promptsShow(
  context: Context,
  type: string,
  flags: PromptsFlags,
): Promise<PromptSource> {
  return showPrompt(await load(context, flags), type)
}

/** One type rendered with the variables given. */
export async function promptsRender(
  context: Context,
  type: string,
  flags: PromptsFlags,
): Promise<string> {
  return renderPrompt(await load(context, flags), type, parseVariables(flags.set ?? []))
}

async function load(context: Context, flags: PromptsFlags): Promise<Templates> {
  const settings = await readSettings(context)
  const own = settings.text('templates', flags.templates)
  return loadTemplates(
    join(packageRoot, 'templates'),
    own === undefined ? undefined : resolve(context.cwd, own),
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
