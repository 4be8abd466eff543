import { utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startStopwatch } from '../../../src/supervise/clock.ts'
import { followSilences } from '../../../src/supervise/silence.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/** Time that the test moves. */
function handClock() {
  let ms = 1_000_000
  const pass = (more: number) => {
    ms += more
  }
  return { elapsed: () => ms, pass }
}

it('the stopwatch counts what was looked at, and leaves out gaps in which the machine slept', () => {
  const { elapsed, pass } = handClock()
  const stopwatch = startStopwatch(elapsed)
  const look = (ms: number) => {
    pass(ms)
    return stopwatch()
  }
  expect([look(500), look(20_000), look(8 * 3_600_000), look(500)]).toEqual([
    500, 20_500, 20_500, 21_000,
  ])
})

it('silence lasts since the last change that was seen, whatever times the files carry', async () => {
  const { elapsed, pass } = handClock()
  const folder = temporaryFolder()
  const [hookLog = '', report = '', agentLog = ''] = ['a', 'b', 'c'].map((name) =>
    join(folder, name),
  )
  writeFileSync(hookLog, 'old')
  utimesSync(hookLog, 1, 1)
  const read = followSilences({ hookLog, report, agentLog }, elapsed)
  expect(await read()).toEqual({ hooks: 0, report: 0, pane: 0 })
  pass(5_000)
  expect(await read()).toEqual({ hooks: 5_000, report: 5_000, pane: 5_000 })
  writeFileSync(report, 'new')
  utimesSync(report, 4_000_000_000, 4_000_000_000)
  utimesSync(hookLog, 0, 0)
  expect(await read()).toEqual({ hooks: 0, report: 0, pane: 5_000 })
  pass(7_000)
  expect(await read()).toEqual({ hooks: 7_000, report: 7_000, pane: 12_000 })
})
