import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'

/** What may stand in place of a report, one after another. */
const spoils: readonly ((file: string) => void)[] = [
  (file) => writeFileSync(file, '{"status": "deployed", "deployment_u'),
  (file) => writeFileSync(file, ''),
  (file) => writeFileSync(file, randomBytes(4096)),
  (file) => writeFileSync(file, `{"status":"deployed","message":"${'x'.repeat(2 * 1024 * 1024)}"}`),
  (file) => symlinkSync('/etc/passwd', file),
  () => {},
  (file) => mkdirSync(file),
  // A reader that opens it without care waits for a writer for ever.
  (file) => execFileSync('mkfifo', [file]),
  (file) =>
    writeFileSync(file, '{"status":"deployed","phase":4,"progress":100,"build":999,"attempt":999}'),
  (file) => writeFileSync(file, '["not","an","object"]'),
]

/** Spoils the status file in the next way; a way that this machine does not have leaves it deleted. */
export function spoilStatus(file: string, turn: number): void {
  rmSync(file, { recursive: true, force: true })
  try {
    spoils[turn % spoils.length]?.(file)
  } catch {
    rmSync(file, { recursive: true, force: true })
  }
}
