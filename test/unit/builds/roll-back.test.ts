import { expect, it } from 'vitest'
import { describeRestoreFailure } from '../../../src/builds/roll-back.ts'
import { notReady } from '../../../src/errors.ts'

const release = { guid: '0123456789abcdef', release: 3 }

it('a release that could not be made live again is one line in the journal, with its cure', () => {
  const failure = notReady('The stack failed:\n  CREATE_FAILED\n  x', 'Try again')
  expect(describeRestoreFailure(release, failure)).toBe(
    'release 3 could not be made live and verified; try it with: tmux-builder rollback 0123456789ab 3. The stack failed: CREATE_FAILED x Try again',
  )
})

it('a secret in the failure is masked', () => {
  const key = `AKIA${'ABCDEFGH'.repeat(2)}`
  expect(describeRestoreFailure(release, new Error(`no rights for ${key}`))).not.toContain(key)
})
