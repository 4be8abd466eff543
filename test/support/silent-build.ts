/** A build whose agent is silent, so that a test plays its part: reports, questions, a built site. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { registerArgs, rowsOf, waitForState } from './builds.ts'
import { type CliLab, guid, waitFor } from './cli-lab.ts'

export interface OpenQuestion {
  readonly id: string
  readonly question: string
  readonly reason: string
  readonly cost_estimate_monthly: number | null
}

export interface SilentBuild {
  /** Writes status.json and waits until the report is recorded. */
  report(report: Readonly<Record<string, unknown>>): Promise<void>
  /** Writes clarifications.json. */
  ask(...questions: Readonly<Record<string, unknown>>[]): void
  /** Writes any file of the workspace, as agents are told to: aside, then renamed. */
  write(name: string, text: string): void
  /** Builds a site and returns its folder. */
  buildSite(name: string): string
  open(): Promise<readonly OpenQuestion[]>
}

/** Starts a build with these further options and waits until its agent has fallen silent. */
export async function openSilentBuild(lab: CliLab, ...more: string[]): Promise<SilentBuild> {
  const started = await lab.run(registerArgs({ scenario: 'hang' }, '--detach', ...more))
  if (started.code !== 0) throw new Error(started.stderr)
  await waitForState(lab, 'implementing')
  const workspace = join(lab.folderOf(guid), 'workspace')
  const write = (name: string, text: string) => {
    writeFileSync(join(workspace, `${name}.new`), text)
    renameSync(join(workspace, `${name}.new`), join(workspace, name))
  }
  let number = 0
  return {
    write,
    report: async (report) => {
      const message = `report ${++number}`
      const whole = { status: 'implementing', phase: 2, progress: 40, message, ...report }
      write('status.json', JSON.stringify(whole))
      const wanted = String(whole.message)
      await waitFor(`the record of ${wanted}`, () =>
        rowsOf(lab, 'SELECT message FROM builds WHERE guid = ? AND message = ?', guid, wanted).at(
          0,
        ),
      )
    },
    ask: (...questions) => write('clarifications.json', JSON.stringify({ questions })),
    buildSite: (name) => {
      const site = join(workspace, 'code', name)
      mkdirSync(site, { recursive: true })
      writeFileSync(
        join(site, 'index.html'),
        `<!doctype html><title>${name}</title><h1>${name}</h1>`,
      )
      return site
    },
    open: async () => (await lab.json<{ questions: OpenQuestion[] }>(['status', guid])).questions,
  }
}
