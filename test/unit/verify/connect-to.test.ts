import { describe, expect, test } from 'vitest'
import { parseConnectTo } from '../../../src/verify/verify.ts'

describe('parseConnectTo', () => {
  test.each([
    ['app.example.com:443:127.0.0.1:8443', 'app.example.com', 443, '127.0.0.1', 8443],
    ['App.Example.COM:443:[::1]:8443', 'app.example.com', 443, '::1', 8443],
    ['bücher.example:443:localhost:1', 'xn--bcher-kva.example', 443, 'localhost', 1],
    ['[2600:9000::1]:443:10.0.0.1:65535', '2600:9000::1', 443, '10.0.0.1', 65_535],
  ])('%s', (text, host, port, address, toPort) => {
    expect(parseConnectTo(text)).toEqual({ host, port, address, toPort })
  })

  test.each([
    '',
    'app.example.com',
    'app.example.com:443:127.0.0.1',
    'app.example.com:443:127.0.0.1:',
    ':443:127.0.0.1:8443',
    'app.example.com::127.0.0.1:8443',
    'app.example.com:443::8443',
    'app.example.com:443:::1:8443',
    'app.example.com:0:127.0.0.1:8443',
    'app.example.com:443:127.0.0.1:65536',
    'app.example.com:443:127.0.0.1:8443:9',
    'app.example.com:443:127.0.0.1:-1',
    'app.example.com:https:127.0.0.1:8443',
    'app.example.com/x:443:127.0.0.1:8443',
    'a@b.example:443:127.0.0.1:8443',
    'a b:443:127.0.0.1:8443',
    'app.example.com:443:[::g]:8443',
    'app.example.com:443:127.0.0.1:8443\n',
  ])('refuses %j', (text) => {
    expect(() => parseConnectTo(text)).toThrow(expect.objectContaining({ reason: 'usage' }))
  })
})
