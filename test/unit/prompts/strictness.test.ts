import { describe, expect, test } from 'vitest'
import { TmuxBuilderError } from '../../../src/errors.ts'
import { checkTemplates, renderPrompt } from '../../../src/prompts/render.ts'
import { loadTemplates } from '../../../src/prompts/templates.ts'
import { makeFolder, ours, values } from './support.ts'

const main = 'system_prompts/autonomous_agent.hbs'

/** The one error of rendering (or loading) with a user's files laid over ours. */
async function failure(
  files: Record<string, string>,
  given: Record<string, string | number | undefined> = values,
  type = 'autonomous_agent',
): Promise<TmuxBuilderError> {
  const own = await makeFolder(files)
  const error = await loadTemplates(ours, own)
    .then((templates) => renderPrompt(templates, type, given))
    .catch((error: unknown) => error)
  if (!(error instanceof TmuxBuilderError)) throw new Error(`no usage error: ${String(error)}`)
  expect(error).toMatchObject({ reason: 'usage' })
  return error
}

describe('what is wrong is named, with its file', () => {
  test.each([
    ['an unknown variable', { [main]: 'a\n{{nope}}' }, [main, 'line 2', '"nope"']],
    ['one in a condition', { [main]: '{{#if nope}}x{{/if}}' }, [main, '"nope"']],
    ['one in a branch not taken', { [main]: '{{#unless guid}}{{nope}}{{/unless}}' }, ['"nope"']],
    ['one in a helper', { [main]: '{{#if (eq nope 1)}}x{{/if}}' }, ['"nope"']],
    [
      'one in a partial',
      { [main]: '{{> p}}', 'system_prompts/partials/p.hbs': '{{nope}}' },
      ['partials/p.hbs', '"nope"'],
    ],
    ['a property of a value', { [main]: '{{user_request.length}}' }, ['"user_request.length"']],
    ['this', { [main]: '{{this}}' }, ['"this"']],
    ['a quoted name', { [main]: '{{"constructor"}}' }, ['"constructor"']],
    ['@root', { [main]: '{{@root.guid}}' }, ['"@root.guid"']],
    ['constructor', { [main]: '{{constructor}}' }, ['"constructor"']],
    ['__proto__', { [main]: '{{__proto__}}' }, ['"__proto__"']],
    ['a helper', { [main]: '{{shout guid}}' }, ['unknown helper "shout"']],
    ['a helper of Handlebars that we do not offer', { [main]: '{{log guid}}' }, ['"log"']],
    ['lookup', { [main]: '{{lookup guid "length"}}' }, ['"lookup"']],
    ['a section', { [main]: '{{#guid}}x{{/guid}}' }, ['unknown helper "guid"']],
    ['a decorator', { [main]: '{{#*inline "x"}}y{{/inline}}' }, ['not supported']],
    ['a computed partial', { [main]: '{{> (eq 1 1)}}' }, ['computed name']],
    ['a missing partial', { [main]: '{{> nowhere}}' }, [main, '"nowhere"']],
    ['a partial outside', { [main]: '{{> ../../../etc/x}}' }, ['outside']],
    [
      'a partial in itself',
      { [main]: '{{> p}}', 'system_prompts/partials/p.hbs': '{{> p}}' },
      ['includes itself'],
    ],
    ['a broken template', { [main]: '{{#if guid}}' }, [main, 'broken template']],
    [
      'a broken partial',
      { [main]: '{{> p}}', 'system_prompts/partials/p.hbs': '{{' },
      ['p.hbs', 'broken template'],
    ],
    ['broken YAML', { 'prompt_config.yaml': 'a: [' }, ['prompt_config.yaml', 'broken YAML']],
    ['a YAML bomb', { 'prompt_config.yaml': bomb() }, ['prompt_config.yaml', 'broken YAML']],
    [
      'a list as a value',
      { 'prompt_config.yaml': 'variables: {a: [1]}' },
      ['prompt_config.yaml', 'variables.a'],
    ],
    ['a mistyped key', { 'prompt_config.yaml': 'system_promts: {}' }, ['system_promts']],
    ['a variable that cannot be one', { 'prompt_config.yaml': 'variables: {a-b: 1}' }, ['"a-b"']],
    ['a configuration that is a list', { 'prompt_config.yaml': '- 1' }, ['prompt_config.yaml']],
    ['a template outside', config('../../x.hbs'), ['outside']],
    ['an absolute template', config('/etc/hostname'), ['outside']],
    ['a missing template', config('gone.hbs'), ['gone.hbs', 'autonomous_agent']],
  ])('%s', async (_, files: Record<string, string>, texts) => {
    const { message } = await failure(files)
    for (const text of texts) expect(message).toContain(text)
  })

  test('an unknown type, with the known ones', async () => {
    const { message } = await failure({}, values, 'constructor')
    expect(message).toContain('"constructor"')
    expect(message).toContain('autonomous_agent, refinement_mode, debug_mode')
  })

  test('missing variables, all of them', async () => {
    const { message } = await failure({}, { guid: 'g', email: undefined })
    for (const name of ['email', 'phone', 'user_request', 'session_path'])
      expect(message).toContain(`"${name}"`)
    expect(message).not.toContain('"guid"')
    expect(message).not.toContain('aws_profile')
  })

  test('a folder that is not there', async () => {
    await expect(loadTemplates(ours, '/nowhere/templates')).rejects.toThrow('/nowhere/templates')
  })

  test('a variable of another type, unless it is given', async () => {
    const { error_log, ...others } = values
    expect((await failure({ [main]: '{{error_log}}' }, others)).message).toContain('"error_log"')
  })

  test('a file that cannot be read is not passed over for ours', async () => {
    const own = await makeFolder({ [`${main}/inside`]: 'a folder stands where the file should' })
    const templates = await loadTemplates(ours, own)
    await expect(renderPrompt(templates, 'autonomous_agent', values)).rejects.toThrow('EISDIR')
  })
})

