-- What happened, told in the same statement or transaction as the change itself, until it is handed to the configured
-- endpoints: an outbox. '' is the platform. Never a secret or a prompt.
create table webhook_events (
  id              text primary key,
  org_id          text not null,
  type            text not null,
  data            jsonb not null,
  at              timestamptz not null default now()
);

-- One row for each event and endpoint. The text is kept as it was first sent: every try has the same body.
create table webhook_deliveries (
  id              text primary key,
  event_id        text not null,
  org_id          text not null,
  -- Derived from the endpoint's URL, which may itself be a secret.
  endpoint        text not null,
  type            text not null,
  payload         text not null,
  state           text not null check (state in ('pending', 'delivered', 'dead')),
  attempts        integer not null default 0,
  next_at         timestamptz not null default now(),
  -- Somebody is sending it right now; a node that dies meanwhile leaves it to the others after this.
  leased_until    timestamptz,
  last_status     integer,
  last_error      text,
  created_at      timestamptz not null default now(),
  finished_at     timestamptz,
  unique (event_id, endpoint)
);
create index webhook_deliveries_due on webhook_deliveries (endpoint, next_at, id) where state = 'pending';
create index webhook_deliveries_by_state on webhook_deliveries (state, id);

-- The version before the current one, kept for as long as the plan lets it be restored; its ciphertext stands in key_secrets.
alter table key_secrets
  add column restorable_until timestamptz,
  add column kept             jsonb;
create index key_secrets_restorable on key_secrets (restorable_until) where restorable_until is not null;

create index provider_keys_to_rotate on provider_keys (rotate_by) where rotate_by is not null;
create index notices_open_by_key on notices (key_id) where resolved_at is null and key_id is not null;

-- What is left of a deleted organization: that it was there, what was deleted, and a MAC over it all.
create table deletions (
  id              text primary key,
  org             text not null,
  deleted_at      timestamptz not null,
  deleted_by      text not null,
  counts          jsonb not null,
  audit_seq       bigint not null,
  audit_mac       bytea not null,
  mac             bytea not null
);
create index deletions_by_org on deletions (org);
