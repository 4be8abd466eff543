import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { type OptionRow, variableOf } from '../../../src/app/option-row.ts'
import { options } from '../../../src/app/options.ts'
import { commands } from '../../../src/cli/commands.ts'
import type { Context } from '../../../src/cli/context.ts'
import { runCli } from '../../../src/cli/run-cli.ts'

async function helpOf(name: string, columns: number): Promise<string> {
  const stdout = Object.assign(new PassThrough({ encoding: 'utf8' }), { columns })
  const argv = [...name.split(' '), '--help']
  await runCli(argv, { stdout } as unknown as Context, { version: '0.0.0' })
  return String(stdout.read())
}

describe.each([80, 120])('at %i columns', (columns) => {
  test.each(commands.map((row) => row.name))('the help of %s fits', async (name) => {
    const help = await helpOf(name, columns)
    expect(help).toContain(`Usage: tmux-builder ${name} `)
    expect(help.split('\n').filter((line) => line.length > columns)).toEqual([])
  })
})

test('the help of register shows each setting with its default and its variable, once', async () => {
  const help = (await helpOf('register', 1_000)).split('\n')
  for (const row of Object.values<OptionRow>(options)) {
    const [line = '', ...others] = help.filter((one) => one.includes(`${row.flag} `))
    expect(others).toEqual([])
    const shown = row.default ?? row.defaultText
    if (shown === undefined) expect(line).not.toContain('default: ')
    else expect(line.split(`default: ${shown}`)).toHaveLength(2)
    expect(line).toContain(`env: ${variableOf(row)})`)
    for (const choice of row.choices ?? []) expect(line).toContain(`"${choice}"`)
  }
})
