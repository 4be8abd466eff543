import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type CliLab, demoFlags, guid, identityFlags, openCliLab } from '../support/cli-lab.ts'
import { isFull } from '../support/full.ts'
import { findWrongRefusals, type Refusal } from '../support/refusal.ts'

const request = ['--request', 'Build a todo app']
const register = ['register', ...identityFlags, ...demoFlags(), ...request]

/** Every row is refused as it says, and nothing at all was made. */
async function expectRefused(lab: CliLab, rows: readonly Refusal[], before: readonly string[]) {
  expect(await findWrongRefusals(lab, rows, before)).toEqual([])
  expect(existsSync(lab.home)).toBe(false)
}

const long = 'x'.repeat(300)

test('register refuses every option that is wrong, before anything is made', async () => {
  const rows: Refusal[] = [
    [['--email', 'nobody'], 2, /Not an e-mail address: "nobody"/],
    [['--email', ''], 2, /Not an e-mail address: ""/],
    [['--email', `${long}@example.com`], 2, /Not an e-mail address/],
    [['--email', 'a@b@c.d'], 2, /Not an e-mail address/],
    [['--email', 'a b@example.com'], 2, /Not an e-mail address/],
    [['--email', 'a@localhost'], 2, /Not an e-mail address/],
    [['--phone', '123456'], 2, /Not a phone number/],
    [['--phone', '1234567890123456'], 2, /Not a phone number/],
    [['--phone', '++15551234567'], 2, /Not a phone number/],
    [['--phone', '1555CALLNOW'], 2, /Not a phone number/],
    [['--phone', ''], 2, /Not a phone number/],
    [['--project', 'Todo'], 2, /Not a project name/],
    [['--project', ''], 2, /Not a project name/],
    [['--project', 'a'.repeat(41)], 2, /Not a project name/],
    [['--project', '../x'], 2, /Not a project name/],
    [['--agent', 'cursor'], 2, /Unknown agent: "cursor"/],
    [['--agent', 'toString'], 2, /Unknown agent/],
    [['--agent', ''], 2, /Unknown agent/],
    [['--agent-option', 'scenario'], 2, /has no option "scenario"/],
    [['--agent-option', 'speed=1'], 2, /has no option "speed=1"/],
    [['--agent-option', '__proto__=1'], 2, /has no option/],
    [['--agent-option', 'scenario=nonsense'], 2, /cannot be "nonsense"/],
    [['--agent-option', 'pace=soon'], 2, /pace of the agent demo cannot be "soon"/],
    [['--agent-env', 'A=B'], 2, /Not a variable name: "A=B"/],
    [['--agent-env', ''], 2, /Not a variable name: ""/],
    [['--target', 'azure'], 2, /Unknown target: "azure"/],
    [['--timeout', 'soon'], 2, /Not a duration for --timeout: "soon"/],
    [['--timeout', '0'], 2, /Not a duration/],
    [['--timeout', '-5m'], 2, /Not a duration/],
    [['--timeout', '99999999d'], 2, /Not a duration/],
    [['--max-attempts', '0'], 2, /Not a number of attempts/],
    [['--max-attempts', '1.5'], 2, /Not a number of attempts/],
    [['--max-attempts', '1e3'], 2, /Not a number of attempts/],
    [['--attempt-timeout', 'soon'], 2, /Not a duration for --attempt-timeout/],
    [['--stall-timeout', '0'], 2, /Not a duration for --stall-timeout/],
    [['--stall-timeout', '-1s'], 2, /Not a duration for --stall-timeout/],
    [['--retry-delay', '5 s'], 2, /Not a duration for --retry-delay/],
    [['--wait-for-limit', 'forever'], 2, /Not a duration for --wait-for-limit/],
    [['--budget-usd', '0'], 2, /A budget of 0 dollars/],
    [['--budget-usd', '0.00'], 2, /A budget of 0 dollars/],
    [['--budget-usd', '-5'], 2, /Not an amount of dollars/],
    [['--budget-usd', '5 dollars'], 2, /Not an amount of dollars: "5 dollars"/],
    [['--budget-usd', '1e3'], 2, /Not an amount of dollars/],
    [['--budget-usd', ''], 2, /Not an amount of dollars/],
    [['--verify-timeout', '1w'], 2, /Not a duration for --verify-timeout/],
    [['--connect-to', 'example.com:443'], 2, /--connect-to|connect/i],
    [['--domain', 'https://example.com/'], 2, /Not a host name/],
    [['--domain', 'example'], 2, /Not a host name/],
    [['--templates', '/nowhere'], 2, /There is no templates folder \/nowhere/],
    [['--templates', '/etc/passwd'], 2, /There is no templates folder/],
    [['--aws-profile', ''], 2, /Not an AWS profile/],
    [['--aws-profile', 'a\nb'], 2, /Not an AWS profile/],
    [['--aws-agent-role', 'agent'], 2, /Not a role’s ARN: "agent"/],
    [['--aws-agent-role', 'arn:aws:iam::1:user/me'], 2, /Not a role’s ARN/],
    [['--region', 'us east 1'], 2, /Not an AWS region/],
    [['--region', ''], 2, /Not an AWS region/],
    [['--max-cost-threshold', '-1'], 2, /Not an amount of dollars/],
    [['--max-cost-threshold', '$100'], 2, /Not an amount of dollars/],
    [['--clarification-strategy', 'never'], 2, /Unknown clarification strategy/],
    [['--request-file', 'x'], 2, /Both --request and --request-file/],
    [['--nonsense'], 2, /unknown option '--nonsense'/],
    [['--email'], 2, /option '--email <address>' argument missing/],
    [['extra'], 2, /too many arguments/],
  ]
  await expectRefused(openCliLab(), rows, register)
})

