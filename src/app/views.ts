import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findWaiting } from '../builds/waiting.ts'
import { type BuildState, isFinal } from '../domain/build-state.ts'
import type { SessionSummary, SessionView } from '../domain/session-view.ts'
import { maxSessionAgeMs } from '../session/health.ts'
import { isAlive } from '../session/processes.ts'
import { requireSession, type Scope } from '../session/scope.ts'
import { findWriteProblem } from '../session/write-files.ts'
import { type Build, findLatestBuild, listLatestBuilds } from '../store/builds.ts'
import { listOpenQuestions } from '../store/questions.ts'
import { listSessions, type Session } from '../store/sessions.ts'
import { findPreview } from '../targets/local/preview-address.ts'
import { sessionName } from '../tmux/windows.ts'
import { type App, requireScope } from './open-app.ts'

/** Builds what `status --json` shows, from the records and from a look at what is alive now. */
function sessionView(scope: Scope, build: Build | undefined, showIdentity: boolean): SessionView {
  const session = requireSession(scope)
  return {
    ...sessionSummary(session, build, showIdentity),
    request: build ? readRequestText(scope, build) : null,
    report: build?.report ?? null,
    questions:
      build && build.endedAt === undefined
        ? listOpenQuestions(scope.store, build).map((question) => ({
            id: question.id,
            question: question.question,
            reason: question.reason,
            options: question.options,
            default: question.default ?? null,
            cost_estimate_monthly: question.cost_estimate_monthly ?? null,
            asked_at: question.askedAt,
          }))
        : [],
    usage: build ? { tokens: build.tokens, dollars: build.dollars } : null,
    waiting: build ? findReasonToWait(scope, build) : null,
    proof: build?.proof ?? null,
    warnings: build?.warnings ?? [],
    expires_at: expiryOf(session),
    destroy_at: session.destroyAt ?? null,
    tmux: {
      socket: session.tmuxSocket ?? null,
      session: session.tmuxCreatedAt === undefined ? null : sessionName(scope.guid),
    },
    folder: scope.paths.folder,
    workspace: scope.paths.workspace,
  }
}

/** The recorded reason, unless the home cannot be written: then the reason could not be recorded. */
function findReasonToWait(scope: Scope, build: Build): string | null {
  if (isFinal(build.state)) return null
  return findWriteProblem(scope.home.home) ?? findWaiting(scope.store, build) ?? null
}

/** Builds the shorter form that `list --json` shows. */
function sessionSummary(
  session: Session,
  build: Build | undefined,
  showIdentity: boolean,
): SessionSummary {
  const { identity } = session
  return {
    guid: session.guid,
    project: identity.project ?? null,
    ...(showIdentity ? { email: identity.email, phone: identity.phone } : {}),
    build: build?.build ?? null,
    attempt: build?.attempt ?? null,
    state: build?.state ?? 'pending',
    reason: build?.reason ?? null,
    phase: build?.phase ?? 0,
    progress: build?.progress ?? 0,
    message: build?.message ?? '',
    url: build?.url ?? null,
    verified: build?.verified ?? false,
    agent: build?.agent ?? null,
    target: build?.target ?? null,
    alive: {
      agent: isAlive(session.agentProcess),
      supervisor: isAlive(session.supervisorProcess),
      preview: findPreview(session) !== undefined,
    },
    archived: session.archivedAt !== undefined,
    created_at: session.createdAt,
    updated_at: latest(session.updatedAt, build?.updatedAt),
  }
}

const latest = (a: string, b: string | undefined) => (b !== undefined && b > a ? b : a)

/** A session expires 5 days after its tmux session was created. */
function expiryOf(session: Session): string | null {
  return session.tmuxCreatedAt === undefined
    ? null
    : new Date(Date.parse(session.tmuxCreatedAt) + maxSessionAgeMs).toISOString()
}

function readRequestText(scope: Scope, build: Build): string | null {
  try {
    return readFileSync(join(scope.paths.folder, build.requestFile), 'utf8')
  } catch {
    return null
  }
}

export interface StatusInput {
  readonly guid: string
  /** Whether e-mail and phone are part of the view. */
  readonly showIdentity?: boolean | undefined
}

/** Returns the session as it is now. It starts nothing. */
export function status(app: App, { guid, showIdentity = false }: StatusInput): SessionView {
  const scope = requireScope(app, guid)
  return sessionView(scope, findLatestBuild(scope.store, scope.guid), showIdentity)
}

export interface ListInput {
  readonly state?: BuildState | undefined
  /** Whether archived sessions are listed too. */
  readonly all?: boolean | undefined
  readonly showIdentity?: boolean | undefined
}

export interface Listed {
  readonly sessions: readonly SessionSummary[]
  /** How many sessions the input left out. */
  readonly others: number
}

/** Lists sessions, the latest change first. */
export function list(app: App, input: ListInput): Listed {
  const { store } = app
  const builds = listLatestBuilds(store)
  const all = listSessions(store)
  const sessions = all
    .filter((session) => input.all || session.archivedAt === undefined)
    .map((session) =>
      sessionSummary(session, builds.get(session.guid), input.showIdentity === true),
    )
    .filter((session) => input.state === undefined || session.state === input.state)
  return { sessions, others: all.length - sessions.length }
}
