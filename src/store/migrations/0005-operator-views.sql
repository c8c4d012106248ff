-- What the operator's pages look through over all organizations: each page reads one of these from its newest end.

create index entries_by_time on entries (started_at desc, id desc);
create index entries_fell_back on entries (started_at) where fallback_class is not null;
create index usage_totals_by_hour on usage_totals (bucket) where grain = 'hour';
create index audit_log_by_time on audit_log (at desc, org_id desc, seq desc);
create index provider_keys_failing on provider_keys (updated_at desc) where status in ('invalid', 'permission', 'quota', 'network');
create index sessions_by_org on sessions (org_id, id desc);
create index sessions_open on sessions (id desc) where revoked_at is null;
