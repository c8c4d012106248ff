alter table counted_jobs
-- Where it was told: a customer's own server may tell whatever it likes of a job that it has not done.
  add column host       text not null default '',
-- What of a job's counts is in the books: a later answer may tell more of them, and books what is more. Null: all, whatever is told.
  add column counts     jsonb,
-- `entry_id` ordered the job, and has no price until its counts are told.
  add column is_ordered boolean not null default false,
-- No provider that keeps many jobs keeps them for ever.
  add column noted_at   timestamptz not null default now();
update counted_jobs c set host = e.host from entries e where e.id = c.entry_id;
alter table counted_jobs drop constraint counted_jobs_pkey, add primary key (org_id, provider, host, job);
create index counted_jobs_by_age on counted_jobs (noted_at);
