-- One LinkedIn member may be spelt in many ways (docs/linkedin-ids.md). `identity` is the spelling
-- that came; accounts are compared by its normal form, which a worker writes when it compares.

alter table safeband.accounts
  add column identity_normal text,
  -- LinkedIn's number of the member, where the spelling holds it.
  add column identity_number bigint,
  -- The spelling that was compared. Another one than `identity`, as in each row of before: its
  -- normal form is not written yet, and whoever compares works it out.
  add column identity_compared text;

create index accounts_identity_normal on safeband.accounts (identity_normal)
  where identity_normal is not null;
create index accounts_identity_number on safeband.accounts (identity_number)
  where identity_number is not null;
create index accounts_identity_waiting on safeband.accounts (account_id)
  where identity is distinct from identity_compared;
drop index safeband.accounts_identity;

-- Returns the recipient as it was spelt, as far as the reservation's own row has it: a long spelling
-- is carried as the id in it, or as the fingerprint of that (0015), whatever it was wrapped in.
create or replace function safeband.whole_recipient(account text, reservation text, id text)
  returns text
  language sql stable parallel safe as $$
  select case when id like 'sha256:%' or id like 'bare:%' then coalesce(
    (select r.recipient_id from safeband.reservations r
      where r.account_id = account and r.reservation_id = reservation), id) else id end
$$;
