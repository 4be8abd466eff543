import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { countUsage, whileWatched } from '../../../src/builds/run-build.ts'
import { updateBuild } from '../../../src/store/builds.ts'
import { findSession } from '../../../src/store/sessions.ts'
import { guid, runHere } from './run-here.ts'

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
const never = new AbortController().signal

describe('something long that is watched', () => {
  it('gives its result and ends the watch', async () => {
    let isWatched = true
    const watch = async (signal: AbortSignal) => {
      await aborted(signal)
      isWatched = false
    }
    expect(await whileWatched(async () => 'done', watch, never)).toBe('done')
    expect(isWatched).toBe(false)
  })

  it('is ended by the watch, without a result', async () => {
    const act = async (signal: AbortSignal) => {
      await aborted(signal)
      signal.throwIfAborted()
    }
    expect(await whileWatched(act, async () => {}, never)).toBeUndefined()
  })

  it('is over when a watch that failed is reported', async () => {
    let isAtWork = true
    const act = async (signal: AbortSignal) => {
      await aborted(signal)
      await delay(20)
      isAtWork = false
    }
    const watch = () => Promise.reject(new Error('the disk is full'))
    await expect(whileWatched(act, watch, never)).rejects.toThrow('the disk is full')
    expect(isAtWork).toBe(false)
  })

  it('fails with its own error, after the watch has ended', async () => {
    let isWatched = true
    const watch = async (signal: AbortSignal) => {
      await aborted(signal)
      await delay(20)
      isWatched = false
    }
    const act = () => Promise.reject(new Error('no network'))
    await expect(whileWatched(act, watch, never)).rejects.toThrow('no network')
    expect(isWatched).toBe(false)
  })

  it('fails with the reason of the caller’s signal', async () => {
    const outer = new AbortController()
    const act = async (signal: AbortSignal) => {
      await aborted(signal)
      signal.throwIfAborted()
    }
    const all = whileWatched(act, aborted, outer.signal)
    outer.abort(new Error('interrupted'))
    await expect(all).rejects.toThrow('interrupted')
  })
})

it('usage is added to what the records say by then, once', async () => {
  const { run, build, readNow } = await runHere()
  const used = { dollars: 1, tokens: 10 }
  const counting = { ...run, agent: { ...run.agent, readUsage: async () => used } }
  await run.scope.store.transact((tx) => updateBuild(tx, build, { dollars: 5, tokens: 3 }))
  await countUsage(counting, build)
  expect(readNow()).toMatchObject({ dollars: 6, tokens: 13 })
  expect(findSession(run.scope.store, guid)?.usageSeen).toEqual(used)
  await countUsage(counting, build)
  expect(readNow()).toMatchObject({ dollars: 6, tokens: 13 })
})
