import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { renderLoop, renderOneLaunch } from '../../../src/session/launch-script.ts'
import { startChild } from '../../support/children.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { hostileName } from '../../support/tmux-lab.ts'

const tellAll = 'console.log(JSON.stringify([process.cwd(), process.argv.slice(1), process.env]))'

function runScript(text: string) {
  const file = join(temporaryFolder(), 'launch.sh')
  writeFileSync(file, text)
  const ran = spawnSync('/usr/bin/env', ['-i', '/bin/sh', file], { encoding: 'utf8' })
  return { ...ran, file }
}

it('passes folder, environment and arguments on as they are', () => {
  const folder = join(temporaryFolder(), hostileName)
  mkdirSync(folder)
  const values = {
    QUOTES: `'"\`'\\''`,
    LINES: 'a\nb\r\n\tc\n',
    CODE: '$(touch owned) `id` $HOME $IFS ; exit 3 #',
    UNICODE: '$(touch owned) `id` $HOME $IFS ; exit 3 #',
    EMPTY: '',
    DASH: '-n',
    LONG: 'x'.repeat(100_000),
  }
  const argv = Object.values(values).filter((value) => value !== values.LONG)
  const ran = runScript(
    renderOneLaunch({
      folder,
      environment: { ...values, 'BAD-NAME': 'x', 'A;touch owned': 'x', '1X': 'x', '': 'x' },
      argv: [process.execPath, '-e', tellAll, '--', ...argv],
    }),
  )
  expect(ran.stderr).toBe('')
  const [cwd, args, env] = JSON.parse(ran.stdout)
  expect(cwd).toBe(folder)
  expect(args).toEqual(argv)
  expect(env).toMatchObject(values)
  const added = Object.keys(env).filter((name) => !(name in values))
  expect(added.every((name) => ['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name))).toBe(true)
  expect(existsSync(join(folder, 'owned'))).toBe(false)
})

it('a script that holds keys is gone before its program runs', () => {
  const folder = temporaryFolder()
  const ran = runScript(
    renderOneLaunch({ folder, environment: { KEY: 'secret' }, argv: ['/bin/sh', '-c', 'true'] }),
  )
  expect(ran.status).toBe(0)
  expect(existsSync(ran.file)).toBe(false)
})

it('runs nothing where its folder is gone', () => {
  const ran = runScript(
    renderOneLaunch({ folder: '/nowhere/at all', environment: {}, argv: ['/bin/echo', 'ran'] }),
  )
  expect(ran).toMatchObject({ status: 126, stdout: '' })
})

it('the loop ends with 0 alone, starts again at once after a signal, and counts crashes', async () => {
  const folder = temporaryFolder()
  const file = join(folder, 'loop.sh')
  // The first two runs are killed, the next two crash, the last ends in order.
  const program = [
    'n=$(cat n 2>/dev/null || echo 0); n=$((n + 1)); echo $n > n',
    'echo "$n $TMUX_BUILDER_CRASHES"',
    '[ $n -le 2 ] && kill -9 $$',
    '[ $n -le 4 ] && exit 70',
    'exit 0',
  ].join('\n')
  writeFileSync(
    file,
    renderLoop({
      folder,
      environment: { PATH: '/usr/bin:/bin' },
      argv: ['/bin/sh', '-c', program],
    }),
  )
  const loop = startChild('/bin/sh', ['-c', 'exec 2>/dev/null; . "$1"', 'sh', file])
  const start = Date.now()
  const lines = [await loop.nextLine(), await loop.nextLine(), await loop.nextLine()]
  expect(Date.now() - start).toBeLessThan(3_000)
  lines.push(await loop.nextLine(), await loop.nextLine())
  expect(lines).toEqual(['1 0', '2 0', '3 0', '4 1', '5 2'])
  expect((await loop.ended) as unknown[]).toEqual([0, null])
})
