-- Who may write what, held by the database itself and not by what a caller says of itself.

-- An attempt belongs to the login that began it. Only that login writes its outcome: an outcome that
-- another one writes could free a slot while the InMail is on its way. A login that takes over from
-- an older one is made a member of it (`grant old_login to new_login`). `void` frees a slot, too, so
-- only the worker writes it (R6). Attempts from before this column have no writer: any pipeline
-- settles those.
alter table safeband.send_attempts add column written_by text;

create function safeband.own_attempt() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  -- The login itself: `set role` does not change it.
  owns boolean := pg_has_role(session_user, (select relowner from pg_class where oid = tg_relid),
    'member');
begin
  if new.outcome = 'void' and not owns and not exists (select from pg_roles
    where rolname = 'safeband_worker' and pg_has_role(session_user, oid, 'member')) then
    raise exception 'only the worker writes the outcome void, and % is no member of safeband_worker',
      session_user using errcode = 'insufficient_privilege';
  end if;
  if tg_op = 'INSERT' then
    new.written_by := session_user;
    return new;
  end if;
  new.written_by := old.written_by;
  if not owns and old.written_by <> session_user and not exists (select from pg_roles
    where rolname = old.written_by and pg_has_role(session_user, oid, 'member')) then
    raise exception 'attempt % was begun by %, so % may not write its outcome',
      old.reservation_id, old.written_by, session_user using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
create trigger attempt_owner before insert or update on safeband.send_attempts
  for each row execute function safeband.own_attempt();
alter table safeband.send_attempts enable always trigger attempt_owner;

-- Locks that only those can take who need them. Anybody who may connect can hold an advisory lock,
-- and so could stop migrations, starts of accounts and webhooks. These are empty tables, locked as a
-- whole (such a lock holds back no vacuum, however long it is held), and rows that are locked.
create table safeband.webhook_sender_lock ();
create table safeband.webhook_position_lock ();
-- Two starts for one member wait for each other. Names are hashed to a row: others rarely wait.
create table safeband.identity_locks (slot int primary key);
insert into safeband.identity_locks select generate_series(0, 1023);
