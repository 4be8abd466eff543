import {
  type Answer,
  type AskedQuestion,
  approvedWith,
  type Decision,
  questionKey,
} from '../domain/question.ts'
import type { Row, Store } from './database.ts'
import { appendEvent } from './events.ts'

export interface Question extends AskedQuestion {
  readonly key: string
  /** The attempt that asked it last. */
  readonly attempt: number
  readonly askedAt: string
  readonly answer: Answer | undefined
  /** The line that tells the agent of the answer: under way, or taken. */
  readonly delivery: string | undefined
}

function questionOf(row: Row): Question {
  return {
    ...(JSON.parse(String(row.asked)) as AskedQuestion),
    key: String(row.key),
    attempt: Number(row.attempt),
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

interface Place {
  readonly guid: string
  readonly build: number
  readonly attempt: number
}

/** Those of the build's current attempt that nobody has answered: what an attempt asked that has ended is void. */
export function listOpenQuestions(store: Store, place: Place): Question[] {
  return listQuestions(store, place.guid, place.build).filter(
    (question) => question.attempt === place.attempt && question.answer === undefined,
  )
}

/** Those of the build without what an ended attempt asked in vain: nobody can answer that any more. */
export function listAnswerable(store: Store, place: Place): Question[] {
  return listQuestions(store, place.guid, place.build).filter(
    (question) => question.answer !== undefined || question.attempt === place.attempt,
  )
}

/**
 * Records a question of this attempt, with its event. One that an earlier attempt asked in the same words keeps its
 * answer, which is then told again; the time to answer begins anew.
 */
export function recordQuestion(
  store: Store,
  place: Place,
  question: AskedQuestion,
  key = questionKey(question),
): void {
  store.transact(() => {
    const changed = store.run(
      `INSERT INTO questions (guid, build, key, attempt, asked, asked_at) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (guid, build, key) DO UPDATE SET attempt = excluded.attempt, delivery = NULL,
         asked_at = excluded.asked_at
       WHERE attempt < excluded.attempt`,
      place.guid,
      place.build,
      key,
      place.attempt,
      JSON.stringify(question),
      new Date().toISOString(),
    )
    if (changed) appendEvent(store, place, 'question', { question })
  })
}

/**
 * Records an answer once, with its event, and with an approved amount our own gates that ask for no more. Returns the
 * ids of what is answered by it: none when somebody had answered before, or when the attempt that asked is over.
 */
export function recordAnswer(
  store: Store,
  place: Place,
  question: Question,
  answer: Pick<Answer, 'answer' | 'decision' | 'by'>,
): readonly string[] {
  return store.transact(() => {
    const changed = store.run(
      `UPDATE questions SET answer = ?, decision = ?, answered_by = ?, answered_at = ?
       WHERE guid = ? AND build = ? AND key = ? AND answered_at IS NULL AND EXISTS (
         SELECT 1 FROM builds WHERE builds.guid = questions.guid AND builds.build = questions.build
           AND builds.attempt = questions.attempt AND ended_at IS NULL)`,
      answer.answer,
      answer.decision,
      answer.by,
      new Date().toISOString(),
      place.guid,
      place.build,
      question.key,
    )
    if (!changed) return []
    appendEvent(store, place, 'answer', { id: question.id, ...answer })
    const others =
      answer.decision === 'approve' ? approvedWith(question, listOpenQuestions(store, place)) : []
    return [question.id, ...others.flatMap((one) => recordAnswer(store, place, one, answer))]
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
