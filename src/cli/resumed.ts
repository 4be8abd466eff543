const words = {
  running: 'is running',
  nothing: 'has nothing to bring back',
  went_on: 'goes on',
  next_attempt: 'goes on with its next attempt',
  preview: 'is served again',
} as const

/** What `resume` did, a line each. */
export function resumedText(
  resumed: readonly {
    readonly guid: string
    readonly build: number
    readonly did: keyof typeof words
  }[],
): string {
  if (resumed.length === 0) return 'nothing to resume'
  return resumed.map(({ guid, build, did }) => `${guid} build ${build} ${words[did]}`).join('\n')
}
