/** A session on AWS that has been released more than once. */
import { expect } from 'vitest'
import { guidOf } from '../../src/domain/identity.ts'
import { openEdge } from './aws-edge.ts'
import { hostOf, identityOf, makeSession, openAwsLab, page, writeSite } from './aws-lab.ts'
import { changeRecords } from './sessions.ts'

/** Two releases, both verified, of a build that has ended; programs reach AWS at `url`. */
export async function openReleases(moto: string, url = moto) {
  const edge = await openEdge(moto)
  const host = hostOf(guidOf(identityOf(1)))
  const lab = openAwsLab(url, { NODE_EXTRA_CA_CERTS: edge.ca })
  const guid = await makeSession(lab, 1, {
    connectTo: [edge.connectTo(host)],
    verifyTimeoutMs: 5_000,
  })
  const deploy = (text: string) =>
    lab.deploy(guid, writeSite(lab, guid, { 'index.html': page(text), 'app.js': '1' }))
  await deploy('one')
  expect((await edge.visit(host, '/any/path')).text).toBe(page('one'))
  await deploy('two')
  changeRecords(lab, "UPDATE builds SET state = 'deployed', ended_at = '2026-01-01T00:00:00Z'")
  changeRecords(lab, 'UPDATE releases SET verified = 1')
  const start = async () => (await edge.visit(host, '/')).text
  const run = (...args: string[]) => lab.run(args, { env: lab.aws })
  const releases = async () => {
    const { releases: all } = await lab.json<{ releases: Record<string, unknown>[] }>([
      'releases',
      guid,
    ])
    return all.map(({ release, live, verified }) => ({ release, live, verified }))
  }
  return { edge, host, lab, guid, deploy, start, run, releases }
}
