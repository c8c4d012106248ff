-- Tenants, keys, tokens, the ledger's entries and the audit log. Runs on PostgreSQL >= 14 and on the embedded database.

create table deployment (
  one             boolean primary key default true check (one),
  -- A known text sealed under the master key: a wrong key is noticed at start, before any write.
  master_check    bytea not null,
  -- The audit log's MAC key, sealed under the master key.
  audit_key       bytea not null,
  created_at      timestamptz not null default now()
);

create table organizations (
  id              text primary key,
  name            text not null,
  plan            text not null,
  add_ons         text[] not null default '{}',
  byok_enabled    boolean,
  locale          text,
  active_provider text,
  balance         bigint not null default 0 check (balance >= 0),
  -- Raised with every change that a snapshot must see.
  epoch           bigint not null default 1,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now()
);

create table provider_keys (
  id              text primary key,
  org_id          text not null references organizations(id) on delete cascade,
  holder          text not null check (holder in ('organization', 'user')),
  user_id         text not null default '',
  provider        text not null,
  environment     text not null,
  state           text not null default 'active' check (state in ('active', 'disabled')),
  version         integer not null,
  hint            text not null,
  last4           text not null,
  origin          text not null,
  custom_host     boolean not null default false,
  base_url        text,
  region          text,
  scope           text not null default 'all',
  model           text,
  fallback        boolean,
  label           text,
  owner           text,
  rotate_by       date,
  status          text not null default 'unverified',
  -- The class of failure that real traffic gave the status; null when a test did.
  status_class    text,
  last_test       jsonb,
  last_used_at    timestamptz,
  created_at      timestamptz not null default now(),
  created_by      text not null,
  updated_at      timestamptz not null default now(),
  updated_by      text not null,
  check ((holder = 'user') = (user_id <> '')),
  unique (org_id, holder, user_id, provider, environment)
);

-- Ciphertext stands apart from what the page shows, one row per version; removing a key removes its rows.
create table key_secrets (
  key_id          text not null references provider_keys(id) on delete cascade,
  version         integer not null,
  envelope        bytea not null,
  kek_id          text not null,
  created_at      timestamptz not null default now(),
  primary key (key_id, version)
);
create index key_secrets_by_kek on key_secrets (kek_id, key_id, version);

create table tokens (
  id              text primary key,
  hash            bytea not null unique,
  kind            text not null check (kind in ('service', 'access')),
  org_id          text references organizations(id) on delete cascade,
  user_id         text,
  feature         text,
  environment     text,
  created_at      timestamptz not null default now(),
  created_by      text not null,
  expires_at      timestamptz,
  revoked_at      timestamptz
);
create index tokens_by_org on tokens (org_id);

-- Members' and operators' sessions on the control API and the page. A sign-in code is used once.
create table sessions (
  id              text primary key,
  -- The session whose sign-in link opened this one; ending that one ends this one.
  parent_id       text references sessions(id) on delete cascade,
  hash            bytea not null unique,
  sign_in_hash    bytea unique,
  sign_in_expires timestamptz,
  kind            text not null check (kind in ('member', 'operator')),
  org_id          text references organizations(id) on delete cascade,
  user_id         text,
  user_name       text,
  role            text,
  locale          text,
  created_at      timestamptz not null default now(),
  expires_at      timestamptz not null,
  revoked_at      timestamptz,
  check ((kind = 'member') = (org_id is not null))
);

-- One row per attempt that was sent to a provider.
create table entries (
  id              text primary key,
  request_id      text not null,
  attempt         integer not null,
  org_id          text not null,
  user_id         text,
  feature         text,
  environment     text not null,
  provider        text not null,
  model           text,
  surface         text not null,
  key_source      text not null check (key_source in ('organization', 'user', 'platform')),
  key_id          text,
  key_version     integer,
  host            text not null,
  region          text,
  state           text not null check (state in ('reserved', 'settled', 'released')),
  status          integer,
  error_class     text,
  fallback_class  text,
  input_tokens    bigint,
  output_tokens   bigint,
  cache_read_tokens  bigint,
  cache_write_tokens bigint,
  reasoning_tokens   bigint,
  characters      bigint,
  audio_ms        bigint,
  estimated       boolean not null default false,
  credits         bigint not null default 0,
  meter           text,
  -- Provider cost in millionths of a millionth of the currency's unit; null: unpriced.
  cost_pico       bigint,
  currency        text,
  started_at      timestamptz not null,
  first_byte_ms   integer,
  duration_ms     integer,
  settled_at      timestamptz
);
create index entries_by_org on entries (org_id, started_at desc, id desc);
create index entries_by_request on entries (org_id, request_id);
create index entries_open on entries (started_at) where state = 'reserved';

create table credit_grants (
  org_id          text not null references organizations(id) on delete cascade,
  idempotency_key text not null,
  amount          bigint not null,
  reason          text not null,
  balance_after   bigint not null,
  created_at      timestamptz not null default now(),
  created_by      text not null,
  primary key (org_id, idempotency_key)
);

create table quota_usage (
  org_id          text not null references organizations(id) on delete cascade,
  meter           text not null,
  period_start    timestamptz not null,
  used            bigint not null default 0 check (used >= 0),
  primary key (org_id, meter, period_start)
);

-- What needs someone now; one open row per cause, closed by itself when the cause is gone.
create table notices (
  id              text primary key,
  org_id          text not null references organizations(id) on delete cascade,
  cause           text not null,
  kind            text not null,
  provider        text,
  key_id          text,
  facts           jsonb not null default '{}',
  count           bigint not null default 1,
  opened_at       timestamptz not null default now(),
  last_at         timestamptz not null default now(),
  resolved_at     timestamptz
);
create unique index notices_open on notices (org_id, cause) where resolved_at is null;

-- The audit log is a chain per organization ('' is the platform's): every row's MAC covers the row before it, and the
-- head carries its own MAC, so an edited, removed or cut-off row is found.
create table audit_log (
  org_id          text not null,
  seq             bigint not null,
  at              timestamptz not null,
  actor_kind      text not null,
  actor_id        text not null,
  actor_name      text,
  ip              text,
  action          text not null,
  target          text,
  detail          jsonb not null default '{}',
  mac             bytea not null,
  primary key (org_id, seq)
);

create table audit_heads (
  org_id          text primary key,
  seq             bigint not null,
  last_mac        bytea not null,
  head_mac        bytea not null
);

-- How often something was done lately, counted for all nodes together (tests of keys).
create table rate_windows (
  bucket          text not null,
  window_start    timestamptz not null,
  used            bigint not null default 0,
  primary key (bucket, window_start)
);
