import { describe, expect, it } from 'vitest'
import { buildStates } from '../../../src/domain/build-state.ts'
import { decideBuild, type KnownBuild, type Wish } from '../../../src/domain/decide-build.ts'

type Short = readonly [KnownBuild['command'], string, KnownBuild['state'], Partial<KnownBuild>?]

const builds = (...shorts: Short[]): KnownBuild[] =>
  shorts.map(([command, requestHash, state, more], index) => ({
    build: index + 1,
    command,
    requestHash,
    agent: 'demo',
    target: 'local',
    state,
    url: state === 'deployed' ? 'http://a/' : undefined,
    ...more,
  }))

const wish = (command: Wish['command'], requestHash: string, more: Partial<Wish> = {}): Wish => ({
  command,
  requestHash,
  agent: undefined,
  target: undefined,
  rebuild: false,
  ...more,
})

const start = { do: 'start' }
const register = 'register' as const
const refine = 'refine' as const

describe('register', () => {
  it.each([
    ['in a new session starts', [], wish(register, 'A'), start],
    ['again after a failure starts', [[register, 'A', 'failed']], wish(register, 'A'), start],
    ['again after a stop starts', [[register, 'A', 'stopped']], wish(register, 'A'), start],
    [
      'of what is deployed reports',
      [[register, 'A', 'deployed']],
      wish(register, 'A'),
      { do: 'report', build: 1 },
    ],
    [
      'of what was destroyed since starts',
      [[register, 'A', 'deployed', { url: undefined }]],
      wish(register, 'A'),
      start,
    ],
    [
      'of what was destroyed since starts, though something older is live',
      [
        [register, 'A', 'deployed'],
        [register, 'A', 'deployed', { url: undefined }],
      ],
      wish(register, 'A'),
      start,
    ],
    [
      'of what lives on in a refinement at a new address reports that',
      [
        [register, 'A', 'deployed', { url: undefined }],
        [refine, 'B', 'deployed'],
      ],
      wish(register, 'A'),
      { do: 'report', build: 2 },
    ],
    [
      '--rebuild of what is deployed starts',
      [[register, 'A', 'deployed']],
      wish(register, 'A', { rebuild: true }),
      start,
    ],
    [
      'of another request on a deployed one starts',
      [[register, 'A', 'deployed']],
      wish(register, 'B'),
      start,
    ],
    [
      'by another agent starts',
      [[register, 'A', 'deployed']],
      wish(register, 'A', { agent: 'claude' }),
      start,
    ],
    [
      'by the same agent, named, reports',
      [[register, 'A', 'deployed']],
      wish(register, 'A', { agent: 'demo', target: 'local' }),
      { do: 'report', build: 1 },
    ],
    [
      'for another target starts',
      [[register, 'A', 'deployed']],
      wish(register, 'A', { target: 'aws' }),
      start,
    ],
    [
      'of the request before the latest starts',
      [
        [register, 'A', 'deployed'],
        [register, 'B', 'deployed'],
      ],
      wish(register, 'A'),
      start,
    ],
    [
      'of the latest, which failed, starts',
      [
        [register, 'A', 'deployed'],
        [register, 'B', 'failed'],
      ],
      wish(register, 'B'),
      start,
    ],
    [
      'of the one before a failed one starts',
      [
        [register, 'A', 'deployed'],
        [register, 'B', 'failed'],
      ],
      wish(register, 'A'),
      start,
    ],
    [
      'after a deployed refinement reports what is live',
      [
        [register, 'A', 'deployed'],
        [refine, 'R', 'deployed'],
      ],
      wish(register, 'A'),
      { do: 'report', build: 2 },
    ],
    [
      'after a failed refinement reports the register',
      [
        [register, 'A', 'deployed'],
        [refine, 'R', 'failed'],
      ],
      wish(register, 'A'),
      { do: 'report', build: 1 },
    ],
    [
      'after a stopped refinement reports the register',
      [
        [register, 'A', 'deployed'],
        [refine, 'R', 'stopped'],
      ],
      wish(register, 'A'),
      { do: 'report', build: 1 },
    ],
    [
      'with a refinement’s text starts',
      [
        [register, 'A', 'deployed'],
        [refine, 'R', 'deployed'],
      ],
      wish(register, 'R'),
      start,
    ],
    [
      'while a refinement runs conflicts',
      [
        [register, 'A', 'deployed'],
        [refine, 'R', 'planning'],
      ],
      wish(register, 'A'),
      { do: 'conflict', build: 2 },
    ],
    [
      'of what runs joins, --rebuild too',
      [[register, 'A', 'planning']],
      wish(register, 'A', { rebuild: true }),
      { do: 'join', build: 1 },
    ],
  ] as [string, Short[], Wish, object][])('%s', (_name, shorts, wanted, expected) => {
    expect(decideBuild(builds(...shorts), wanted)).toEqual(expected)
  })
})

