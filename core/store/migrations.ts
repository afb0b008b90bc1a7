/**
 * The schema's history, embedded in the binary and run at start. A migration is never edited after a
 * release; a new one is added. `test/store/migrations_test.ts` holds the sum of all against
 * `schema.ts`.
 * @module
 */

/** Statements that bring the store from version `index` to `index + 1`. */
export const MIGRATIONS: readonly string[] = [
  `
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE access_keys (
  access_key_id TEXT PRIMARY KEY, secret BLOB NOT NULL, role TEXT NOT NULL, arn TEXT NOT NULL,
  create_time INTEGER NOT NULL
);
CREATE INDEX access_keys_arn ON access_keys (arn);
CREATE TABLE join_tokens (hash TEXT PRIMARY KEY, expires_at INTEGER NOT NULL);
CREATE TABLE applications (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, compute_platform TEXT NOT NULL,
  create_time INTEGER NOT NULL
);
CREATE UNIQUE INDEX applications_name ON applications (name);
CREATE TABLE revisions (
  application_id TEXT NOT NULL, identity TEXT NOT NULL, location TEXT NOT NULL, description TEXT,
  register_time INTEGER NOT NULL, first_used_time INTEGER, last_used_time INTEGER,
  PRIMARY KEY (application_id, identity)
);
CREATE TABLE deployment_configs (name TEXT PRIMARY KEY, config TEXT NOT NULL);
CREATE TABLE deployment_groups (
  id TEXT PRIMARY KEY, application_id TEXT NOT NULL, name TEXT NOT NULL, settings TEXT NOT NULL,
  target_revision TEXT, last_successful_deployment_id TEXT, last_attempted_deployment_id TEXT
);
CREATE UNIQUE INDEX deployment_groups_name ON deployment_groups (application_id, name);
CREATE TABLE instances (
  name TEXT PRIMARY KEY, arn TEXT NOT NULL, iam_user_arn TEXT, iam_session_arn TEXT,
  register_time INTEGER NOT NULL, deregister_time INTEGER, tags TEXT NOT NULL,
  nonce INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX instances_user_arn ON instances (iam_user_arn);
CREATE INDEX instances_session_arn ON instances (iam_session_arn);
CREATE TABLE instance_health (
  group_id TEXT NOT NULL, instance_name TEXT NOT NULL, healthy INTEGER NOT NULL, revision TEXT,
  PRIMARY KEY (group_id, instance_name)
) WITHOUT ROWID;
CREATE TABLE deployments (
  id TEXT PRIMARY KEY, application_id TEXT NOT NULL, group_id TEXT NOT NULL, status TEXT NOT NULL,
  request TEXT NOT NULL, create_time INTEGER NOT NULL, start_time INTEGER, complete_time INTEGER,
  overview TEXT NOT NULL, error TEXT, rollback TEXT NOT NULL, status_messages TEXT NOT NULL,
  stop TEXT
);
CREATE INDEX deployments_group ON deployments (group_id, create_time);
CREATE INDEX deployments_application ON deployments (application_id, create_time);
CREATE INDEX deployments_create_time ON deployments (create_time);
CREATE INDEX deployments_status ON deployments (status);
CREATE TABLE targets (
  deployment_id TEXT NOT NULL, target_id TEXT NOT NULL, position INTEGER NOT NULL,
  status TEXT NOT NULL, events TEXT NOT NULL, command TEXT, last_updated INTEGER NOT NULL,
  PRIMARY KEY (deployment_id, target_id)
) WITHOUT ROWID;
CREATE INDEX targets_position ON targets (deployment_id, position);
CREATE TABLE log_chunks (
  deployment_id TEXT NOT NULL, sequence INTEGER NOT NULL, target_id TEXT NOT NULL,
  lines TEXT NOT NULL, PRIMARY KEY (deployment_id, sequence)
) WITHOUT ROWID;
CREATE TABLE objects (
  bucket TEXT NOT NULL, key TEXT NOT NULL, version_id TEXT NOT NULL, etag TEXT NOT NULL,
  sha256 TEXT NOT NULL, size INTEGER NOT NULL, content_type TEXT, metadata TEXT NOT NULL,
  sequence INTEGER NOT NULL, last_modified INTEGER NOT NULL,
  PRIMARY KEY (bucket, key, version_id)
);
CREATE INDEX objects_current ON objects (bucket, key, sequence);
CREATE TABLE uploads (
  upload_id TEXT PRIMARY KEY, bucket TEXT NOT NULL, key TEXT NOT NULL, content_type TEXT,
  metadata TEXT NOT NULL, create_time INTEGER NOT NULL
);
CREATE TABLE upload_parts (
  upload_id TEXT NOT NULL, part_number INTEGER NOT NULL, etag TEXT NOT NULL, size INTEGER NOT NULL,
  PRIMARY KEY (upload_id, part_number)
) WITHOUT ROWID;
`,
  `
CREATE TABLE resource_tags (
  resource_id TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (resource_id, key)
) WITHOUT ROWID;
CREATE TABLE github_tokens (name TEXT PRIMARY KEY, secret BLOB NOT NULL);
CREATE TABLE hook_executions (
  id TEXT PRIMARY KEY, deployment_id TEXT NOT NULL, target_id TEXT NOT NULL, event TEXT NOT NULL,
  status TEXT, invoked_at INTEGER NOT NULL, reported_at INTEGER
);
CREATE INDEX hook_executions_deployment ON hook_executions (deployment_id);
`,
  `
CREATE TABLE buckets (name TEXT PRIMARY KEY, create_time INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO buckets SELECT bucket, MIN(last_modified) FROM objects GROUP BY bucket;
INSERT OR IGNORE INTO buckets SELECT bucket, MIN(create_time) FROM uploads GROUP BY bucket;
ALTER TABLE objects ADD COLUMN headers TEXT NOT NULL DEFAULT '{}';
ALTER TABLE objects ADD COLUMN checksums TEXT NOT NULL DEFAULT '{}';
ALTER TABLE uploads ADD COLUMN headers TEXT NOT NULL DEFAULT '{}';
ALTER TABLE uploads ADD COLUMN checksum_algorithm TEXT;
ALTER TABLE uploads ADD COLUMN checksum_type TEXT;
ALTER TABLE upload_parts ADD COLUMN checksums TEXT NOT NULL DEFAULT '{}';
ALTER TABLE upload_parts ADD COLUMN last_modified INTEGER NOT NULL DEFAULT 0;
`,
  `
CREATE TABLE outbox (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, deployment_id TEXT NOT NULL, fact TEXT NOT NULL,
  time INTEGER NOT NULL
);
CREATE TABLE deliveries (
  id INTEGER PRIMARY KEY AUTOINCREMENT, event_sequence INTEGER NOT NULL, destination TEXT NOT NULL,
  deployment_id TEXT NOT NULL, payload TEXT NOT NULL, create_time INTEGER NOT NULL,
  state TEXT NOT NULL, attempts INTEGER NOT NULL, next_attempt INTEGER NOT NULL,
  last_attempt INTEGER, last_error TEXT
);
CREATE INDEX deliveries_lane ON deliveries (state, destination, deployment_id, id);
CREATE TABLE event_targets (
  name TEXT PRIMARY KEY, receiver TEXT NOT NULL, pattern TEXT, create_time INTEGER NOT NULL
);
`,
  `
CREATE TABLE topics (
  name TEXT PRIMARY KEY, display_name TEXT NOT NULL, signature_version TEXT NOT NULL,
  create_time INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE subscriptions (
  id TEXT PRIMARY KEY, topic TEXT NOT NULL, protocol TEXT NOT NULL, endpoint TEXT NOT NULL,
  raw_message_delivery INTEGER NOT NULL, status TEXT NOT NULL, token TEXT NOT NULL,
  token_expires INTEGER NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX subscriptions_endpoint ON subscriptions (topic, protocol, endpoint);
`,
  `
ALTER TABLE deployments ADD COLUMN termination_wait TEXT;
`,
  `
ALTER TABLE access_keys ADD COLUMN status TEXT NOT NULL DEFAULT 'Active';
ALTER TABLE access_keys ADD COLUMN token_hash TEXT;
ALTER TABLE access_keys ADD COLUMN expires_at INTEGER;
ALTER TABLE access_keys ADD COLUMN source_key_id TEXT;
CREATE INDEX access_keys_source ON access_keys (source_key_id);
CREATE INDEX access_keys_expiry ON access_keys (expires_at);
CREATE TABLE users (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, arn TEXT NOT NULL, path TEXT NOT NULL,
  tags TEXT NOT NULL, create_time INTEGER NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX users_arn ON users (arn);
CREATE TABLE user_policies (
  user_id TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL,
  PRIMARY KEY (user_id, name)
) WITHOUT ROWID;
`,
  `
ALTER TABLE topics ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';
ALTER TABLE topics ADD COLUMN policy TEXT NOT NULL DEFAULT '';
`,
  `
CREATE TABLE audit (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, who TEXT NOT NULL,
  action TEXT NOT NULL, subject TEXT NOT NULL, reason TEXT
);
CREATE INDEX audit_subject ON audit (subject, sequence);
`,
  `
CREATE TABLE integrations (
  kind TEXT NOT NULL, name TEXT NOT NULL, plugin TEXT NOT NULL, config TEXT NOT NULL,
  create_time INTEGER NOT NULL, PRIMARY KEY (kind, name)
) WITHOUT ROWID;
`,
  `
CREATE TABLE releases (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, spec TEXT NOT NULL, state TEXT NOT NULL,
  create_time INTEGER NOT NULL, end_time INTEGER
) WITHOUT ROWID;
CREATE INDEX releases_create_time ON releases (create_time);
CREATE INDEX releases_end_time ON releases (end_time);
`,
  `
CREATE TABLE group_policies (group_id TEXT PRIMARY KEY, policy TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE locks (
  scope TEXT PRIMARY KEY, message TEXT NOT NULL, locked_by TEXT NOT NULL, time INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE freeze_windows (
  name TEXT PRIMARY KEY, scope TEXT, cron TEXT NOT NULL, time_zone TEXT NOT NULL,
  duration_minutes INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE schedules (
  name TEXT PRIMARY KEY, group_id TEXT NOT NULL, cron TEXT NOT NULL, time_zone TEXT NOT NULL,
  revision TEXT, created_by TEXT NOT NULL, create_time INTEGER NOT NULL, last_due INTEGER,
  last_outcome TEXT
) WITHOUT ROWID;
ALTER TABLE deployments ADD COLUMN not_before INTEGER;
`,
  `
ALTER TABLE deployments ADD COLUMN progress TEXT;
ALTER TABLE targets ADD COLUMN label TEXT;
ALTER TABLE targets ADD COLUMN zone TEXT;
ALTER TABLE deployment_groups ADD COLUMN live_hosts TEXT;
CREATE TABLE leases (
  deployment_id TEXT PRIMARY KEY, owner TEXT NOT NULL, fence INTEGER NOT NULL,
  writes INTEGER NOT NULL, expires INTEGER NOT NULL
) WITHOUT ROWID;
`,
  `
CREATE TABLE deployment_causes (deployment_id TEXT PRIMARY KEY, cause TEXT NOT NULL) WITHOUT ROWID;
`,
  `
ALTER TABLE deployments ADD COLUMN follow_ons TEXT;
CREATE INDEX deployments_group_status ON deployments (group_id, status);
`,
];

/** The version this binary reads and writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;
