import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  balancer,
  cdn,
  domain,
  type Internet,
  openInternet,
  publicAddress,
  sendPage,
} from './internet.ts'

let internet: Internet
beforeAll(async () => {
  internet = await openInternet()
})
afterAll(() => internet.close())
beforeEach(() => internet.reset())

const expectRuleBroken = (outcome: unknown) =>
  expect(outcome).toMatchObject({ verified: false, tries: 1, evidence: { kind: 'rule' } })

describe('addresses outside the rules are refused before anything is asked', () => {
  test.each([
    // Schemes and other texts.
    '',
    'live at last',
    cdn,
    `//${cdn}/`,
    `http://${cdn}/`,
    `http://${domain}/`,
    `ftp://${cdn}/`,
    'file:///etc/passwd',
    'javascript:alert(1)',
    'data:text/html,<h1>Todo</h1>',
    `ws://${balancer}/`,
    `https:${cdn}`,
    `https:/${cdn}/`,
    // User information and ports.
    `https://user@${cdn}/`,
    `https://user:secret@${cdn}/`,
    `https://@${cdn}/`,
    `https://${cdn}@attacker.example/`,
    `https://${cdn}:8443/`,
    `https://${cdn}:80/`,
    `http://${balancer}:443/`,
    `http://${balancer}:8080/`,
    `https://${domain}:444/`,
    // Hosts that look like ours.
    'https://cloudfront.net/',
    'https://elb.amazonaws.com/',
    'https://.cloudfront.net/',
    'https://a..cloudfront.net/',
    'https://-.cloudfront.net/',
    `https://${cdn}./`,
    `https://${cdn}.attacker.example/`,
    'https://evilcloudfront.net/',
    'https://cloudfront.net.attacker.example/',
    'https://attacker.example/.cloudfront.net',
    'https://attacker.example/?x=.cloudfront.net',
    'https://attacker.example#.cloudfront.net',
    `https://attacker.example\\@${cdn}/`,
    `https://attacker.example\\.${cdn}/`,
    `https://${cdn}\n.attacker.example/`,
    `https://${cdn}\t/`,
    `https://attacker.example%2f.cloudfront.net/`,
    'https://a.cloudfront.net%00.attacker.example/',
    'https://a.cloudfrоnt.net/', // a Cyrillic o
    'https://a.cloud\u200bfront.net/',
    'https://my-bucket.s3.amazonaws.com/index.html',
    'https://todo.s3-website-us-east-1.amazonaws.com/',
    'https://abc.execute-api.us-east-1.amazonaws.com/',
    'https://x.elb.amazonaws.com.cn/',
    // The configured domain, exactly.
    `https://www.${domain}/`,
    'https://example.org/',
    `https://x${domain}/`,
    `https://${domain}.attacker.example/`,
    `https://${domain}./`,
    // Addresses instead of names.
    'https://127.0.0.1/',
    'https://localhost/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0x7f.1/',
    'https://0177.0.0.1/',
    'https://127.1/',
    'https://0/',
    'https://169.254.169.254/latest/meta-data/',
    'http://169.254.169.254/latest/meta-data/',
    `https://${publicAddress}/`,
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:5db8:d822]/',
    'https://[fd00:ec2::254]/',
    'https://[2600:9000::1]/',
    'https://①②⑦.0.0.1/',
    `https://${cdn}/${'x'.repeat(3_000)}`,
  ])('%j', async (url) => {
    expectRuleBroken(await internet.verify(url))
    expect(internet.reached.attempts).toEqual([])
  })
})

