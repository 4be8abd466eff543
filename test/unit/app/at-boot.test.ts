import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { renderCronLine, renderUserUnit } from '../../../src/app/at-boot.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const hostile = 'a b\'c"d %h %% $HOME $$ `id` $(id) é ü 漢 ;x; &|<>*?~! #\\x end\\'
const command = {
  argv: [process.execPath, '-p', 'JSON.stringify([process.argv.slice(1), process.env])', hostile],
  environment: { PATH: `/usr/bin:/${hostile}`, TMUX_BUILDER_HOME: hostile },
}

/** Runs it as init or cron would, with their short environment, and returns what the program saw. */
function runAs(file: string, args: readonly string[], env: Record<string, string>) {
  const { stdout, stderr } = spawnSync(file, args, { env, encoding: 'utf8' })
  expect(stderr).toBe('')
  return JSON.parse(stdout) as [string[], Record<string, string>]
}

it('cron runs the line, whatever characters the paths hold', () => {
  const line = renderCronLine(command)
  expect(line).toMatch(/^@reboot /)
  expect(line).not.toContain('\n')
  // crontab(5): an unescaped % ends the command; what is left goes to /bin/sh.
  expect(line).not.toMatch(/(?<!\\)%/)
  const text = line.replace('@reboot ', '').replaceAll('\\%', '%')
  const [argv, env] = runAs('/bin/sh', ['-c', text], { PATH: '/usr/bin:/bin', HOME: '/' })
  expect(argv).toEqual([hostile])
  expect(env).toMatchObject(command.environment)
})

/** systemd.syntax(7): words in double quotes with C escapes; then `%%`, and in commands `$$`. */
function unquote(text: string): string[] {
  const words = [...text.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)]
  return words.map(([, quoted, plain]) =>
    (quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '').replaceAll('%%', '%'),
  )
}

it('the unit starts the command with its environment, whatever characters the paths hold', () => {
  const lines = renderUserUnit(command).split('\n')
  const valuesOf = (key: string) =>
    lines.filter((line) => line.startsWith(`${key}=`)).map((line) => line.slice(key.length + 1))
  const environment = Object.fromEntries(
    valuesOf('Environment')
      .flatMap(unquote)
      .map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]),
  )
  expect(environment).toEqual(command.environment)
  const [file = '', ...args] = unquote(valuesOf('ExecStart')[0] ?? '')
  const [argv, env] = runAs(
    file,
    args.map((word) => word.replaceAll('$$', '$')),
    environment,
  )
  expect(argv).toEqual([hostile])
  expect(env).toMatchObject(command.environment)
  expect(valuesOf('Type')).toEqual(['oneshot'])
  // What the command started must survive it.
  expect(valuesOf('KillMode')).toEqual(['process'])
  expect(valuesOf('WantedBy')).toEqual(['default.target'])
})

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0

it.skipIf(!hasSystemd)('systemd itself finds nothing wrong with the unit', () => {
  const folder = temporaryFolder()
  const runtime = join(folder, 'run')
  mkdirSync(runtime)
  const unit = join(folder, 'tmux-builder.service')
  writeFileSync(unit, `${renderUserUnit(command)}\n`)
  const env = { PATH: process.env.PATH ?? '', HOME: folder, XDG_RUNTIME_DIR: runtime }
  const { stdout, stderr, status } = spawnSync(
    'systemd-analyze',
    ['verify', '--user', '--man=no', unit],
    { env, encoding: 'utf8' },
  )
  expect([stdout, stderr, status]).toEqual(['', '', 0])
})
