import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findInText, findSecrets } from '../../../src/secrets/site-scan.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { alnum, hex, pem } from './secrets.ts'

const code =
  'var e=Object.create,t=Object.defineProperty;function r(e,t){return t.key&&e.token!==n.password?e:t}const u="https://example.com/a?b=c";'

/** In the middle of one long minified line. */
const bundle = (text: string) => `${code.repeat(40)}${text};${code.repeat(40)}`
const scan = (text: string) => findInText(bundle(text)).map(({ what }) => what)

const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const webToken = (claims: object) =>
  `${base64({ alg: 'HS256', typ: 'JWT' })}.${base64(claims)}.${alnum(43)}`
const supabase = (role: string) =>
  webToken({ iss: 'supabase', ref: 'xyzcompany', role, iat: 1641769200, exp: 1957345200 })
const google = `${'AI'}za${alnum(35)}`
const stripe = `${'sk'}_live_${alnum(24)}`
const aws = `${'AK'}IAQYLPMN5HHHFPZAM2`
const mapbox = `eyJ1IjoibWFwYm94IiwiYSI6${alnum(30)}.${alnum(22)}`
const pkcs8 = `${'PRIV'}ATE KEY`
const begin = `-----BEG${`IN ${pkcs8}-----`}`
const end = `-----E${`ND ${pkcs8}-----`}`
const password = 'Sup3rS3cretPass'

describe('what is made to be published passes', () => {
  it.each([
    [
      'Firebase',
      `const s={apiKey:"${google}",authDomain:"a-1.firebaseapp.com",projectId:"a-1",appId:"1:123456789012:web:0a1b2c3d"}`,
    ],
    [
      'Google Maps',
      `l.src="https://maps.googleapis.com/maps/api/js?key=${google}&callback=initMap"`,
    ],
    ['Supabase, anon', `d=f("https://xyzcompany.supabase.co","${supabase('anon')}")`],
    ['Supabase, anon, by name', `d={supabaseUrl:u,accessToken:"${supabase('anon')}"}`],
    [
      'Supabase, publishable',
      `headers:{apikey:"sb_publishable_${alnum(31)}"},apiKey:"sb_publishable_${alnum(31)}"`,
    ],
    ['Mapbox', `a.accessToken="pk.${mapbox}"`],
    ['Mapbox, alone', `f("pk.${mapbox}")`],
    ['Algolia, search', `i={appId:"LATENCY123",searchApiKey:"${hex(32)}"}`],
    ['Algolia, search only', `i={appId:"LATENCY123","searchOnlyAPIKey":"${hex(32)}"}`],
    ['Algolia, from the environment', `{VITE_ALGOLIA_SEARCH_API_KEY:"${hex(32)}"}`],
    ['Sentry', `S({dsn:"https://${hex(32)}@o450123.ingest.sentry.io/4501234"})`],
    ['Sentry in the US', `S({dsn:"https://${hex(32)}@o450123.ingest.us.sentry.io/4501234"})`],
    ['Sentry, older', `S({dsn:"https://${hex(32)}@sentry.io/1234"})`],
    ['AppSync', `{aws_appsync_apiKey:"da2-${alnum(26).toLowerCase()}"}`],
    ['Stripe, publishable', `Stripe("pk_live_${alnum(24)}"),x={apiKey:"pk_live_${alnum(24)}"}`],
    ['a name of keys', `if(e.includes("${begin}"))return f(k,"${pkcs8}")`],
    ['a program that wraps keys', `"${begin}\\n"+encodeBase64Pkcs8(x)+"\\n${end}"`],
    [
      'a program that writes keys, beside a public key',
      `"${begin}\\n"+btoa(x).replace(/.{64}/g,"$&\\n")+"\\n${end}",t="ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=",n="${end}",k={apiKey:"${google}"}`,
    ],
    [
      'users in URLs of documentation',
      'u="postgres://user:password@host/db",v="https://user:pass@host",w="http://username:password@localhost:80"',
    ],
    [
      'hosts of documentation',
      'u="https://jane:Qw3rTy7uIoP9@example.com/x",v="https://jane:Qw3rTy7uIoP9@api.example.org"',
    ],
    ['a user as its own password', 'u="postgres://postgres:postgres@db:5432/app"'],
    [
      'users in expressions',
      'u=`https://${e.user}:${e.password}@${e.host}`,r=new RegExp("^(?:https?://)(?:\\\\S+(?::\\\\S*)?@)?"),n="https://$1:$2@$3"',
    ],
    ['a port before an at sign', 'u="http://localhost:3000?email=me1@b.c"'],
    ['a feature test', 'new URL("http://a:b@c").username'],
  ])('%s', (_, text) => {
    expect(scan(text)).toEqual([])
  })
})