describe('refine', () => {
  it.each([
    ['of nothing', [], { do: 'never_deployed' }],
    ['of a failed register', [[register, 'A', 'failed']], { do: 'never_deployed' }],
    ['of a deployed one starts', [[register, 'A', 'deployed']], start],
    [
      'while the register runs conflicts',
      [[register, 'A', 'deploying']],
      { do: 'conflict', build: 1 },
    ],
    [
      'the same, running, joins',
      [
        [register, 'A', 'deployed'],
        [refine, 'R', 'retrying'],
      ],
      { do: 'join', build: 2 },
    ],
    [
      'another one running conflicts',
      [
        [register, 'A', 'deployed'],
        [refine, 'S', 'pending'],
      ],
      { do: 'conflict', build: 2 },
    ],
    [
      'the same as the latest deployed reports',
      [
        [register, 'A', 'deployed'],
        [refine, 'R', 'deployed'],
      ],
      { do: 'report', build: 2 },
    ],
    [
      'the same, with a failed one after it, reports',
      [
        [register, 'A', 'deployed'],
        [refine, 'R', 'deployed'],
        [refine, 'S', 'failed'],
      ],
      { do: 'report', build: 2 },
    ],
    [
      'the same, stopped, starts',
      [
        [register, 'A', 'deployed'],
        [refine, 'R', 'stopped'],
      ],
      start,
    ],
    [
      'the one before the latest starts',
      [
        [register, 'A', 'deployed'],
        [refine, 'R', 'deployed'],
        [refine, 'S', 'deployed'],
      ],
      start,
    ],
    ['with the register’s own text starts', [[register, 'R', 'deployed']], start],
    [
      'after a new register starts',
      [
        [register, 'A', 'deployed'],
        [refine, 'R', 'deployed'],
        [register, 'B', 'deployed'],
      ],
      start,
    ],
  ] as [string, Short[], object][])('%s', (_name, shorts, expected) => {
    expect(decideBuild(builds(...shorts), wish(refine, 'R'))).toEqual(expected)
  })

  it('--rebuild repeats the deployed one', () => {
    const known = builds([register, 'A', 'deployed'], [refine, 'R', 'deployed'])
    expect(decideBuild(known, wish(refine, 'R', { rebuild: true }))).toEqual(start)
  })
})

it.each(buildStates.filter((state) => !['deployed', 'failed', 'stopped'].includes(state)))(
  'a build that is %s is running: the same joins, another conflicts',
  (state) => {
    const known = builds([register, 'A', state])
    expect(decideBuild(known, wish(register, 'A'))).toEqual({ do: 'join', build: 1 })
    expect(decideBuild(known, wish(register, 'B'))).toEqual({ do: 'conflict', build: 1 })
    expect(decideBuild(known, wish(register, 'A', { agent: 'claude' }))).toEqual({
      do: 'conflict',
      build: 1,
    })
  },
)
