/**
 * The tables of the first version. Times are ISO 8601 UTC texts, JSON is text, and flags are 0 or 1. A process is
 * JSON `{pid, startTime, bootId}` (see domain/process-id.ts).
 */
const firstSchema = `
CREATE TABLE sessions (
  guid TEXT PRIMARY KEY,
  email TEXT NOT NULL,
  phone TEXT NOT NULL,
  project TEXT,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  archived_at TEXT,
  last_seq INTEGER NOT NULL DEFAULT 0,
  last_build INTEGER NOT NULL DEFAULT 0,
  last_prompt INTEGER NOT NULL DEFAULT 0,
  last_release INTEGER NOT NULL DEFAULT 0,
  tmux_socket TEXT,
  tmux_created_at TEXT,
  agent TEXT,
  conversation TEXT,
  conversation_used INTEGER NOT NULL DEFAULT 0,
  agent_process TEXT,
  supervisor_process TEXT,
  preview_process TEXT,
  preview_port INTEGER,
  live_release INTEGER,
  usage_seen TEXT
) STRICT;

CREATE TABLE builds (
  guid TEXT NOT NULL REFERENCES sessions,
  build INTEGER NOT NULL,
  command TEXT NOT NULL CHECK (command IN ('register', 'refine')),
  request_hash TEXT NOT NULL,
  request_file TEXT NOT NULL,
  agent TEXT NOT NULL,
  agent_options TEXT NOT NULL,
  target TEXT NOT NULL,
  settings TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'pending',
  reason TEXT,
  exit_code INTEGER,
  attempt INTEGER NOT NULL DEFAULT 0,
  phase INTEGER NOT NULL DEFAULT 0,
  progress REAL NOT NULL DEFAULT 0,
  message TEXT NOT NULL DEFAULT '',
  report TEXT,
  before_question TEXT,
  url TEXT,
  verified INTEGER NOT NULL DEFAULT 0,
  warnings TEXT NOT NULL DEFAULT '[]',
  clock_ms INTEGER NOT NULL DEFAULT 0,
  attempt_clock_ms INTEGER NOT NULL DEFAULT 0,
  wait_until TEXT,
  dollars REAL NOT NULL DEFAULT 0,
  tokens INTEGER NOT NULL DEFAULT 0,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  ended_at TEXT,
  PRIMARY KEY (guid, build)
) STRICT;

CREATE TABLE attempts (
  guid TEXT NOT NULL,
  build INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  started_at TEXT NOT NULL,
  ended_at TEXT,
  reason TEXT,
  detail TEXT,
  PRIMARY KEY (guid, build, attempt),
  FOREIGN KEY (guid, build) REFERENCES builds
) STRICT;

CREATE TABLE events (
  guid TEXT NOT NULL REFERENCES sessions,
  seq INTEGER NOT NULL,
  at TEXT NOT NULL,
  build INTEGER,
  attempt INTEGER,
  type TEXT NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (guid, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE deliveries (
  id TEXT PRIMARY KEY,
  guid TEXT NOT NULL,
  build INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  prompt TEXT NOT NULL,
  file TEXT,
  sha256 TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  line TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('planned', 'sent', 'confirmed')),
  confirmed_by TEXT,
  created_at TEXT NOT NULL,
  FOREIGN KEY (guid, build) REFERENCES builds
) STRICT;
CREATE INDEX deliveries_of_attempt ON deliveries (guid, build, attempt);

CREATE TABLE questions (
  guid TEXT NOT NULL,
  build INTEGER NOT NULL,
  key TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  asked TEXT NOT NULL,
  asked_at TEXT NOT NULL,
  answer TEXT,
  decision TEXT,
  answered_by TEXT,
  answered_at TEXT,
  delivery TEXT,
  PRIMARY KEY (guid, build, key),
  FOREIGN KEY (guid, build) REFERENCES builds
) STRICT;

CREATE TABLE releases (
  guid TEXT NOT NULL REFERENCES sessions,
  release INTEGER NOT NULL,
  build INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  url TEXT,
  created_at TEXT NOT NULL,
  verified INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (guid, release)
) STRICT;
`

/** Adds releases on `aws`, what was shown of an address, and the ledger of what was made in AWS. */
const remoteReleases = `
ALTER TABLE sessions ADD COLUMN remote_release INTEGER;
ALTER TABLE sessions ADD COLUMN destroy_at TEXT;
ALTER TABLE builds ADD COLUMN proof TEXT;
UPDATE builds SET settings = json_set(settings, '$.awsAccounts', json('[]'), '$.awsAgentRole', NULL,
  '$.requireProof', 'live');
ALTER TABLE releases ADD COLUMN
  target TEXT NOT NULL DEFAULT 'local' CHECK (target IN ('aws', 'local'));
ALTER TABLE releases ADD COLUMN remote TEXT;
ALTER TABLE releases ADD COLUMN live_at TEXT;
UPDATE releases SET live_at = created_at WHERE url IS NOT NULL;

CREATE TABLE resources (
  guid TEXT NOT NULL,
  account TEXT NOT NULL,
  region TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('access_control', 'stack', 'bucket', 'distribution')),
  name TEXT NOT NULL,
  profile TEXT,
  build INTEGER,
  state TEXT NOT NULL CHECK (state IN ('planned', 'made', 'deleted')),
  changed_at TEXT NOT NULL,
  PRIMARY KEY (guid, account, region, kind, name)
) STRICT;
`

/** Adds the rollback that has begun and has not ended, as JSON `{release, from}`. */
const rollbacks = 'ALTER TABLE sessions ADD COLUMN rollback TEXT;'

/**
 * Adds the number of a build's release and the version of a session's supervisor. Drops the exit codes, because
 * only the command line knows what a failure means there.
 */
const namedReleases = `
ALTER TABLE builds ADD COLUMN release INTEGER;
UPDATE builds SET release = (
  SELECT max(releases.release) FROM releases
  WHERE releases.guid = builds.guid AND releases.target = builds.target AND releases.build <= builds.build
    AND instr(builds.url, rtrim(releases.url, '/')) = 1
);
ALTER TABLE builds DROP COLUMN exit_code;
ALTER TABLE sessions ADD COLUMN supervisor_format INTEGER;
`

/** Adds where a build on `aws` deploys, as JSON, and an index that finds the builds that have no place yet. */
const places = `
ALTER TABLE builds ADD COLUMN place TEXT;
CREATE INDEX builds_without_place ON builds (guid, build) WHERE target = 'aws' AND place IS NULL;
`

/**
 * Each step makes a version of the schema from the one before. The database keeps its version as `user_version`. A
 * published step is never changed, because homes that have it are brought up to date by further steps.
 */
export const schemaSteps: readonly string[] = [
  firstSchema,
  remoteReleases,
  rollbacks,
  namedReleases,
  places,
]

export const schemaVersion = schemaSteps.length
