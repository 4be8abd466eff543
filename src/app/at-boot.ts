import { shellQuote } from '../world/shell-quote.ts'

/** What is to be run at boot: argv, and what it must find in its environment. */
export interface BootCommand {
  readonly argv: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

/**
 * A systemd user unit. `KillMode=process`: the tmux server that it may have started is not ended with it. By `env`,
 * because the program's own name is read by other rules than its arguments.
 */
export function renderUserUnit({ argv, environment }: BootCommand): string {
  return [
    '# Save it as ~/.config/systemd/user/tmux-builder.service, then run:',
    '#   systemctl --user enable tmux-builder.service && loginctl enable-linger',
    '[Unit]',
    'Description=Bring unfinished tmux-builder builds back',
    '',
    '[Service]',
    'Type=oneshot',
    'RemainAfterExit=yes',
    'KillMode=process',
    ...Object.entries(environment).map(
      ([name, value]) => `Environment=${unitQuote(`${name}=${value}`)}`,
    ),
    `ExecStart=/usr/bin/env ${argv.map((word) => unitQuote(word).replaceAll('$', '$$$$')).join(' ')}`,
    '',
    '[Install]',
    'WantedBy=default.target',
  ].join('\n')
}

/** One word of a unit file (systemd.syntax(7), systemd.unit(5) for `%`), whatever it holds. */
const unitQuote = (text: string) =>
  `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%')}"`

/** A line for crontab(5), where `%` ends the command. It carries the environment: cron's own PATH is short. */
export function renderCronLine({ argv, environment }: BootCommand): string {
  const words = [
    ...Object.entries(environment).map(([name, value]) => `${name}=${shellQuote(value)}`),
    ...argv.map(shellQuote),
  ]
  return `@reboot ${words.join(' ').replaceAll('%', '\\%')}`
}
