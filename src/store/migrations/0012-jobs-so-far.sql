-- What of a job's counts is in the books: a later answer may tell more of them, and books what is more. Null: all, whatever is told.
alter table counted_jobs
  add column counts     jsonb,
-- `entry_id` ordered the job, and has no price until its counts are told.
  add column is_ordered boolean not null default false,
-- No provider that keeps many jobs keeps them for ever.
  add column noted_at   timestamptz not null default now();
create index counted_jobs_by_age on counted_jobs (noted_at);
