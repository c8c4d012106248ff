-- Jobs whose result was counted: a provider tells it again, with its counts, whenever somebody fetches it.
create table counted_jobs (
  org_id          text not null references organizations(id) on delete cascade,
  provider        text not null,
  -- The provider's id of it.
  job             text not null,
  entry_id        text not null,
  primary key (org_id, provider, job)
);
