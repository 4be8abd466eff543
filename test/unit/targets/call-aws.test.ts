import { expect, it } from 'vitest'
import { Interrupted, TmuxBuilderError } from '../../../src/errors.ts'
import { callAws } from '../../../src/targets/aws/call-aws.ts'
import { errorMessageOf } from '../../../src/targets/aws/messages.ts'
import type { RunOptions, RunResult, World } from '../../../src/world/world.ts'

const home = { home: '/h', database: '/h/db', sessions: '/h/s' }
const request = { do: 'owner_of_host', home, guid: 'abcd', host: 'x.cloudfront.net' } as const
const ended: RunResult = {
  exitCode: 0,
  stdout: '',
  stderr: '',
  timedOut: false,
  spawnError: undefined,
}

/** Asks a child that says these lines, and ends like that. */
function call(lines: readonly unknown[], end: Partial<RunResult> = {}, abort?: AbortController) {
  const notices: string[] = []
  let given: RunOptions | undefined
  const world = {
    env: { OWN: 'of the parent' },
    cwd: '/',
    signal: (abort ?? new AbortController()).signal,
    notice: (text: string) => void notices.push(text),
    run: async (_file: string, _args: readonly string[], options: RunOptions) => {
      given = options
      for (const line of lines) options.onLine?.(JSON.stringify(line))
      abort?.abort(new Interrupted('SIGINT'))
      return { ...ended, ...end }
    },
  } as unknown as World
  const answer = callAws(world, { ONLY: 'this' }, request)
  return { answer, notices, given: () => given }
}

it('passes notices on and gives the answer', async () => {
  const { answer, notices, given } = call([
    { type: 'notice', text: 'one' },
    { type: 'notice', text: 'two' },
    { type: 'result', value: 'stack' },
  ])
  expect(await answer).toBe('stack')
  expect(notices).toEqual(['one', 'two'])
  expect(given()).toMatchObject({ env: { ONLY: 'this' }, keepsInputOpen: true })
  expect(given()?.env).not.toHaveProperty('OWN')
  expect(JSON.parse(String(given()?.input))).toEqual(request)
})

it('a refusal is the same error here as there', async () => {
  const refusal = new TmuxBuilderError('not_ready', 'no credentials', 'log in')
  const { answer } = call([errorMessageOf(refusal)])
  await expect(answer).rejects.toEqual(refusal)
  await expect(answer).rejects.toBeInstanceOf(TmuxBuilderError)
})

it('a bug stays one, with the child’s stack and what the system said', async () => {
  const bug = Object.assign(new Error('no space'), { code: 'ENOSPC', syscall: 'write', path: '/x' })
  const thrown = await call([errorMessageOf(bug)]).answer.catch((error: unknown) => error)
  expect(thrown).not.toBeInstanceOf(TmuxBuilderError)
  expect(thrown).toMatchObject({
    message: 'no space',
    stack: bug.stack,
    code: 'ENOSPC',
    path: '/x',
  })
})

it('an abort wins over whatever the child says', async () => {
  const lines = [{ type: 'result', value: 'stack' }]
  await expect(call(lines, {}, new AbortController()).answer).rejects.toEqual(
    new Interrupted('SIGINT'),
  )
})

it.each([
  ['killed', { exitCode: null }, 'was killed'],
  ['broken', { exitCode: 1, stderr: 'SyntaxError: x' }, 'SyntaxError: x'],
  ['absent', { exitCode: null, spawnError: 'ENOENT' }, 'ENOENT'],
])('a child that is %s and says nothing is no answer', async (_, end, told) => {
  await expect(call([{ type: 'notice', text: 'one' }], end).answer).rejects.toThrow(told)
})
