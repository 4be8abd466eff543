import { maxReportBytes, parseReport, type Report } from '../domain/report.ts'
import { readAgentFile } from './files.ts'

/** What an agent's file says now; it may be half-written, so `invalid` deserves a second look. */
export type AgentFile<Content> =
  | { readonly kind: 'absent' }
  | { readonly kind: 'invalid'; readonly problem: string }
  | { readonly kind: 'valid'; readonly content: Content }

export async function readReport(file: string): Promise<AgentFile<Report>> {
  const read = await readAgentFile(file, maxReportBytes)
  if (read.kind === 'absent') return read
  if (read.kind === 'unreadable') return { kind: 'invalid', problem: read.problem }
  const parsed = parseReport(read.text)
  return parsed.ok
    ? { kind: 'valid', content: parsed.report }
    : { kind: 'invalid', problem: parsed.problem }
}
