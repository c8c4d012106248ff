-- Where keys belong to users and one active provider serves all: which one is each user's. '' is the platform's AI, as in
-- organizations.active_provider, which is the choice where the organization holds the keys.
create table active_providers (
  org_id          text not null references organizations(id) on delete cascade,
  user_id         text not null,
  provider        text not null,
  primary key (org_id, user_id)
);