describe('one error names everything', () => {
  test('variables, templates and partials at once', async () => {
    const { message } = await failure(
      {
        [main]: '{{one}}{{> two}}{{> three}}{{> four}}{{five guid}}',
        'system_prompts/partials/two.hbs': '{{six}}',
        'system_prompts/partials/three.hbs': '{{#if}}',
      },
      { guid: 'g' },
    )
    for (const text of ['"one"', '"four"', '"five"', '"six"', 'three.hbs', '"email"', '"phone"'])
      expect(message).toContain(text)
  })

  test('broken YAML and a broken template', async () => {
    const { message } = await failure({ 'prompt_config.yaml': 'a: [', [main]: '{{nope}}{{also' })
    expect(message).toContain('broken YAML')
    expect(message).toContain('broken template')
  })

  test('checkTemplates looks at every type', async () => {
    const own = await makeFolder({
      [main]: '{{nope}}',
      'system_prompts/debug_mode.hbs': '{{',
      'prompt_config.yaml':
        'system_prompts: {refinement_mode: {variables_required: [company]}, mine: {template_file: mine.hbs}}',
    })
    const error = await checkTemplates(await loadTemplates(ours, own)).catch((error) => error)
    for (const text of ['"nope"', 'debug_mode.hbs', '"company"', 'mine.hbs'])
      expect(error.message).toContain(text)
  })

  test('checkTemplates finds nothing in ours', async () => {
    await checkTemplates(await loadTemplates(ours, undefined))
  })
})

function config(file: string): Record<string, string> {
  return {
    'prompt_config.yaml': `system_prompts: {autonomous_agent: {template_file: "${file}"}}`,
  }
}

function bomb(): string {
  const lists = 'bcdefghi'.split('')
  const lines = lists.map(
    (name, i) =>
      `${name}: &${name} [${Array(9)
        .fill(i ? `*${lists[i - 1]}` : 1)
        .join(',')}]`,
  )
  return lines.join('\n')
}
