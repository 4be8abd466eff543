import type { Declare } from './declare.ts'

/** What the windows of a session run, and AWS's tools in the agent's; not for people. */
export const declareWindowCommands: Declare = (program, context, act) => {
  for (const [name, load] of [
    ['supervise', async () => (await import('../app/run-supervisor.ts')).superviseCommand],
    [
      'agent-credentials',
      async () => (await import('../app/agent-credentials.ts')).agentCredentials,
    ],
    ['preview', async () => (await import('../app/preview.ts')).preview],
  ] as const)
    program
      .command(name, { hidden: true })
      .argument('<guid>')
      .action(act(async (guid: string) => (await load())(context, guid)))
}
