import {
  type Answer,
  type AskedQuestion,
  approvedWith,
  type Decision,
  questionKey,
} from '../domain/question.ts'
import type { AttemptKey } from './attempts.ts'
import { column, decode, type RecordOf } from './codec.ts'
import type { Reader, Row, Tx } from './database.ts'
import { appendEvent } from './events.ts'

const columns = {
  key: column.text(),
  /** The attempt that asked the question last. */
  attempt: column.number,
  asked: column.json<AskedQuestion>(),
  askedAt: column.text(),
  /** The line that gives the agent the answer, once that line is planned. */
  delivery: column.optional(column.text()),
  answer: column.optional(column.text()),
  decision: column.text<Decision>(),
  answeredBy: column.text<Answer['by']>(),
  answeredAt: column.text(),
}

export interface Question
  extends AskedQuestion,
    Pick<RecordOf<typeof columns>, 'key' | 'attempt' | 'askedAt' | 'delivery'> {
  readonly answer: Answer | undefined
}

function questionOf(row: Row): Question {
  const { asked, answer, decision, answeredBy, answeredAt, ...question } = decode(columns, row)
  return {
    ...asked,
    ...question,
    answer:
      answer === undefined
        ? undefined
        : { answer, decision, by: answeredBy, answered_at: answeredAt },
  }
}

/** Lists the questions of a build in the order in which they were first asked. */
export function listQuestions(reader: Reader, guid: string, build: number): Question[] {
  return reader
    .all('SELECT * FROM questions WHERE guid = ? AND build = ? ORDER BY rowid', guid, build)
    .map(questionOf)
}

/** Lists the unanswered questions of the current attempt. Those of an attempt that has ended are void. */
export function listOpenQuestions(reader: Reader, key: AttemptKey): Question[] {
  return listQuestions(reader, key.guid, key.build).filter(
    (question) => question.attempt === key.attempt && question.answer === undefined,
  )
}

/**
 * Lists the questions of a build without those that can no longer be answered, because their attempt has ended.
 */
export function listAnswerable(reader: Reader, key: AttemptKey): Question[] {
  return listQuestions(reader, key.guid, key.build).filter(
    (question) => question.answer !== undefined || question.attempt === key.attempt,
  )
}

/**
 * Records a question of this attempt, with its event. A question that an earlier attempt asked in the same words
 * keeps its answer, which the agent is then given again. The time to answer begins anew.
 */
export function recordQuestion(
  tx: Tx,
  attempt: AttemptKey,
  question: AskedQuestion,
  key = questionKey(question),
): void {
  const changed = tx.run(
    `INSERT INTO questions (guid, build, key, attempt, asked, asked_at) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (guid, build, key) DO UPDATE SET attempt = excluded.attempt, delivery = NULL,
       asked_at = excluded.asked_at
     WHERE attempt < excluded.attempt`,
    attempt.guid,
    attempt.build,
    key,
    attempt.attempt,
    JSON.stringify(question),
    new Date().toISOString(),
  )
  if (changed) appendEvent(tx, attempt, 'question', { question })
}

/**
 * Records an answer once, with its event. An approved amount also answers the supervisor's own gates that ask for
 * no more. Returns the ids that were answered: none when the question was answered before or its attempt is over.
 */
export function recordAnswer(
  tx: Tx,
  key: AttemptKey,
  question: Question,
  answer: Pick<Answer, 'answer' | 'decision' | 'by'>,
): readonly string[] {
  const changed = tx.run(
    `UPDATE questions SET answer = ?, decision = ?, answered_by = ?, answered_at = ?
     WHERE guid = ? AND build = ? AND key = ? AND answered_at IS NULL AND EXISTS (
       SELECT 1 FROM builds WHERE builds.guid = questions.guid AND builds.build = questions.build
         AND builds.attempt = questions.attempt AND ended_at IS NULL)`,
    answer.answer,
    answer.decision,
    answer.by,
    new Date().toISOString(),
    key.guid,
    key.build,
    question.key,
  )
  if (!changed) return []
  appendEvent(tx, key, 'answer', { id: question.id, ...answer })
  const others =
    answer.decision === 'approve' ? approvedWith(question, listOpenQuestions(tx, key)) : []
  return [question.id, ...others.flatMap((one) => recordAnswer(tx, key, one, answer))]
}

export function recordAnswerDelivery(
  tx: Tx,
  guid: string,
  build: number,
  keys: readonly string[],
  delivery: string,
): void {
  for (const key of keys)
    tx.run(
      'UPDATE questions SET delivery = ? WHERE guid = ? AND build = ? AND key = ?',
      delivery,
      guid,
      build,
      key,
    )
}