test('register refuses a request that is missing or cannot be read', async () => {
  const lab = openCliLab()
  const bare = ['register', ...identityFlags, ...demoFlags()]
  const file = (name: string, content: string | Uint8Array) => {
    writeFileSync(join(lab.root, name), content)
    return join(lab.root, name)
  }
  const rows: Refusal[] = [
    [[], 2, /The request is empty/],
    [['--request', ''], 2, /The request is empty/],
    [['--request', ' \n\t'], 2, /The request is empty/],
    [['--request-file', '/nowhere/request.md'], 2, /cannot be read \(ENOENT\)/],
    [['--request-file', lab.root], 2, /cannot be read \(EISDIR\)/],
    [['--request-file', ''], 2, /cannot be read|No request file/],
    [['--request-file', file('nul.md', 'a\0b')], 2, /NUL byte/],
    [['--request-file', file('latin1.md', Buffer.from([0x62, 0xe4, 0x0a]))], 2, /not valid UTF-8/],
    [['--request-file', '-'], 2, /NUL byte/, { stdin: 'a\0b' }],
    [[], 2, /not valid UTF-8/, { stdin: Buffer.from([0xff, 0xfe]) }],
  ]
  await expectRefused(lab, rows, bare)
})

test('register refuses a missing identity', async () => {
  const rows: Refusal[] = [
    [request, 2, /No e-mail address was given/],
    [['--email', 'test@example.com', ...request], 2, /No phone number was given/],
  ]
  await expectRefused(openCliLab(), rows, ['register', ...demoFlags()])
})

