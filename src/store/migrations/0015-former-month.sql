-- What the month before was charged beyond its allowance; below zero: what of it lapsed. What is written late, or given back, of a
-- request of that month moves this, and not the month that runs.
alter table organizations add column allowance_former bigint not null default 0;
