-- What limits are measured by: money spent, and credits that come anew every month.

-- What was spent at providers by day and by month, written with the entries. Tenant snapshots read these few rows, so that a
-- decision sees what its spend caps see. '' is no feature, and the platform's own key.
create table spend_totals (
  org_id          text not null,
  per             text not null check (per in ('day', 'month')),
  period_start    timestamptz not null,
  feature         text not null,
  key_id          text not null,
  -- Whose key served: the customer's, the platform's, or the platform's because the customer's failed.
  source          text not null check (source in ('own', 'platform', 'fallback')),
  currency        text not null,
  cost_pico       numeric not null,
  -- Answers that counted something which has no price.
  unpriced        bigint not null,
  primary key (org_id, per, period_start, feature, key_id, source, currency)
);

-- The month's allowance, spent before the balance. `allowance_spent` is all that was charged since it was granted, less what
-- was given back: what is left follows from it whatever the order, and what it exceeds the size by came from the balance.
alter table organizations
  add column allowance_month timestamptz,
  add column allowance_size  bigint not null default 0 check (allowance_size >= 0),
  add column allowance_spent bigint not null default 0;

-- The meter counts the attempt even when nothing is charged.
alter table entries add column meter_all boolean not null default false;

-- Every filter of the request log finds its page by an index, however rare what it asks for.
create index entries_by_feature on entries (org_id, feature, started_at desc, id desc);
create index entries_by_provider on entries (org_id, provider, started_at desc, id desc);
create index entries_by_environment on entries (org_id, environment, started_at desc, id desc);
create index entries_by_source on entries (org_id, key_source, started_at desc, id desc);
create index entries_by_user on entries (org_id, user_id, started_at desc, id desc) where user_id is not null;
create index entries_failed on entries (org_id, started_at desc, id desc) where error_class is not null or status >= 400;
create index entries_fallback on entries (org_id, started_at desc, id desc) where fallback_class is not null;
