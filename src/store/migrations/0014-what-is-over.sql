-- Tokens and notices are deleted some time after their end, as sessions are.
create index tokens_by_end on tokens (least(expires_at, revoked_at));
create index notices_closed on notices (resolved_at) where resolved_at is not null;
