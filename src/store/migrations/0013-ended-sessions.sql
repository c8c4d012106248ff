-- Sessions are deleted some time after their end, and whatever ends or deletes one looks for those that its link opened.
create index sessions_by_end on sessions (least(expires_at, revoked_at));
create index sessions_of_parent on sessions (parent_id) where parent_id is not null;
