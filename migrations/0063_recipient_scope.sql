-- With whose recipients a reserve is compared (R20): with those of the account, or of its group.
alter table safeband.accounts add column recipient_scope text not null default 'account'
  check (recipient_scope in ('account', 'group'));
alter table safeband.account_history
  add column recipient_scope text not null default 'account';

drop trigger keep_changed_settings on safeband.accounts;
create trigger keep_changed_settings
  after update of campaigns, pacing, recipient_memory_days, credits_renew_on, mode, velocity,
    group_name, learnt_cap, recipient_scope
  on safeband.accounts
  for each row when (not new.is_edited and
    (old.campaigns, old.pacing, old.recipient_memory_days, old.credits_renew_on, old.mode,
      old.velocity, old.group_name, old.learnt_cap, old.recipient_scope)
    is distinct from
    (new.campaigns, new.pacing, new.recipient_memory_days, new.credits_renew_on, new.mode,
      new.velocity, new.group_name, new.learnt_cap, new.recipient_scope))
  execute function safeband.keep_account_row();

-- The days for which a rule needs the contacts of an account, two more than the memory: a rule of the
-- account, or of an account of its group that compares with the group.
create index accounts_recipient_scope on safeband.accounts (group_name, recipient_memory_days)
  where recipient_scope = 'group';
create or replace function safeband.contact_days(a safeband.accounts) returns int
  language sql stable parallel safe as $$
  select 2 + greatest(a.recipient_memory_days, (a.saved_row->>'recipient_memory_days')::int, 2,
    (select max(g.recipient_memory_days) from safeband.accounts g
      where g.group_name = a.group_name and g.recipient_scope = 'group'))
$$;

-- The recipient of an ask that waits, as in `reservations`. Rows of older workers have none.
alter table safeband.waiting add column recipient_key text;
create index waiting_recipient on safeband.waiting (recipient_key collate "C")
  where state in ('waiting', 'granted') and recipient_key is not null;

-- True if the ask keeps its recipient from other accounts: it waits, or it was granted just now and
-- the row of its slot comes with the next save.
create function safeband.keeps_recipient(w safeband.waiting) returns boolean
  language sql stable as $$
  select w.state = 'waiting' or w.state = 'granted'
    and w.recorded_at > clock_timestamp() - interval '1 hour' and not exists (
    select from safeband.reservations r
     where r.account_id = w.account_id and r.reservation_id = w.reservation_id
       and r.reserved_at >= w.asked_at)
$$;

-- The account that may decide about the recipient, and its ask. It has to have the claim before it
-- grants, and keeps it until its decision is in its rows. `claimed_at` is a time of the workflow.
alter table safeband.group_recipients
  add column claimed_by safeband.account_id,
  add column claimed_for safeband.reservation_id,
  add column claimed_at timestamptz,
  add constraint group_recipients_claimed check (
    (claimed_by is null) = (claimed_for is null) and (claimed_by is null) = (claimed_at is null)),
  drop constraint group_recipients_used,
  add constraint group_recipients_used check (
    account_id is not null or held_by is not null or claimed_by is not null);
create index group_recipients_claims on safeband.group_recipients (claimed_by, claimed_at)
  where claimed_by is not null;

-- True if the account may have decided without a row, or may still decide. The ask's row shows what
-- became of it. No save ends the claims of an account that is disconnected or has left the scope: they
-- end after an hour, which is also for an account whose newer state is not saved yet.
create function safeband.is_open_claim(c safeband.group_recipients) returns boolean
  language sql stable as $$
  select c.claimed_by is not null
    and not exists (select from safeband.reservations r
      where r.account_id = c.claimed_by and r.reservation_id = c.claimed_for
        and r.reserved_at >= c.claimed_at)
    and not exists (select from safeband.waiting w
      where w.account_id = c.claimed_by and w.reservation_id = c.claimed_for
        and w.asked_at >= c.claimed_at)
    and exists (select from safeband.accounts a where a.account_id = c.claimed_by
      and (a.recipient_scope = 'group' and a.state <> 'disconnected'
        or c.claimed_at > clock_timestamp() - interval '1 hour'))
$$;
