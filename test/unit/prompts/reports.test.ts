import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseClarifications, questionReasons } from '../../../src/domain/question.ts'
import { parseReport, reportStatuses } from '../../../src/domain/report.ts'
import { renderPrompt } from '../../../src/prompts/render.ts'
import { loadTemplates } from '../../../src/prompts/templates.ts'
import { codeBlocks, makeFolder, ours, types, values } from './support.ts'

const cases = types.flatMap((type) =>
  ['local', 'aws'].flatMap((target) =>
    ['autonomous', 'ask'].map((strategy) => [type, target, strategy] as const),
  ),
)

const render = async (type: string, given: Record<string, string>) =>
  renderPrompt(await loadTemplates(ours, undefined), type, { ...values, ...given })

const sh = (script: string, ...args: string[]) =>
  execFileSync('/bin/sh', [...args, '-c', script], {
    env: { PATH: process.env.PATH, HOME: '/nowhere' },
  })

/** The commands that write a file of the workspace, with the JSON that each writes. */
function writers(prompt: string, file: string) {
  return codeBlocks(prompt, 'sh').flatMap((script) => {
    const json = new RegExp(`> ${file}\\.new && .*<<'JSON'\\n(.*)\\nJSON\\n$`, 's').exec(
      script,
    )?.[1]
    return json === undefined ? [] : [{ script, json }]
  })
}

describe.each(cases)('%s, %s, %s', (type, target, clarification_strategy) => {
  const given = { target, clarification_strategy }

  test('each report is valid, of this attempt, and on the usual way', async () => {
    const reports = writers(await render(type, given), 'status.json').map(({ json }) => {
      const parsed = parseReport(json)
      expect(parsed).toMatchObject({ ok: true, report: { build: 3, attempt: 2 } })
      return JSON.parse(json)
    })
    expect(new Set(reports.map(({ status }) => status))).toEqual(new Set(reportStatuses))
    const ways = {
      initializing: [0, 0, 5],
      planning: [1, 5, 30],
      implementing: [2, 30, 70],
      deploying: [3, 70, 95],
      deployed: [4, 100, 100],
    }
    for (const [status, [phase, from = 0, to = 0]] of Object.entries(ways)) {
      const report = reports.find((report) => report.status === status)
      expect(report.phase).toBe(phase)
      expect(report.progress).toBeGreaterThanOrEqual(from)
      expect(report.progress).toBeLessThanOrEqual(to)
    }
    const deployed = reports.find(({ status }) => status === 'deployed')
    expect(new URL(deployed.deployment_url).hostname).toMatch(
      target === 'local' ? /^127\.0\.0\.1$/ : /\.cloudfront\.net$/,
    )
    expect(reports.find(({ status }) => status === 'error').error).toMatch(/\w{3,}/)
  })

  test('the questions are valid', async () => {
    const files = writers(await render(type, given), 'clarifications.json')
    expect(files).toHaveLength(1)
    const parsed = parseClarifications(files[0]?.json ?? '')
    if (!parsed.ok) throw new Error(parsed.problem)
    // As written: reading takes an unknown reason for `other`.
    for (const question of JSON.parse(files[0]?.json ?? '').questions)
      expect(questionReasons).toContain(question.reason)
    for (const question of parsed.questions) {
      expect(question.options).toContain(question.default)
    }
  })

  test('every command is one a POSIX shell can read', async () => {
    const blocks = codeBlocks(await render(type, given), 'sh')
    expect(blocks.length).toBeGreaterThan(7)
    for (const script of blocks) sh(script, '-n')
  })

  test('run, the commands write exactly these files, from any folder', async () => {
    const workspace = join(await makeFolder(), 'it\'s a "work" $(space)')
    await mkdir(workspace)
    const prompt = await render(type, { ...given, session_path: workspace })
    for (const file of ['status.json', 'clarifications.json'])
      for (const { script, json } of writers(prompt, file)) {
        sh(`cd /\n${script}`)
        expect(await readFile(join(workspace, file), 'utf8')).toBe(`${json}\n`)
        expect(JSON.parse(json)).toBeTypeOf('object')
      }
    expect((await readdir(workspace)).sort()).toEqual(['clarifications.json', 'status.json'])
  })
})

test('the command that sets up the workspace does so, also twice', async () => {
  const workspace = join(await makeFolder(), "work 'space'")
  await mkdir(workspace)
  const prompt = await render('autonomous_agent', { session_path: workspace })
  const setUp = codeBlocks(prompt, 'sh').filter((script) => script.includes('git init'))
  expect(setUp).toHaveLength(1)
  for (const script of [...setUp, ...setUp]) sh(script)
  for (const folder of ['code', 'infrastructure/deployment_logs', 'docs', '.git'])
    expect(existsSync(join(workspace, folder))).toBe(true)
  sh(
    `cd '${workspace.replaceAll("'", "'\\''")}' && : > status.json && : > code/a && git add -A && git commit -qm x`,
  )
  const committed = sh(`git -C '${workspace.replaceAll("'", "'\\''")}' ls-files`).toString()
  expect(committed).toBe('.gitignore\ncode/a\n')
})

test('the deploy command is the one given, on a folder of the workspace', async () => {
  const folder = await makeFolder()
  const session_path = join(folder, "it's")
  const deploy_command = "printf '%s|' deploy --dir"
  const prompt = await render('autonomous_agent', { target: 'local', session_path, deploy_command })
  const script = codeBlocks(prompt, 'sh').find((script) => script.startsWith(deploy_command))
  expect(sh(script ?? 'false').toString()).toBe(`deploy|--dir|${session_path}/code/dist|`)
})

test('a prompt rendered with nothing but what it requires still holds valid reports', async () => {
  const { guid, email, phone, user_request, session_path, aws_profile } = values
  const required = { guid, email, phone, user_request, session_path, aws_profile }
  const templates = await loadTemplates(ours, undefined)
  const prompt = await renderPrompt(templates, 'autonomous_agent', required)
  for (const { json } of writers(prompt, 'status.json'))
    expect(parseReport(json)).toMatchObject({ ok: true, report: { build: 1, attempt: 1 } })
})
