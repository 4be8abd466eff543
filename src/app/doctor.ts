import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { findMissingProgram } from '../agents/launch.ts'
import { agentNames, requireProfile } from '../agents/profiles.ts'
import { isFinal } from '../domain/build-state.ts'
import type { Diagnosis, Finding } from '../domain/diagnosis.ts'
import { shortGuid } from '../domain/identity.ts'
import { notReady } from '../errors.ts'
import { homePaths } from '../session/paths.ts'
import { isAlive } from '../session/processes.ts'
import { listLatestBuilds } from '../store/builds.ts'
import { listSessions } from '../store/sessions.ts'
import { requireTmuxProgram } from '../tmux/server.ts'
import { programArgv } from '../world/package-root.ts'
import type { World } from '../world/world.ts'
import { renderCronLine, renderUserUnit } from './at-boot.ts'
import { explainError } from './explain-error.ts'
import { openApp } from './open-app.ts'
import { buildOptions } from './options.ts'
import { readSources, resolveOptions } from './resolve-options.ts'

/** Checks everything that a build needs, and changes nothing. */
export async function doctor(world: World): Promise<Diagnosis> {
  const { home } = homePaths(world.env, world.cwd)
  const findings = [
    good('node', `Node ${process.versions.node}`),
    ...(await look('tmux', async () => {
      await requireTmuxProgram(world)
      return [good('tmux', 'tmux is installed and new enough')]
    })),
    ...(await look('home', async () => {
      requireWritable(home)
      return [good('home', home), ...(await findAbandoned(world))]
    })),
    ...(await look('agents', () => checkAgents(world))),
  ]
  return { findings, at_boot: atBoot(world, home) }
}

const good = (check: string, message: string): Finding => ({
  check,
  is: 'good',
  message,
  hint: null,
})

/** Turns an error in a check into that check's finding. */
async function look(check: string, act: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await act()
  } catch (error) {
    const explained = explainError(error)
    if (!explained) throw error
    return [{ check, is: 'bad', message: explained.message, hint: explained.hint ?? null }]
  }
}

/** Checks the home, or the nearest folder above it that exists. */
function requireWritable(home: string): void {
  let folder = home
  while (!existsSync(folder)) folder = dirname(folder)
  if (!statSync(folder).isDirectory())
    throw notReady(`${folder} is not a folder.`, 'Move it away, or set TMUX_BUILDER_HOME')
  accessSync(folder, constants.W_OK | constants.X_OK)
}

async function checkAgents(world: World): Promise<Finding[]> {
  const table = { agent: buildOptions.agent }
  const used = resolveOptions(table, await readSources(world)).agent
  await requireProfile(used)
  const findings: Finding[] = []
  for (const name of agentNames) {
    const profile = await requireProfile(name)
    const missing = findMissingProgram(profile, world.env.PATH ?? '')
    findings.push(
      missing === undefined
        ? good(`agent ${name}`, 'its program is installed')
        : {
            check: `agent ${name}`,
            // Only the default agent has to be installed.
            is: name === used ? 'bad' : 'note',
            message: `its program ${missing} is not installed`,
            hint: profile.installHint,
          },
    )
  }
  return findings
}

/** Finds unfinished builds without a supervisor, as a reboot, a logout or a lost tmux server leaves them. */
async function findAbandoned(world: World): Promise<Finding[]> {
  const app = await openApp(world, { create: false })
  const { store } = app
  const builds = listLatestBuilds(store)
  const findings = listSessions(store).flatMap((session): Finding[] => {
    const build = builds.get(session.guid)
    if (!build || isFinal(build.state) || isAlive(session.supervisorProcess)) return []
    return [
      {
        check: 'builds',
        is: 'bad',
        message: `build ${build.build} of ${shortGuid(session.guid)} is ${build.state} and has no supervisor`,
        hint: 'Resume it with: tmux-builder resume --all',
      },
    ]
  })
  app.close()
  return findings
}

/** At boot these are needed to find tmux, the home and the agent. The agent's keys are stored with the build. */
const carriedNames = ['PATH', 'TMUX_TMPDIR', 'XDG_CONFIG_HOME']

/** Writes what resumes builds at boot. It is only shown: the user decides whether to install it. */
function atBoot({ env }: World, home: string): Diagnosis['at_boot'] {
  const command = {
    argv: [...programArgv, 'resume', '--all'],
    environment: {
      ...Object.fromEntries(carriedNames.flatMap((name) => (env[name] ? [[name, env[name]]] : []))),
      TMUX_BUILDER_HOME: home,
    },
  }
  return existsSync('/run/systemd/system')
    ? { way: 'systemd', install: renderUserUnit(command) }
    : { way: 'cron', install: `# Add it with: crontab -e\n${renderCronLine(command)}` }
}