describe('what is secret does not', () => {
  const token = [expect.stringMatching(/^a key or token \(.{4}…\)$/)]
  const inUrl = ['a password in a URL']
  it.each([
    ['Stripe', `new S("${stripe}")`, token],
    ['Stripe under another’s name', `{searchApiKey:"${stripe}"}`, token],
    ['Stripe beside the name of a key', `f(k,"${pkcs8}"),new S("${stripe}")`, token],
    ['AWS beside a beginning of a key', `f("${begin}"),{a:"${aws}"}`, token],
    [
      'AWS beside a key',
      `f("${pem(pkcs8).replaceAll('\n', '\\n')}");{a:"${aws}"}`,
      ['a private key'],
    ],
    ['Supabase, service role', `f("${supabase('service_role')}")`, token],
    ['a web token of someone', `f("${webToken({ sub: '1', admin: true })}")`, token],
    ['Mapbox, secret', `f("sk.${mapbox}")`, token],
    ['Algolia, admin', `{adminApiKey:"${hex(32)}"}`, token],
    ['Algolia, unnamed', `{apiKey:"${hex(32)}"}`, token],
    ['Elasticsearch', `{ELASTICSEARCH_API_KEY:"${hex(32)}"}`, token],
    ['Gemini', `{GEMINI_API_KEY:"${google}"}`, token],
    ['a host that only looks like Sentry’s', `f("https://${hex(32)}@evilsentry.io/1")`, token],
    ['Sentry, older, with its secret', `f("https://${hex(32)}:${hex(31)}0@sentry.io/1")`, inUrl],
    ['a short password in a URL', `f("postgres://user:${password}@host/db")`, inUrl],
    ['a password with signs', 'f("postgres://app:p!x$#9-a@db.internal/app")', inUrl],
    ['a password of letters', 'f("redis://:correcthorse@cache.internal:6379")', inUrl],
    ['a password before an address', `"postgres://app:${password}@db,me@example.com"`, inUrl],
    ['a private key, escaped', `k="${pem(pkcs8).replaceAll('\n', '\\n')}"`, ['a private key']],
    ['a private key in parts', `k="${pem(pkcs8).replaceAll('\n', '\\n"+"')}"`, ['a private key']],
    [
      'the shortest private key',
      `k="${begin}\\nMC4CAQAwBQYDK2VwBCIEI${alnum(43)}\\n${end}"`,
      ['a private key'],
    ],
    ['PuTTY’s', `Private-Lines: 1\n${alnum(64)}`, ['a private key']],
  ])('%s', (_, text, found) => {
    expect(scan(text)).toEqual(found)
  })

  it('takes no part of a private key for another', () => {
    const key = pem(pkcs8, [`MIIE${alnum(60)}`, `${aws}+${alnum(43)}`, alnum(64)])
    expect(findInText(key)).toEqual([{ line: 1, what: 'a private key' }])
  })

  it('tells the line, and one of each', () => {
    expect(findInText(`\n${aws} ${stripe}\n\n${pem(pkcs8)}\n${stripe}`)).toEqual([
      { line: 2, what: 'a key or token (AKIA…)' },
      { line: 4, what: 'a private key' },
      { line: expect.any(Number), what: 'a key or token (sk_l…)' },
    ])
  })
})

describe('files', () => {
  const der = (head: string) => Buffer.concat([Buffer.from(head, 'hex'), Buffer.alloc(600, 7)])
  it.each<[string, string | Buffer, object[]]>([
    ['talk.key', Buffer.from('PK\u0003\u0004\u0000\u0000'), []],
    ['ca.pem', pem('CERTIFICATE'), []],
    ['openpgp.key', pem('PGP PUBLIC KEY BLOCK'), []],
    ['certificate.der', der('308204a230820300'), []],
    ['server.key', pem(pkcs8), [{ line: 1, what: 'a private key' }]],
    [
      'all.pem',
      `${pem('CERTIFICATE')}\n${pem(`RSA ${pkcs8}`)}`,
      [{ line: 11, what: 'a private key' }],
    ],
    ['binary.key', der('308204a202010030'), [{ line: undefined, what: 'a private key' }]],
    ['elliptic.key', der('30770201010420'), [{ line: undefined, what: 'a private key' }]],
    ['a/id_rsa', 'x', [{ line: undefined, what: 'a private key' }]],
    ['a/store.p12', 'x', [{ line: undefined, what: 'a private key' }]],
    ['a/store.jks', 'x', [{ line: undefined, what: 'a private key' }]],
  ])('%s', async (path, content, found) => {
    const folder = temporaryFolder()
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
    const file = { path, bytes: 0, sha256: '', md5: '' }
    expect(await findSecrets(folder, [file])).toEqual(found.map((one) => ({ path, ...one })))
  })
})
