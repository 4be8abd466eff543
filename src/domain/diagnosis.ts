export interface Finding {
  readonly check: string
  /** `note` is worth knowing; `bad` means that a build cannot start or does not go on. */
  readonly is: 'good' | 'note' | 'bad'
  readonly message: string
  readonly hint: string | null
}

export interface Diagnosis {
  readonly findings: readonly Finding[]
  /** The text to install so that `resume --all` starts at boot, for one of the ways that this machine has. */
  readonly at_boot: { readonly way: 'systemd' | 'cron'; readonly install: string }
}