describe('names that lead to anything but public addresses are refused unasked', () => {
  test.each([
    [['127.0.0.1']],
    [['10.1.2.3']],
    [['192.168.0.10']],
    [['172.20.0.1']],
    [['169.254.169.254']],
    [['100.64.1.1']],
    [['0.0.0.0']],
    [['::1']],
    [['::ffff:127.0.0.1']],
    [['::ffff:a9fe:a9fe']],
    [['64:ff9b::a9fe:a9fe']],
    [['2002:7f00:1::']],
    [['fd00:ec2::254']],
    [['fe80::1%eth0']],
    [['224.0.0.1']],
    [['not an address']],
    [[publicAddress, '127.0.0.1']],
    [['127.0.0.1', publicAddress]],
    [[publicAddress, '2600:9000::1', 'fc00::1']],
  ])('%j', async (addresses) => {
    for (const host of [cdn, balancer, domain])
      expectRuleBroken(
        await internet.verify(`https://${host}/`, { resolve: async () => addresses }),
      )
    expect(internet.reached.attempts).toEqual([])
  })

  test.each(['127.0.0.1', '169.254.169.254', '[::1]', 'localhost'])(
    '%s, even when it is a configured domain',
    async (host) => {
      const target = { kind: 'aws', domains: [host] } as const
      const resolve = async () => ['127.0.0.1']
      expectRuleBroken(await internet.verify(`https://${host}/`, { target, resolve }))
      expect(internet.reached.attempts).toEqual([])
    },
  )
})

test('a resolver that changes its mind after the check reaches nothing private', async () => {
  const answers = [[publicAddress], ['127.0.0.1']]
  const resolve = async () => answers.shift() ?? ['127.0.0.1']
  expect(await internet.verify(`https://${cdn}/`, { resolve })).toMatchObject({ verified: true })
  // Asked once for one connection, which went where the check had looked.
  expect(answers).toEqual([['127.0.0.1']])
  expect(internet.reached).toEqual({ forbidden: 0, attempts: [`${publicAddress}:443`] })
})

test('a resolver that changes its mind between two tries breaks the rule', async () => {
  const answers = [[publicAddress], ['127.0.0.1']]
  internet.state.answer = sendPage('', 'text/html', 503)
  const outcome = await internet.verify(`https://${cdn}/`, {
    timeoutMs: 60_000,
    resolve: async () => answers.shift() ?? [publicAddress],
  })
  expect(outcome).toMatchObject({ verified: false, tries: 2, evidence: { kind: 'rule' } })
  expect(internet.reached).toEqual({ forbidden: 0, attempts: [`${publicAddress}:443`] })
})

describe('addresses within the rules are accepted', () => {
  test.each([
    [`https://${cdn}`, `https://${cdn}/`],
    [`https://${cdn}/`, `https://${cdn}/`],
    [`https://${cdn}:443/`, `https://${cdn}/`],
    [`HTTPS://${cdn.toUpperCase()}/App`, `https://${cdn}/App`],
    [`https://${cdn}/index.html?x=1#top`, `https://${cdn}/index.html?x=1#top`],
    [`https://${cdn}/@user/x@y`, `https://${cdn}/@user/x@y`],
    [`https://${balancer}/`, `https://${balancer}/`],
    [`https://${domain}/`, `https://${domain}/`],
    [`https://TODO.example.org/`, `https://${domain}/`],
  ])('%s', async (claimed, url) => {
    expect(await internet.verify(claimed)).toEqual({ verified: true, url, warnings: [] })
    expect(internet.reached.forbidden).toBe(0)
  })

  test.each([`http://${balancer}/`, `http://${balancer}:80/`])(
    '%s, with a warning',
    async (url) => {
      expect(await internet.verify(url)).toEqual({
        verified: true,
        url: `http://${balancer}/`,
        warnings: [expect.stringContaining('plain http')],
      })
    },
  )

  test('a domain is compared as a URL writes it', async () => {
    for (const each of ['TODO.Example.org', ` ${domain}.`, domain]) {
      const target = { kind: 'aws', domains: ['https://x/', '', each] } as const
      expect(await internet.verify(`https://${domain}/`, { target })).toMatchObject({
        verified: true,
      })
    }
  })

  test('a public address that is a configured domain', async () => {
    const target = { kind: 'aws', domains: [publicAddress] } as const
    expect(await internet.verify(`https://${publicAddress}/`, { target })).toMatchObject({
      verified: true,
    })
  })
})
