import { describe, expect, test } from 'vitest'
import { renderPrompt } from '../../../src/prompts/render.ts'
import { readSkills } from '../../../src/prompts/template-files.ts'
import { loadTemplates } from '../../../src/prompts/templates.ts'
import { ours, types, values } from './support.ts'

/** What tells an agent to stop for a human: in the open, or in the words of public skills of these names. */
const stops = [
  /\b(?:ask|consult|check with|confirm with|talk to|tell) (?:the|your|a) (?:user|human|partner|developer|owner|reviewer)/i,
  /\bask (?:in exactly|for|me|first|them|whether)\b/i,
  /\bwait(?:s|ing)?\b/i,
  /\b(?:approv|sign[- ]off|permission from|green light|go-ahead)/i,
  /\bhuman|AskUserQuestion|ExitPlanMode/i,
  /\b(?:your|the) (?:human )?partner\b/i,
  /\bhow to ask\b/i,
  /\bquestions?\b/i,
  /\b(?:present|show|propose) (?:it|them|this|the \w+) to\b/i,
  /\bonce (?:approved|confirmed|answered)\b/i,
  /\b(?:feedback|clarif)/i,
  /\bpause\b|\bstop and\b|\bhand (?:it )?back\b/i,
]

/** Where such words may stand, and what they say there. */
const allowed: [where: string, line: RegExp][] = [
  // The four cases and how they are asked: the whole section.
  ['When to ask', /./],
  [
    'Decide alone',
    /^Never use a tool that asks a human \(a question dialog, a plan to be approved\)/,
  ],
  ['Decide alone', /it belongs in the summary, not in a question\.$/],
  ['How to report', /^- `status`: .* or `awaiting_approval`\.$/],
  ['How to report', /the single exception is an open question \(`awaiting_approval`\)\.$/],
  ['The workspace', /^clarifications\.json {4}your questions, if one of the four cases occurs$/],
  ['The workspace', /^ {4}\.claude\/|^ {2}\[ -f \.gitignore \].*clarifications\.json/],
  ['Start from what is live', /no waiting for a maintenance window/],
  ['Code review', /^Read the whole diff .* Go through it once for each question:$/],
]

/** Each line with the heading that it stands below (`##` in prompts, `#` in skills). */
function linesWithHeading(text: string): { heading: string; line: string }[] {
  let heading = ''
  let isCode = false
  return text.split('\n').map((line) => {
    if (line.startsWith('```')) isCode = !isCode
    if (!isCode) heading = /^##? (.*)$/.exec(line)?.[1] ?? heading
    return { heading, line }
  })
}

const findStops = (text: string) =>
  linesWithHeading(text).filter(
    ({ heading, line }) =>
      stops.some((pattern) => pattern.test(line)) &&
      !/^##? /.test(line) &&
      !allowed.some(([where, pattern]) => where === heading && pattern.test(line)),
  )

const templates = await loadTemplates(ours, undefined)
const skills = await readSkills(templates)
const skillText = (name: string) =>
  `${skills.find((skill) => skill.name === name)?.files.find((file) => file.path === 'SKILL.md')?.content}`

describe('nothing waits for a human outside the cases listed', () => {
  test.each(types.flatMap((type) => ['aws', 'local'].map((target) => [type, target])))(
    '%s, %s',
    async (type, target) => {
      for (const clarification_strategy of ['autonomous', 'ask']) {
        const given = { ...values, target, clarification_strategy }
        expect(findStops(await renderPrompt(templates, type ?? '', given))).toEqual([])
      }
    },
  )

  test.each(skills.map((skill) => skill.name))('/%s', (name) => {
    expect(findStops(skillText(name))).toEqual([])
  })

  test.each([
    'Present the design and ask the user whether it looks right.',
    'Wait for feedback before you go on.',
    'Ask questions one at a time.',
    'Do NOT write code until your human partner has approved the design.',
    'Stop and hand back.',
    'Show the plan to the reviewer.',
    'Once confirmed, deploy.',
  ])('the check finds: %s', (sentence) => {
    expect(findStops(`## Rules\n\n${sentence}`)).toHaveLength(1)
    expect(findStops(`# Code review\n\n${sentence}`)).toHaveLength(1)
  })
})

describe('skills', () => {
  test('are those that the prompts name', async () => {
    const names = new Set<string>()
    for (const type of types)
      for (const match of (await renderPrompt(templates, type, values)).matchAll(/`\/([a-z-]+)`/g))
        names.add(match[1] ?? '')
    expect([...names].sort()).toEqual(skills.map((skill) => skill.name))
  })

  test.each(skills.map((skill) => skill.name))('/%s is short and has its front matter', (name) => {
    const text = skillText(name)
    const front = /^---\nname: (.*)\ndescription: (.{40,300})\n---\n\n# /.exec(text)
    expect(front?.[1]).toBe(name)
    expect(front?.[2]).toMatch(/\bUse\b/)
    expect(text.length).toBeLessThan(3_000)
    expect(text).not.toContain('{{')
  })

  test('name only files that the prompts know', async () => {
    const prompts = await Promise.all(types.map((type) => renderPrompt(templates, type, values)))
    for (const skill of skills)
      for (const [path] of skillText(skill.name).matchAll(
        /\b(?:docs|infrastructure|code)\/[\w./-]+/g,
      ))
        if (path !== 'infrastructure/deployment_logs/verification.md')
          expect(prompts.join('\n')).toContain(path)
  })
})
