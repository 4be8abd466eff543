import { shellQuote } from '../world/shell-quote.ts'
import type { Variables } from '../world/world.ts'

/** The command to run at boot, with the environment that it needs. */
export interface BootCommand {
  readonly argv: readonly string[]
  readonly environment: Variables
}

/**
 * Writes a systemd user unit. `KillMode=process` spares the tmux server that the command may have started. The
 * program is run by `env`, because systemd reads a program's own name by other rules than its arguments.
 */
export function renderUserUnit({ argv, environment }: BootCommand): string {
  return [
    '# Save it as ~/.config/systemd/user/tmux-builder.service, then run:',
    '#   systemctl --user enable tmux-builder.service && loginctl enable-linger',
    '[Unit]',
    'Description=Resume unfinished tmux-builder builds',
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

/** Quotes any text as one word of a unit file, as systemd.syntax(7) and, for `%`, systemd.unit(5) ask. */
const unitQuote = (text: string) =>
  `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%')}"`

/** Writes a crontab(5) line, where `%` ends the command. It sets the environment: cron's PATH is short. */
export function renderCronLine({ argv, environment }: BootCommand): string {
  const words = [
    ...Object.entries(environment).map(([name, value]) => `${name}=${shellQuote(value)}`),
    ...argv.map(shellQuote),
  ]
  return `@reboot ${words.join(' ').replaceAll('%', '\\%')}`
}
