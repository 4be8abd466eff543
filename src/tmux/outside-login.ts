import { existsSync } from 'node:fs'
import {
  callTmux,
  type TmuxResult,
  type TmuxServer,
  type TmuxWorld,
  tmuxArgs,
  tmuxEnvironment,
} from './server.ts'

const scopeTimeoutMs = 10_000
const askTimeoutMs = 2_000

/**
 * Makes a call that may start the server. Where systemd ends the processes of a login with it (KillUserProcesses),
 * it would end the server too: there the server is started in a scope of the user's manager, and plainly when that
 * fails.
 */
export async function callTmuxOutsideLogin(
  world: TmuxWorld,
  server: TmuxServer,
  commands: readonly (readonly string[])[],
): Promise<TmuxResult> {
  const runtime = findUserManager(world.env)
  if (runtime !== undefined && (await mayLogoutKill(world))) {
    const args = ['--user', '--scope', '--quiet', '--', 'tmux', ...tmuxArgs(server, commands)]
    const result = await world.run('systemd-run', args, {
      env: { ...tmuxEnvironment(world.env), XDG_RUNTIME_DIR: runtime },
      timeoutMs: scopeTimeoutMs,
    })
    if (result.exitCode === 0)
      return { ok: true, stdout: result.stdout, stderr: result.stderr.trim() }
  }
  return callTmux(world, server, commands)
}

/** Finds the folder in which the user's manager listens; `undefined` when there is none. */
function findUserManager(env: TmuxWorld['env']): string | undefined {
  return [env.XDG_RUNTIME_DIR, `/run/user/${process.getuid?.()}`].find(
    (folder) => folder && existsSync(`${folder}/systemd/private`),
  )
}

/**
 * Whether the end of a login may end the server; only a clear answer counts as no. Then a plain server lives
 * longer: without lingering the user's manager ends with the last login, and its scopes with it.
 */
async function mayLogoutKill(world: TmuxWorld): Promise<boolean> {
  const logind = ['org.freedesktop.login1', '/org/freedesktop/login1']
  const args = ['get-property', ...logind, 'org.freedesktop.login1.Manager', 'KillUserProcesses']
  const result = await world.run('busctl', args, {
    env: tmuxEnvironment(world.env),
    timeoutMs: askTimeoutMs,
  })
  return result.stdout.trim() !== 'b false'
}
