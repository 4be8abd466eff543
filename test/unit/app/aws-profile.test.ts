import { expect, test } from 'vitest'
import { type BuildWish, planBuild } from '../../../src/app/build-options.ts'

async function profileOf(env: Record<string, string>, wish: BuildWish = {}) {
  const world = {
    env: { PATH: process.env.PATH, XDG_CONFIG_HOME: '/nowhere', ...env },
    cwd: '/',
  } as never
  const plan = await planBuild(world, { agent: 'demo', target: 'aws', ...wish })
  return plan.settings.variables.aws_profile
}

const keys = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' }

test.each([
  ['one that is named', { ...keys, AWS_PROFILE: 'theirs' }, { awsProfile: 'mine' }, 'mine'],
  ['the settings’', { ...keys, TMUX_BUILDER_AWS_PROFILE: 'set' }, {}, 'set'],
  ['none, where the environment has credentials of its own', keys, {}, ''],
  ['none, with a web identity', { AWS_WEB_IDENTITY_TOKEN_FILE: '/t' }, {}, ''],
  ['that of AWS_PROFILE', { AWS_PROFILE: 'theirs' }, {}, 'theirs'],
  ['the default one', {}, {}, undefined],
])('a build deploys with %s', async (_, env, flags, profile) => {
  expect(await profileOf(env as never, flags)).toBe(profile)
})
