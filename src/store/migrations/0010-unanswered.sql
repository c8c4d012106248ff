-- Requests that ended without an answer and without an error of the provider's: neither succeeded nor failed.
alter table usage_totals add column unanswered bigint not null default 0;
