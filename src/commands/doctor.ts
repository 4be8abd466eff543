import { accessSync, constants, existsSync } from 'node:fs'
import { findMissingProgram } from '../agents/find-program.ts'
import { agentNames, requireProfile } from '../agents/profiles.ts'
import type { Context } from '../context.ts'
import { isFinal } from '../domain/build-state.ts'
import type { Diagnosis, Finding } from '../domain/diagnosis.ts'
import { shellQuote } from '../domain/shell-quote.ts'
import { TmuxBuilderError } from '../errors.ts'
import { programArgv } from '../package-root.ts'
import { isAlive } from '../processes/liveness.ts'
import { listLatestBuilds } from '../store/builds.ts'
import { listSessions } from '../store/sessions.ts'
import { requireTmuxProgram } from '../tmux/server.ts'
import { homePaths } from '../workspace/paths.ts'
import { openHome } from './open.ts'

/** Looks at everything that a build needs; changes nothing. */
export async function doctor(context: Context): Promise<Diagnosis> {
  const findings = [
    { check: 'node', is: 'good', message: `Node ${process.versions.node}`, hint: null } as const,
    await attempt('tmux', 'tmux is new enough', () => requireTmuxProgram(context)),
    await attempt('home', homePaths(context.env, context.cwd).home, async () =>
      requireHome(context),
    ),
    ...(await checkAgents(context)),
    ...findAbandoned(context),
  ]
  return { findings, at_boot: atBoot(context) }
}

async function attempt(check: string, good: string, act: () => Promise<void>): Promise<Finding> {
  try {
    await act()
    return { check, is: 'good', message: good, hint: null }
  } catch (error) {
    if (!(error instanceof TmuxBuilderError)) throw error
    return { check, is: 'bad', message: error.message, hint: error.hint ?? null }
  }
}

function requireHome(context: Context): void {
  const { home, store } = openHome(context, { create: false })
  store.close()
  if (existsSync(home.home)) accessSync(home.home, constants.W_OK)
}

async function checkAgents(context: Context): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const name of agentNames) {
    const profile = await requireProfile(name)
    const missing = findMissingProgram(profile, context.env.PATH ?? '')
    findings.push({
      check: `agent ${name}`,
      is: missing === undefined ? 'good' : 'note',
      message:
        missing === undefined ? 'its program is there' : `its program ${missing} is not installed`,
      hint: missing === undefined ? null : profile.installHint,
    })
  }
  return findings
}

/** Builds that nothing works on: after a reboot, a logout or a lost tmux server. */
function findAbandoned(context: Context): Finding[] {
  const { store } = openHome(context, { create: false })
  const builds = listLatestBuilds(store)
  return listSessions(store).flatMap((session) => {
    const build = builds.get(session.guid)
    if (!build || isFinal(build.state) || isAlive(session.supervisorProcess)) return []
    return [
      {
        check: 'builds',
        is: 'note' as const,
        message: `build ${build.build} of ${session.guid.slice(0, 12)} is ${build.state} and nothing works on it`,
        hint: 'Bring it back: tmux-builder resume --all',
      },
    ]
  })
}

/** Text for the user to install: nothing is installed unasked. */
function atBoot({ env }: Context): Diagnosis['at_boot'] {
  const command = [...programArgv, 'resume', '--all'].map(shellQuote).join(' ')
  const home = env.TMUX_BUILDER_HOME
  if (existsSync('/run/systemd/system'))
    return {
      way: 'systemd',
      install: [
        '# ~/.config/systemd/user/tmux-builder.service; then: systemctl --user enable tmux-builder && loginctl enable-linger',
        '[Unit]',
        'Description=Bring unfinished tmux-builder builds back',
        '[Service]',
        'Type=oneshot',
        'RemainAfterExit=yes',
        'KillMode=none',
        ...(home ? [`Environment=${JSON.stringify(`TMUX_BUILDER_HOME=${home}`)}`] : []),
        `ExecStart=/bin/sh -lc ${JSON.stringify(command)}`,
        '[Install]',
        'WantedBy=default.target',
      ].join('\n'),
    }
  const variable = home ? `TMUX_BUILDER_HOME=${shellQuote(home)} ` : ''
  return { way: 'cron', install: `# crontab -e\n@reboot ${variable}${command}` }
}
