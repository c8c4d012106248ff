-- Whose own key a notice is about; null: it concerns the whole organization. Stays when the key is gone, so that what is said of
-- a user's key is shown to nobody else then either.
alter table notices add column user_id text;

update notices n set user_id = k.user_id from provider_keys k where k.id = n.key_id and k.holder = 'user';

-- Of keys that are gone the audit log says whose they were.
update notices n set user_id = a.detail->>'user' from audit_log a
 where n.user_id is null and n.key_id is not null and a.org_id = n.org_id and a.target = n.key_id
   and a.action in ('key.clear', 'key.revoke') and a.detail->>'holder' = 'user';
