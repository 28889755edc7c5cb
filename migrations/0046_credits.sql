-- The known balance of InMail credits (R24). Null while no balance was observed.
alter table safeband.accounts add column credits jsonb check (credits is null or (
  jsonb_typeof(credits) = 'object' and jsonb_typeof(credits->'observed') = 'number'
  and jsonb_typeof(credits->'at') = 'number' and jsonb_typeof(credits->'balance') = 'number') is true);
alter table safeband.account_history add column credits jsonb;

-- True if the InMail costs no credit.
alter table safeband.reservations add column free boolean not null default false;
alter table safeband.waiting add column free boolean not null default false;