test('every other command refuses what is wrong', async () => {
  const rows: Refusal[] = [
    [[], 2, /No command was given/],
    [['build'], 2, /unknown command 'build'/],
    [['--nonsense'], 2, /unknown option '--nonsense'/],
    ...['refine', 'status', 'events', 'attach', 'logs', 'stop', 'archive', 'restore'].flatMap(
      (command): Refusal[] => [
        [[command], 2, /missing required argument 'guid'/],
        [[command, guid, 'extra'], 2, /too many arguments/],
        [[command, guid, '--nonsense'], 2, /unknown option/],
      ],
    ),
    ...['status', 'events', 'logs', 'stop', 'archive', 'restore'].flatMap((command): Refusal[] => [
      [[command, 'abc'], 2, /Not a GUID: "abc"/],
      [[command, 'xyzw'], 2, /Not a GUID/],
      [[command, guid.toUpperCase()], 2, /Not a GUID/],
      [[command, `${guid}0`], 2, /Not a GUID/],
      [[command, ''], 2, /Not a GUID: ""/],
      [[command, '%'], 2, /Not a GUID/],
      [[command, guid], 4, /There is no session 4f90/],
    ]),
    [['refine', 'abc', ...request], 2, /Not a GUID/],
    [['refine', guid, ...request], 4, /There is no session/],
    [['attach', guid], 2, /attach needs a terminal/],
    [['answer'], 2, /missing required argument 'guid'/],
    [['answer', guid], 2, /missing required argument 'text'/],
    [['answer', 'abc', 'yes'], 2, /Not a GUID/],
    [['answer', guid, 'yes'], 4, /There is no session/],
    [['answer', guid, 'yes', '--question'], 2, /argument missing/],
    [['status', guid, '--watch', '--timeout', 'soon'], 2, /Not a duration for --timeout/],
    [['status', guid, '--timeout', '5s'], 2, /--timeout only applies with --watch/],
    [['list', '--state', 'broken'], 2, /Unknown state: "broken"/],
    [['list', 'extra'], 2, /too many arguments/],
    [['gc', '--older-than', 'soon'], 2, /Not a duration for --older-than/],
    [['gc', '--older-than'], 2, /argument missing/],
    [['deploy', guid], 2, /required option '--dir <folder>' not specified/],
    [['deploy', 'abc', '--dir', '.'], 2, /Not a GUID/],
    [['deploy', guid, '--dir', '.'], 4, /There is no session/],
    [['deploy', guid, '--dir', '.', '--mode', 'mixed'], 2, /Unknown mode: "mixed"/],
    [['rollback', guid, 'first'], 2, /Not a release’s number: "first"/],
    [['rollback', guid, '1'], 4, /There is no session/],
    [['inventory', '--region', 'us east'], 2, /Not an AWS region/],
    [['destroy', guid, '--aws-profile', ''], 2, /Not an AWS profile/],
    [['resume'], 2, /Give either a session or --all/],
    [['resume', guid, '--all'], 2, /Give either a session or --all/],
    [['prompts'], 2, /No command was given|unknown command/],
    [['prompts', 'nonsense'], 2, /unknown command|too many arguments/],
    [['prompts', 'list', '--templates', '/nowhere'], 2, /there is no such folder/],
    [['prompts', 'show'], 2, /missing required argument 'type'/],
    [['prompts', 'show', 'nonsense'], 2, /nonsense/],
    [['prompts', 'show', '__proto__'], 2, /__proto__/],
    [['prompts', 'render', 'nonsense'], 2, /nonsense/],
    [['prompts', 'render', 'autonomous_agent'], 2, /No prompt can be made/],
    [['prompts', 'render', 'autonomous_agent', '--set', 'guid'], 2, /Not a variable: "guid"/],
    [['prompts', 'render', 'autonomous_agent', '--set', '=x'], 2, /Not a variable/],
  ]
  await expectRefused(openCliLab(), rows, [])
})

test('with --json a refusal is one object on stdout, and nothing on stderr', async () => {
  const lab = openCliLab()
  const done = await lab.run([...register, '--timeout', 'soon', '--json'])
  expect(done).toMatchObject({ code: 2, stderr: '' })
  expect(JSON.parse(done.stdout)).toEqual({
    type: 'error',
    code: 'usage',
    message: 'Not a duration for --timeout: "soon".',
    hint: expect.any(String),
    exit_code: 2,
  })
})

test.runIf(isFull)('a variable that is wrong is refused like its option', async () => {
  const variables: Record<string, [value: string, sentence: RegExp]> = {
    PROJECT: ['No', /Not a project name/],
    AGENT: ['cursor', /Unknown agent/],
    AGENT_OPTIONS: ['pace=0,speed=1', /has no option "speed=1"/],
    AGENT_ENV: ['A=B', /Not a variable name/],
    TARGET: ['azure', /Unknown target/],
    TIMEOUT: ['soon', /Not a duration/],
    MAX_ATTEMPTS: ['none', /Not a number of attempts/],
    VERIFY_TIMEOUT: ['soon', /Not a duration/],
    CONNECT_TO: ['x', /connect/i],
    DOMAINS: ['example.com,nonsense', /Not a host name: "nonsense"/],
    TEMPLATES: ['/nowhere', /There is no templates folder/],
    REGION: ['us east', /Not an AWS region/],
    MAX_COST_THRESHOLD: ['much', /Not an amount of dollars/],
    CLARIFICATION_STRATEGY: ['never', /Unknown clarification strategy/],
  }
  const local = { TMUX_BUILDER_AGENT: 'demo', TMUX_BUILDER_TARGET: 'local' }
  const rows = Object.entries(variables).map(([name, [value, sentence]]): Refusal => {
    const env = { ...local, [`TMUX_BUILDER_${name}`]: value }
    return [[...identityFlags, ...request], 2, sentence, { env }]
  })
  rows.push(
    [
      [...request, '--phone', '+15551234567'],
      2,
      /Not an e-mail/,
      { env: { ...local, TMUX_BUILDER_EMAIL: 'x' } },
    ],
    [request, 2, /No phone/, { env: { ...local, TMUX_BUILDER_EMAIL: 'a@b.cd' } }],
  )
  await expectRefused(openCliLab(), rows, ['register'])
})

