/**
 * Identifies one process for ever: a pid alone is used again, and after a reboot even with the same start time.
 */
export interface ProcessId {
  readonly pid: number
  /** The start in clock ticks since boot, which is field 22 of /proc/<pid>/stat (see proc(5)). */
  readonly startTime: number
  readonly bootId: string
}
