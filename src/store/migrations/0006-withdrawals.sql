-- What was taken out of service, in the order in which it was committed: versions of keys, keys that were disabled (and those
-- that were enabled again), tokens, organizations. The same list is kept in a file outside the database, by which a database
-- that was put back to an older state is known. Ids only, and no column org_id: a deleted organization's rows stay.
create table withdrawals (
  number          bigint primary key,
  id              text not null unique,
  at              timestamptz not null default now(),
  kind            text not null check (kind in ('key_version', 'key_disabled', 'key_enabled', 'token', 'organization')),
  target          text not null,
  version         integer
);
