import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { renderCommand } from '../../../src/builds/agent-role.ts'
import { extendVariables, withAwsFiles } from '../../../src/targets/aws/aws-variables.ts'

const keys = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_SESSION_TOKEN: 'c' }
const files = { agentAwsConfig: '/c', agentAwsCredentials: '/d' }

test.each([
  ['what it brings wins, what it lacks stays', { A: '1', B: '1' }, { B: '2' }, { A: '1', B: '2' }],
  ['credentials stay where it has none', keys, { AWS_REGION: 'x' }, { ...keys, AWS_REGION: 'x' }],
  [
    'keys are not mixed with an older token',
    { ...keys, AWS_REGION: 'x' },
    { AWS_ACCESS_KEY_ID: 'd', AWS_SECRET_ACCESS_KEY: 'e' },
    { AWS_REGION: 'x', AWS_ACCESS_KEY_ID: 'd', AWS_SECRET_ACCESS_KEY: 'e' },
  ],
  ['nor with a web identity', { AWS_WEB_IDENTITY_TOKEN_FILE: '/t', AWS_ROLE_ARN: 'r' }, keys, keys],
])('for a build that goes on: %s', (_, before, brought, expected) => {
  expect(extendVariables(before as never, brought as never)).toEqual(expected)
})

test.each([
  ...Object.keys(keys),
  'AWS_PROFILE',
  'AWS_DEFAULT_PROFILE',
  'AWS_ROLE_ARN',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN',
  'AWS_VAULT',
  'AWS_WHATEVER_COMES_NEXT',
])('with a role the agent does not see %s', (name) => {
  expect(withAwsFiles({ [name]: 'x', PATH: '/bin' }, files)).toEqual({
    PATH: '/bin',
    AWS_CONFIG_FILE: '/c',
    AWS_SHARED_CREDENTIALS_FILE: '/d',
    AWS_EC2_METADATA_DISABLED: 'true',
  })
})

test('with a role the agent still sees where and how AWS is called', () => {
  const calls = {
    AWS_REGION: 'r',
    AWS_ENDPOINT_URL: 'u',
    AWS_ENDPOINT_URL_S3: 'u',
    AWS_CA_BUNDLE: '/b',
    AWS_PAGER: '',
  }
  expect(withAwsFiles(calls, files)).toMatchObject(calls)
})

test.each(["/a b/it's", '/a #b', '/a ;b', '/a\t#b', '/"a" $HOME `x` %d \\'])(
  'the command for %s is one that shells split rightly, and no file’s reader takes a part for a comment',
  (path) => {
    const line = renderCommand(['printf', '%s', path])
    expect(line).not.toMatch(/\s[#;]/)
    expect(execFileSync('/bin/sh', ['-c', line], { encoding: 'utf8' })).toBe(path)
  },
)
