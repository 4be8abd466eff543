import type { AttemptKey } from './attempts.ts'
import { column, decode, insertRow, type RecordOf } from './codec.ts'
import type { Reader, Tx } from './database.ts'
import { appendEvent } from './events.ts'

const columns = {
  /** It holds only `[0-9a-z-]`, because it is a part of tmux commands. */
  id: column.text(),
  guid: column.text(),
  build: column.number,
  attempt: column.number,
  /** The prompt's type, or the kind of line that follows it, such as `answer`. */
  prompt: column.text(),
  /** Relative to the session's folder; `undefined` when the line says everything itself. */
  file: column.optional(column.text()),
  sha256: column.text(),
  bytes: column.number,
  /** The one line that goes into the conversation. */
  line: column.text(),
  state: column.text<'planned' | 'sent' | 'confirmed'>(),
}

/** One prompt or line on its way into the agent's conversation. */
export type Delivery = RecordOf<typeof columns>

/** Lists the deliveries of one attempt, oldest first: its prompt, then the lines that follow it. */
export function listDeliveries(reader: Reader, key: AttemptKey): Delivery[] {
  return reader
    .all(
      'SELECT * FROM deliveries WHERE guid = ? AND build = ? AND attempt = ? ORDER BY rowid',
      key.guid,
      key.build,
      key.attempt,
    )
    .map((row) => decode(columns, row))
}

/**
 * Returns the number of the session's next file in prompts/. It is taken in the transaction that needs the file.
 */
export function nextPromptNumber(reader: Reader, guid: string): number {
  const row = reader.get('SELECT last_prompt FROM sessions WHERE guid = ?', guid)
  return Number(row?.last_prompt ?? 0) + 1
}

export function takePromptNumber(tx: Tx, guid: string, number: number): void {
  tx.run('UPDATE sessions SET last_prompt = ? WHERE guid = ?', number, guid)
}

export function planDelivery(tx: Tx, delivery: Omit<Delivery, 'state'>): void {
  const createdAt = new Date().toISOString()
  insertRow(tx, 'deliveries', { ...delivery, state: 'planned', createdAt })
}

export function recordSent(tx: Tx, id: string): void {
  tx.run("UPDATE deliveries SET state = 'sent' WHERE id = ? AND state = 'planned'", id)
}

/** Plans a delivery again that was sent into a pane that is gone, without a proof that it was taken. */
export function planAgain(tx: Tx, id: string): void {
  tx.run("UPDATE deliveries SET state = 'planned' WHERE id = ? AND state = 'sent'", id)
}

/** Records the proof that the agent took the delivery, once, with its event. */
export function recordConfirmed(tx: Tx, delivery: Delivery, confirmedBy: string): void {
  const changed = tx.run(
    "UPDATE deliveries SET state = 'confirmed', confirmed_by = ? WHERE id = ? AND state <> 'confirmed'",
    confirmedBy,
    delivery.id,
  )
  if (!changed) return
  tx.run('UPDATE sessions SET conversation_used = 1 WHERE guid = ?', delivery.guid)
  appendEvent(tx, delivery, 'prompt_delivered', {
    prompt: delivery.prompt,
    file: delivery.file ?? null,
    sha256: delivery.sha256,
    bytes: delivery.bytes,
    confirmed_by: confirmedBy,
  })
}
