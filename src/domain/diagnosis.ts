export interface Finding {
  readonly check: string
  /** `note`: worth knowing; `bad`: a build cannot start, or does not go on. */
  readonly is: 'good' | 'note' | 'bad'
  readonly message: string
  readonly hint: string | null
}

export interface Diagnosis {
  readonly findings: readonly Finding[]
  /** What starts `resume --all` at boot: text to install, where one of the ways is there. */
  readonly at_boot: { readonly way: 'systemd' | 'cron'; readonly install: string }
}
