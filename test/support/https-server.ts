import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Certificate {
  readonly key: string
  readonly cert: string
}

/** A certificate authority of the test's own; `file` is what NODE_EXTRA_CA_CERTS takes. */
export interface Authority {
  readonly file: string
  readonly cert: string
  /** For names such as `DNS:*.cloudfront.net` and `IP:127.0.0.1`; a negative number of days makes an expired one. */
  issue(names: readonly string[], days?: number): Certificate
}

/** Made with the `openssl` program, in a new folder below TMPDIR. */
export function makeAuthority(): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'authority-'))
  const at = (name: string) => join(folder, name)
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' })
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl(
    ...['req', '-x509', ...curve, '-keyout', at('ca.key'), '-out', at('ca.pem')],
    ...['-days', '2', '-subj', '/CN=tmux-builder test authority'],
    ...['-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
  )
  let serial = 0
  return {
    file: at('ca.pem'),
    cert: readFileSync(at('ca.pem'), 'utf8'),
    issue(names, days = 2) {
      const name = `leaf${++serial}`
      openssl(
        ...['req', ...curve, '-keyout', at(`${name}.key`), '-out', at(`${name}.csr`)],
        ...['-subj', '/CN=test'],
      )
      writeFileSync(at(`${name}.ext`), `subjectAltName=${names.join(',')}\n`)
      openssl(
        ...['x509', '-req', '-in', at(`${name}.csr`), '-out', at(`${name}.pem`)],
        ...['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-set_serial', String(serial + 1)],
        ...['-days', String(days), '-extfile', at(`${name}.ext`)],
      )
      return {
        key: readFileSync(at(`${name}.key`), 'utf8'),
        cert: readFileSync(at(`${name}.pem`), 'utf8'),
      }
    },
  }
}
