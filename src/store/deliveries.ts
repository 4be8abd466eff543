import type { Row, Store } from './database.ts'
import { appendEvent } from './events.ts'

/** One prompt on its way into the agent's conversation. */
export interface Delivery {
  /** Of ours, `[0-9a-z-]` only: it stands in tmux commands. */
  readonly id: string
  readonly guid: string
  readonly build: number
  readonly attempt: number
  /** The prompt's type, or `answer`. */
  readonly prompt: string
  /** Relative to the session's folder; `undefined`: the line is all of it. */
  readonly file: string | undefined
  readonly sha256: string
  readonly bytes: number
  /** The one line that goes into the conversation. */
  readonly line: string
  readonly state: 'planned' | 'sent' | 'confirmed'
}

function deliveryOf(row: Row): Delivery {
  return {
    id: String(row.id),
    guid: String(row.guid),
    build: Number(row.build),
    attempt: Number(row.attempt),
    prompt: String(row.prompt),
    file: row.file === null ? undefined : String(row.file),
    sha256: String(row.sha256),
    bytes: Number(row.bytes),
    line: String(row.line),
    state: row.state as Delivery['state'],
  }
}

/** Oldest first: those of one attempt. */
export function listDeliveries(
  store: Store,
  place: { readonly guid: string; readonly build: number; readonly attempt: number },
): Delivery[] {
  return store
    .all(
      'SELECT * FROM deliveries WHERE guid = ? AND build = ? AND attempt = ? ORDER BY rowid',
      place.guid,
      place.build,
      place.attempt,
    )
    .map(deliveryOf)
}

/** The number that the session's next file in prompts/ gets; taken together with what the file is for. */
export function nextPromptNumber(store: Store, guid: string): number {
  const row = store.get('SELECT last_prompt FROM sessions WHERE guid = ?', guid)
  return Number(row?.last_prompt ?? 0) + 1
}

export function takePromptNumber(store: Store, guid: string, number: number): void {
  store.run('UPDATE sessions SET last_prompt = ? WHERE guid = ?', number, guid)
}

export function planDelivery(store: Store, delivery: Omit<Delivery, 'state'>): Delivery {
  store.run(
    `INSERT INTO deliveries (id, guid, build, attempt, prompt, file, sha256, bytes, line, state, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'planned', ?)`,
    delivery.id,
    delivery.guid,
    delivery.build,
    delivery.attempt,
    delivery.prompt,
    delivery.file ?? null,
    delivery.sha256,
    delivery.bytes,
    delivery.line,
    new Date().toISOString(),
  )
  return { ...delivery, state: 'planned' }
}

export function recordSent(store: Store, id: string): void {
  store.run("UPDATE deliveries SET state = 'sent' WHERE id = ? AND state = 'planned'", id)
}

/** What was sent into a pane that is gone, without a proof that it was taken, is to be sent again. */
export function planAgain(store: Store, id: string): void {
  store.run("UPDATE deliveries SET state = 'planned' WHERE id = ? AND state = 'sent'", id)
}

/** Records the proof that the agent took it, once, with its event. */
export function recordConfirmed(store: Store, delivery: Delivery, confirmedBy: string): void {
  store.transact(() => {
    const changed = store.run(
      "UPDATE deliveries SET state = 'confirmed', confirmed_by = ? WHERE id = ? AND state <> 'confirmed'",
      confirmedBy,
      delivery.id,
    )
    if (!changed) return
    store.run('UPDATE sessions SET conversation_used = 1 WHERE guid = ?', delivery.guid)
    appendEvent(store, delivery, 'prompt_delivered', {
      prompt: delivery.prompt,
      file: delivery.file ?? null,
      sha256: delivery.sha256,
      bytes: delivery.bytes,
      confirmed_by: confirmedBy,
    })
  })
}
