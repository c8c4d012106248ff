-- What the books need beside the entries: who is writing, what was charged once, totals that stay small.

-- What could not be taken from a balance because several nodes spent the same credits within one snapshot's life.
-- The next grant pays it back first; a balance is never below zero. One of the two is always zero.
alter table organizations add column overdrawn bigint not null default 0 check (overdrawn >= 0);

drop table quota_usage;
create table quota_usage (
  org_id          text not null references organizations(id) on delete cascade,
  meter           text not null,
  per             text not null check (per in ('day', 'month')),
  period_start    timestamptz not null,
  used            bigint not null default 0 check (used >= 0),
  primary key (org_id, meter, per, period_start)
);

-- `node` wrote the entry and will settle it; the period is the one whose quota the entry counted toward.
alter table entries
  add column node        text,
  add column meter_per   text,
  add column meter_start timestamptz;

-- A node that has not been seen for a while is dead, and its reserved entries are settled by another.
create table ledger_nodes (
  id              text primary key,
  seen_at         timestamptz not null default now()
);

-- The entry that was charged for a request id that the caller chose: a repeat within 24 h is not charged again.
-- No reference to organizations: a batch must not fail because one of its organizations was just deleted.
create table request_charges (
  org_id          text not null,
  request_id      text not null,
  entry_id        text not null,
  charged_at      timestamptz not null default now(),
  primary key (org_id, request_id)
);
create index request_charges_by_age on request_charges (charged_at);

-- Sums of finished entries, written with them: by hour without users, and by day for each user ('' is nobody). Reports
-- read these and never a million entries. Empty text stands for "none", because null would not be one key.
create table usage_totals (
  org_id          text not null,
  grain           text not null check (grain in ('hour', 'user_day')),
  bucket          timestamptz not null,
  user_id         text not null,
  feature         text not null,
  provider        text not null,
  model           text not null,
  surface         text not null,
  key_source      text not null,
  key_id          text not null,
  environment     text not null,
  error_class     text not null,
  currency        text not null,
  requests        bigint not null,
  failed          bigint not null,
  fallbacks       bigint not null,
  unpriced        bigint not null,
  input_tokens    bigint not null,
  output_tokens   bigint not null,
  cache_read_tokens  bigint not null,
  cache_write_tokens bigint not null,
  reasoning_tokens   bigint not null,
  characters      bigint not null,
  audio_ms        bigint not null,
  credits         bigint not null,
  cost_pico       numeric not null,
  primary key (org_id, grain, bucket, user_id, feature, provider, model, surface, key_source, key_id, environment, error_class, currency)
);

-- How the platform's own keys did lately, over all organizations.
create index entries_of_platform on entries (started_at) where key_source = 'platform';
