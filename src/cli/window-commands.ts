import { type Declare, withApp } from './declare.ts'
import { exitCodes } from './exit-codes.ts'

/** What the windows of a session run, and AWS's tools in the agent's pane; not for people. */
export const declareWindowCommands: Declare = (program, context, act) => {
  const declareWindow = (name: string, run: (guid: string) => Promise<number>) =>
    program.command(name, { hidden: true }).argument('<guid>').action(act(run))

  declareWindow('supervise', async (guid) => {
    const { superviseWindow } = await import('./supervise-window.ts')
    return superviseWindow(context, guid)
  })
  declareWindow('preview', async (guid) => {
    const { preview } = await import('../app/preview.ts')
    await withApp(context, (app) => preview(app, guid))
    return exitCodes.ok
  })
  declareWindow('agent-credentials', async (guid) => {
    const { agentCredentials } = await import('../app/agent-credentials.ts')
    const answer = await withApp(context, (app) => agentCredentials(app, guid))
    context.stdout.write(`${JSON.stringify(answer)}\n`)
    return exitCodes.ok
  })
}
