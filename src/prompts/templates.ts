import { join } from 'node:path'
import { findTemplatesProblems } from './check.ts'
import { type ConfigFile, mergeConfigs, parseConfig, type Templates } from './config.ts'
import { type Problem, problemsError } from './problems.ts'
import { findFolderProblem, isProblem, readFirst } from './read-file.ts'

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
