import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { renderPrompt } from '../../../src/prompts/render.ts'
import { readSkills } from '../../../src/prompts/template-files.ts'
import { listPrompts, loadTemplates, showPrompt } from '../../../src/prompts/templates.ts'
import { makeFolder, ours, types, values } from './support.ts'

const ourPrompt = async (type: string) =>
  renderPrompt(await loadTemplates(ours, undefined), type, values)

describe("what a user's folder leaves out is ours", () => {
  test('an empty folder changes nothing', async () => {
    const templates = await loadTemplates(ours, await makeFolder())
    for (const type of types)
      expect(await renderPrompt(templates, type, values)).toBe(await ourPrompt(type))
  })

  test('one template of their own, with our partials', async () => {
    const own = await makeFolder({
      'system_prompts/debug_mode.hbs': 'Mine\n{{> frame name="x" text=error_log}}',
    })
    const templates = await loadTemplates(ours, own)
    expect(await renderPrompt(templates, 'debug_mode', values)).toMatch(
      /^Mine\n<x-4f90\w+>\nboom\n/,
    )
    expect(await renderPrompt(templates, 'autonomous_agent', values)).toBe(
      await ourPrompt('autonomous_agent'),
    )
  })

  test('one partial of their own, in our templates', async () => {
    const own = await makeFolder({ 'system_prompts/partials/rules.hbs': '## House rules\n' })
    const rendered = await renderPrompt(await loadTemplates(ours, own), 'debug_mode', values)
    expect(rendered).toContain('## House rules')
    expect(rendered).not.toContain('## Rules')
    expect(rendered).toContain('## How to report')
  })

  test('a type of their own, its template named either way', async () => {
    for (const name of ['system_prompts/mine.hbs', 'mine.hbs']) {
      const own = await makeFolder({
        'prompt_config.yaml': `system_prompts: {mine: {template_file: ${name}, variables_required: [colour]}}`,
        'system_prompts/mine.hbs': '{{colour}} {{guid}}',
      })
      const templates = await loadTemplates(ours, own)
      expect(await renderPrompt(templates, 'mine', { colour: 'red', guid: 1 })).toBe('red 1')
      expect(Object.keys(templates.config.systemPrompts)).toEqual([...types, 'mine'])
    }
  })

  test('a key of the configuration', async () => {
    const own = await makeFolder({
      'prompt_config.yaml':
        'variables: {default_region: eu-central-1}\nsystem_prompts: {debug_mode: {description: Theirs}}',
    })
    const { config } = await loadTemplates(ours, own)
    expect(config.variables).toEqual({
      aws_profile: 'sunware',
      max_cost_threshold: 100,
      default_region: 'eu-central-1',
      clarification_strategy: 'autonomous',
    })
    expect(config.systemPrompts.debug_mode).toEqual({
      templateFile: 'system_prompts/debug_mode.hbs',
      description: 'Theirs',
      variablesRequired: ['guid', 'error_log', 'session_path', 'aws_profile'],
    })
  })

  test('skills: theirs as a whole, ours for the rest, folders without SKILL.md passed over', async () => {
    const own = await makeFolder({
      'skills/brainstorm/SKILL.md': 'theirs',
      'skills/brainstorm/more/list.txt': 'more',
      'skills/extra/SKILL.md': 'extra',
      'skills/code-review/notes.txt': 'not a skill',
    })
    const skills = await readSkills(await loadTemplates(ours, own))
    expect(skills.map((skill) => skill.name)).toEqual([
      'brainstorm',
      'code-review',
      'extra',
      'systematic-debugging',
      'test-driven-development',
      'verification-before-completion',
      'writing-plans',
    ])
    expect(skills[0]?.files.map(({ path, content }) => [path, `${content}`])).toEqual([
      ['SKILL.md', 'theirs'],
      ['more/list.txt', 'more'],
    ])
    expect(`${skills[1]?.files[0]?.content}`).toContain('name: code-review')
  })
})

describe('list and show', () => {
  test('tell type, what it needs, and the file in force', async () => {
    const own = await makeFolder({ 'system_prompts/debug_mode.hbs': 'Mine' })
    const templates = await loadTemplates(ours, own)
    const list = await listPrompts(templates)
    expect(list.map((prompt) => [prompt.type, prompt.template_file])).toEqual([
      ['autonomous_agent', join(ours, 'system_prompts/autonomous_agent.hbs')],
      ['refinement_mode', join(ours, 'system_prompts/refinement_mode.hbs')],
      ['debug_mode', join(own, 'system_prompts/debug_mode.hbs')],
    ])
    expect(list[0]?.variables_required).toContain('user_request')
    expect(await showPrompt(templates, 'debug_mode')).toMatchObject({ template: 'Mine' })
    await expect(showPrompt(templates, 'nope')).rejects.toThrow('known: autonomous_agent')
  })
})

test('every partial that we ship is used', async () => {
  const folder = join(ours, 'system_prompts')
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.hbs'))
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
  for (const name of names.filter((name) => name.startsWith('partials/')))
    expect(texts.join('\n')).toContain(`{{> ${name.slice('partials/'.length, -'.hbs'.length)}`)
})
