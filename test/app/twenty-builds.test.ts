import { expect, it } from 'vitest'
import { journalOf, stateOf } from '../support/builds.ts'
import { openCliLab } from '../support/cli-lab.ts'

interface Followed {
  readonly user: number
  readonly guid: string
  readonly how: string
  readonly agentEnvironment?: Readonly<Record<string, string>>
  readonly seqs: readonly number[]
  readonly result: { readonly state: string; readonly url: string | null; readonly endedBy: string }
}

interface Said {
  readonly followed: readonly Followed[]
  readonly stopped: readonly { readonly processes: number }[]
  readonly isEnvironmentKept: boolean
}

it('one process starts, follows and cancels twenty builds of twenty users, and nothing keeps it alive', async () => {
  const lab = openCliLab()
  const script = new URL('many-builds.ts', import.meta.url).pathname
  // It ends by itself: a handle that was left open would hold it until the ring's time limit.
  const done = await lab.run(['20', '5'], { program: script })
  expect(done).toMatchObject({ code: 0, stderr: '' })
  const { followed, stopped, isEnvironmentKept } = JSON.parse(done.stdout) as Said

  expect(followed.map(({ how }) => how)).toEqual(Array(20).fill('started'))
  expect(new Set(followed.map(({ guid }) => guid)).size).toBe(20)
  for (const { seqs } of followed) expect(seqs).toEqual(seqs.map((_, at) => at + 1))
  const [left, finished] = [followed.slice(0, 5), followed.slice(5)]
  expect(finished.map(({ result }) => result.state)).toEqual(Array(15).fill('deployed'))
  expect(new Set(finished.map(({ result }) => result.url)).size).toBe(15)

  expect(left.map(({ result }) => result.endedBy)).toEqual(Array(5).fill('signal'))
  expect(left.map(({ agentEnvironment }) => agentEnvironment?.USER_TOKEN)).toEqual(
    left.map(({ user }) => `token of user ${user}`),
  )
  expect(stopped.every(({ processes }) => processes > 0)).toBe(true)
  for (const { guid } of left) expect(stateOf(lab, guid)).toBe('stopped')
  expect(isEnvironmentKept).toBe(true)
  // The command line sees the same.
  const [{ guid } = { guid: '' }] = finished
  expect((await journalOf(lab, guid)).at(-1)).toMatchObject({ type: 'deployed' })
})
