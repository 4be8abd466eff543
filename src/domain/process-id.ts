/** Names one process for ever: a pid alone is used again, after a reboot even with the same start time. */
export interface ProcessId {
  readonly pid: number
  /** Clock ticks since boot: field 22 of /proc/<pid>/stat, see proc(5). */
  readonly startTime: number
  readonly bootId: string
}
