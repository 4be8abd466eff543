import { type Answer, type AskedQuestion, type Decision, questionKey } from '../domain/questions.ts'
import { appendEvent } from './events.ts'
import type { Row, Store } from './open.ts'

export interface Question extends AskedQuestion {
  readonly key: string
  readonly askedAt: string
  readonly answer: Answer | undefined
  /** The delivery that told the agent of the answer. */
  readonly delivery: string | undefined
}

function questionOf(row: Row): Question {
  return {
    ...(JSON.parse(String(row.asked)) as AskedQuestion),
    key: String(row.key),
    askedAt: String(row.asked_at),
    answer:
      row.answered_at === null
        ? undefined
        : {
            answer: String(row.answer),
            decision: row.decision as Decision,
            by: row.answered_by as Answer['by'],
            answered_at: String(row.answered_at),
          },
    delivery: row.delivery === null ? undefined : String(row.delivery),
  }
}

/** In the order asked. */
export function listQuestions(store: Store, guid: string, build: number): Question[] {
  return store
    .all('SELECT * FROM questions WHERE guid = ? AND build = ? ORDER BY rowid', guid, build)
    .map(questionOf)
}

export function listOpenQuestions(store: Store, guid: string, build: number): Question[] {
  return listQuestions(store, guid, build).filter((question) => question.answer === undefined)
}

/** Records a question once, with its event; `false`: it was known. */
export function recordQuestion(
  store: Store,
  place: { readonly guid: string; readonly build: number; readonly attempt: number },
  question: AskedQuestion,
): boolean {
  return store.transact(() => {
    const changed = store.run(
      'INSERT INTO questions (guid, build, key, asked, asked_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
      place.guid,
      place.build,
      questionKey(question),
      JSON.stringify(question),
      new Date().toISOString(),
    )
    if (changed) appendEvent(store, place, 'question', { question })
    return changed > 0
  })
}

/** Records an answer once, with its event; `false`: somebody had answered before. */
export function recordAnswer(
  store: Store,
  place: { readonly guid: string; readonly build: number; readonly attempt: number },
  question: Question,
  answer: Pick<Answer, 'answer' | 'decision' | 'by'>,
): boolean {
  return store.transact(() => {
    const changed = store.run(
      `UPDATE questions SET answer = ?, decision = ?, answered_by = ?, answered_at = ?
       WHERE guid = ? AND build = ? AND key = ? AND answered_at IS NULL`,
      answer.answer,
      answer.decision,
      answer.by,
      new Date().toISOString(),
      place.guid,
      place.build,
      question.key,
    )
    if (changed) appendEvent(store, place, 'answer', { id: question.id, ...answer })
    return changed > 0
  })
}

export function recordAnswerDelivery(
  store: Store,
  guid: string,
  build: number,
  keys: readonly string[],
  delivery: string,
): void {
  for (const key of keys)
    store.run(
      'UPDATE questions SET delivery = ? WHERE guid = ? AND build = ? AND key = ?',
      delivery,
      guid,
      build,
      key,
    )
}