test('a config.yaml that is wrong is refused with its path and key', async () => {
  const lab = openCliLab()
  const folder = join(lab.env.HOME as string, '.config/tmux-builder')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'config.yaml')
  const contents: [content: string, sentence: RegExp][] = [
    ['agent: [', /config\.yaml is not YAML/],
    ['a: 1\na: 2', /is not YAML/],
    ['agnet: demo', /agnet/],
    ['- agent', /config\.yaml: /],
    ['just text', /config\.yaml: /],
    ['agent: [demo]', /config\.yaml: agent: /],
    ['agent:', /Unknown agent|config\.yaml: agent/],
    ['domains: example.com', /config\.yaml: domains: /],
    ['domains: [{}]', /config\.yaml: domains\.0: /],
    ['agent_options: {scenario: ok}', /config\.yaml: agent_options: /],
    ['timeout: soon', /Not a duration for --timeout/],
    ['max_attempts: many', /Not a number of attempts/],
    ['templates: /nowhere', /There is no templates folder/],
    ['a: &a [x,x]\nb: &b [*a,*a]\n'.repeat(1), /config\.yaml/],
    ['\u0000', /config\.yaml/],
  ]
  const wrong: string[] = []
  for (const [content, sentence] of contents) {
    writeFileSync(file, content)
    const rows: Refusal[] = [[['--target', 'local', ...request], 2, sentence]]
    const agent = content.startsWith('agent:') ? [] : ['--agent', 'demo']
    const found = await findWrongRefusals(lab, rows, ['register', ...identityFlags, ...agent])
    wrong.push(...found.map((text) => `${JSON.stringify(content)}: ${text}`))
  }
  expect(wrong).toEqual([])
  expect(existsSync(lab.home)).toBe(false)
})

test('a phone number in config.yaml keeps its plus', async () => {
  const lab = openCliLab()
  const folder = join(lab.env.HOME as string, '.config/tmux-builder')
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    join(folder, 'config.yaml'),
    'email: test@example.com\nphone: +15551234567\nagent: demo\ntarget: local\nmax_attempts: 2\nagent_options: [pace=0]\n',
  )
  const done = await lab.run(['register', ...request, '--detach'])
  expect(done).toMatchObject({ code: 0, stdout: `${guid}\n` })
})

test('a folder where config.yaml is looked for is told', async () => {
  const lab = openCliLab()
  mkdirSync(join(lab.root, 'config/tmux-builder/config.yaml'), { recursive: true })
  const env = { XDG_CONFIG_HOME: join(lab.root, 'config') }
  const rows: Refusal[] = [[request, 2, /config\.yaml cannot be read \(EISDIR\)/, { env }]]
  await expectRefused(lab, rows, ['register', ...identityFlags, ...demoFlags()])
})

test.each([
  ['a template that does not parse', { 'system_prompts/debug_mode.hbs': '{{#if x}}' }],
  ['an unknown variable', { 'system_prompts/autonomous_agent.hbs': '{{nonsense}}' }],
  ['a broken configuration', { 'prompt_config.yaml': 'variables: [' }],
  ['an unknown key', { 'prompt_config.yaml': 'nonsense: 1' }],
])('register refuses a templates folder with %s, before anything is made', async (_, files) => {
  const lab = openCliLab()
  const own = join(lab.root, 'own')
  mkdirSync(join(own, 'system_prompts'), { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(own, name), text)
  const rows: Refusal[] = [[['--templates', own], 2, /No prompt can be made/]]
  await expectRefused(lab, rows, register)
})

test('an agent that is not installed: exit 5 and how to install it, before anything is made', async () => {
  const lab = openCliLab()
  const env = { PATH: '/usr/bin:/bin' }
  const done = await lab.run(['register', ...identityFlags, ...request], { env })
  expect(done.code).toBe(5)
  expect(done.stderr).toMatch(
    /^tmux-builder: The agent program claude is not installed\.\n {2}.*npm/,
  )
  expect(existsSync(lab.home)).toBe(false)
})
