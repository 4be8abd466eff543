import { describe, expect, it } from 'vitest'
import { endBuilds } from '../support/aws-deployed.ts'
import { accountNow, makeSession, openAwsLab, page, writeSite } from '../support/aws-lab.ts'
import { hasMoto, useMoto, whyNoMoto } from '../support/moto.ts'
import { openOuterTerminal } from '../support/outer-terminal.ts'
import { changeRecords } from '../support/sessions.ts'

describe.skipIf(!hasMoto)(`destroy at a terminal${whyNoMoto}`, () => {
  const moto = useMoto()

  it('shows what it would destroy and asks; only a whole yes does it', async () => {
    const lab = openAwsLab(moto.url)
    const guid = await makeSession(lab)
    expect((await lab.deploy(guid, writeSite(lab, guid, { 'index.html': page('one') }))).code).toBe(
      0,
    )
    endBuilds(lab)
    const terminal = await openOuterTerminal({ ...lab, env: { ...lab.env, ...lab.aws } })
    for (const [keys, exit] of [
      [['n', 'Enter'], 1],
      [['Enter'], 1],
      [['C-d'], 1],
      [['C-c'], 130],
    ] as const) {
      const code = await terminal.run(['destroy', guid])
      expect(await terminal.shows('Type yes:')).toMatch(/stack tmux-builder-.*\n.*distribution/)
      await terminal.type(...keys)
      expect([keys, await code()]).toEqual([keys, exit])
      expect((await accountNow(moto.url)).sites).toHaveLength(1)
    }
    // A build began while the question was open.
    const tooLate = await terminal.run(['destroy', guid])
    await terminal.shows('Type yes:')
    changeRecords(lab, "UPDATE builds SET state = 'deploying', ended_at = NULL")
    await terminal.type('yes', 'Enter')
    expect(await tooLate()).toBe(6)
    expect((await accountNow(moto.url)).sites).toHaveLength(1)
    endBuilds(lab)
    const code = await terminal.run(['destroy', guid])
    await terminal.shows('Type yes:')
    await terminal.type('yes', 'Enter')
    expect(await code()).toBe(0)
    expect((await accountNow(moto.url)).sites).toEqual([])
  })
})
