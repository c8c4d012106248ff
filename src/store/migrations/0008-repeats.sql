-- Repeats of a request whose charge is not settled yet, with what they would have cost: should the charge be given back, one of
-- them that was served takes it. Empty but for moments: a row goes when the charge is settled.
create table request_repeats (
  entry_id        text primary key,
  org_id          text not null,
  -- The name of the charge, as in request_charges.
  request_id      text not null,
  credits         bigint not null,
  -- Null where the meter counts attempts: those are counted whatever becomes of the charge.
  meter           text,
  meter_per       text,
  meter_start     timestamptz,
  noted_at        timestamptz not null default now()
);
create index request_repeats_by_name on request_repeats (org_id, request_id);
