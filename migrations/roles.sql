-- The rights of each role, given anew by every `npm run migrate`: what is not written here is taken
-- away, so this file is the whole truth, and a table that it does not name is nobody's but the
-- owner's. (The other files are applied once and never edited; this one is edited with them.)
--
-- Roles belong to a whole cluster: they are made without a login, once, and each database gives them
-- rights in itself. Log in with roles of your own that are members:
--   create role my_worker login password '…' in role safeband_worker;

do $$
declare
  role text;
  missing text[] := '{}';
begin
  foreach role in array array['safeband_worker', 'safeband_pipeline', 'safeband_reader',
    'safeband_server']
  loop
    continue when exists (select from pg_catalog.pg_roles where rolname = role);
    begin
      execute format('create role %I nologin', role);
    exception
      when duplicate_object or unique_violation then null; -- another database was quicker
      when insufficient_privilege then missing := missing || role;
    end;
  end loop;
  if missing <> '{}' then
    raise notice 'roles: % may not create roles, so everything runs as the owner of the tables; '
      'to give least rights, let an administrator run: %; then run npm run migrate again',
      current_user, (select string_agg(format('create role %I nologin', name), '; ')
                       from unnest(missing) as name);
  end if;
end $$;

do $$
declare
  given record;
begin
  for given in
    select rolname from pg_catalog.pg_roles
     where rolname in ('safeband_worker', 'safeband_pipeline', 'safeband_reader', 'safeband_server')
  loop
    execute format('revoke all on all tables in schema safeband from %I', given.rolname);
    execute format('revoke all on all sequences in schema safeband from %I', given.rolname);
    execute format('grant usage on schema safeband to %I', given.rolname);
  end loop;

  for given in
    select role, relation, rights from (values
      -- The worker writes what accounts leave behind, and deletes nothing.
      ('safeband_worker', 'accounts', 'select, insert, update'),
      ('safeband_worker', 'reservations', 'select, insert, update'),
      ('safeband_worker', 'inmail_events', 'select, insert'),
      ('safeband_worker', 'send_attempts', 'select, insert'),
      ('safeband_worker', 'reconciler_runs', 'select, insert'),
      ('safeband_worker', 'recovery', 'select, insert, update'),
      ('safeband_worker', 'corrections', 'select, insert'),
      ('safeband_worker', 'alerts', 'select, insert, update'),
      -- A person may run the command line with the worker's login, which lists alerts.
      ('safeband_worker', 'alert_actions', 'select'),
      ('safeband_worker', 'account_days', 'select, insert, update'),
      ('safeband_worker', 'campaign_denials', 'select, insert, update'),
      ('safeband_worker', 'campaign_days', 'select'),
      ('safeband_worker', 'account_changes', 'select, insert'),
      ('safeband_worker', 'waiting', 'select, insert, update'),
      ('safeband_worker', 'past_sends', 'select'),
      ('safeband_worker', 'replies', 'select, insert'),
      ('safeband_worker', 'past_days', 'select'),
      ('safeband_worker', 'account_status', 'select'),
      -- The audit seals closed months, if a setting says so.
      ('safeband_worker', 'event_seals', 'select, insert'),
      ('safeband_worker', 'event_seal_days', 'select, insert'),
      ('safeband_worker', 'seal_comparisons', 'select, insert, update'),
      ('safeband_worker', 'retention', 'select'),
      ('safeband_worker', 'schema_migrations', 'select'),
      -- The trace of the brake, and what became of the accounts of an order.
      ('safeband_worker', 'brakes', 'select, insert, update'),
      ('safeband_worker', 'orders', 'select, update (ended_at)'),
      ('safeband_worker', 'order_accounts', 'select, update (outcome, error, decided_at)'),
      ('safeband_worker', 'order_counts', 'select'),
      -- It sends webhooks, signs them, and drops what is old.
      ('safeband_worker', 'webhook_endpoints', 'select, update'),
      ('safeband_worker', 'webhook_events', 'select, insert, update, delete'),
      ('safeband_worker', 'webhook_deliveries', 'select, insert, delete'),
      ('safeband_worker', 'webhook_positions', 'select, update'),
      -- Who may update one of these may lock it.
      ('safeband_worker', 'webhook_sender_lock', 'update'),
      ('safeband_worker', 'webhook_position_lock', 'update'),
      ('safeband_worker', 'identity_locks', 'select, update'),
      -- Which account of a group works with a recipient.
      ('safeband_worker', 'group_recipients', 'select, insert, update, delete'),

      -- A send pipeline begins an attempt, and writes its outcome once. A trigger refuses `void`,
      -- and the outcome of an attempt that another login began (0017).
      ('safeband_pipeline', 'send_attempts',
        'insert (account_id, reservation_id, quota_day, attempted_at)'),
      ('safeband_pipeline', 'send_attempts',
        'update (outcome, chat_id, message_id, error_code, settled_at)'),
      ('safeband_pipeline', 'send_attempts', 'select (account_id, reservation_id, outcome)'),

      -- People and reports read all that is about accounts, and no secret.
      ('safeband_reader', 'accounts', 'select'),
      ('safeband_reader', 'reservations', 'select'),
      ('safeband_reader', 'inmail_events', 'select'),
      ('safeband_reader', 'send_attempts', 'select'),
      ('safeband_reader', 'reconciler_runs', 'select'),
      ('safeband_reader', 'recovery', 'select'),
      ('safeband_reader', 'corrections', 'select'),
      ('safeband_reader', 'alerts', 'select'),
      ('safeband_reader', 'alert_actions', 'select'),
      ('safeband_reader', 'account_days', 'select'),
      ('safeband_reader', 'campaign_denials', 'select'),
      ('safeband_reader', 'campaign_days', 'select'),
      ('safeband_reader', 'account_changes', 'select'),
      ('safeband_reader', 'waiting', 'select'),
      ('safeband_reader', 'past_sends', 'select'),
      ('safeband_reader', 'replies', 'select'),
      ('safeband_reader', 'past_days', 'select'),
      ('safeband_reader', 'brakes', 'select'),
      ('safeband_reader', 'orders', 'select'),
      ('safeband_reader', 'order_accounts', 'select'),
      ('safeband_reader', 'order_counts', 'select'),
      ('safeband_reader', 'account_history', 'select'),
      ('safeband_reader', 'reservation_history', 'select'),
      ('safeband_reader', 'account_status', 'select'),
      ('safeband_reader', 'erasures', 'select'),
      ('safeband_reader', 'event_seals', 'select'),
      ('safeband_reader', 'event_seal_days', 'select'),
      ('safeband_reader', 'seal_comparisons', 'select'),
      ('safeband_reader', 'group_reserves', 'select'),
      ('safeband_reader', 'group_recipients', 'select'),
      ('safeband_reader', 'retention', 'select'),
      ('safeband_reader', 'schema_migrations', 'select'),

      -- The HTTP server reads the same. It changes accounts through their workflows only, and
      -- closes alerts for people, with a row for each act.
      ('safeband_server', 'accounts', 'select'),
      ('safeband_server', 'reservations', 'select'),
      ('safeband_server', 'inmail_events', 'select'),
      ('safeband_server', 'send_attempts', 'select'),
      -- It begins attempts for callers that have only HTTP, and writes their outcomes.
      ('safeband_server', 'send_attempts',
        'insert (account_id, reservation_id, quota_day, attempted_at, attempt_id)'),
      ('safeband_server', 'send_attempts',
        'update (outcome, chat_id, message_id, error_code, settled_at)'),
      ('safeband_server', 'reconciler_runs', 'select'),
      ('safeband_server', 'recovery', 'select'),
      ('safeband_server', 'corrections', 'select'),
      ('safeband_server', 'alerts', 'select'),
      ('safeband_server', 'alerts', 'update (resolved_at, acknowledged_at, recorded_at)'),
      ('safeband_server', 'alert_actions', 'select, insert'),
      ('safeband_server', 'account_days', 'select'),
      ('safeband_server', 'campaign_denials', 'select'),
      ('safeband_server', 'campaign_days', 'select'),
      ('safeband_server', 'account_changes', 'select'),
      ('safeband_server', 'waiting', 'select'),
      ('safeband_server', 'past_sends', 'select'),
      ('safeband_server', 'replies', 'select'),
      ('safeband_server', 'past_days', 'select'),
      ('safeband_server', 'brakes', 'select'),
      -- It makes orders and stops them, also an order whose workflow cannot start.
      ('safeband_server', 'orders', 'select, insert'),
      ('safeband_server', 'orders',
        'update (stopped_at, stopped_by, stop_reason, ended_at, takes_back)'),
      ('safeband_server', 'order_accounts', 'select, insert'),
      ('safeband_server', 'order_counts', 'select'),
      -- It computes what lists are sorted and counted by; the rows go with their account.
      ('safeband_server', 'account_list', 'select, insert, update'),
      ('safeband_server', 'account_counts', 'select, insert, update'),
      ('safeband_server', 'account_names', 'select'),
      ('safeband_server', 'account_list_read', 'select, update'),
      ('safeband_server', 'account_history', 'select'),
      ('safeband_server', 'reservation_history', 'select'),
      ('safeband_server', 'account_status', 'select'),
      -- Doctor compares the key of a hash with that of the workers, and operators list the traces.
      ('safeband_server', 'erasures', 'select'),
      ('safeband_server', 'event_seals', 'select'),
      ('safeband_server', 'seal_comparisons', 'select'),
      ('safeband_server', 'retention', 'select'),
      ('safeband_server', 'schema_migrations', 'select'),
      -- It knows keys by their hashes; keys are made and revoked by the command line, as the owner.
      ('safeband_server', 'api_keys', 'select'),
      ('safeband_server', 'api_keys', 'update (last_used_at)'),
      ('safeband_server', 'sessions', 'select, insert, delete'),
      -- It makes, opens and revokes links of accounts; it knows only their signatures.
      ('safeband_server', 'shares', 'select, insert'),
      ('safeband_server', 'shares', 'update (revoked_at, revoked_by, last_opened_at)'),
      -- Log-ins and changes of webhooks and links leave a row for ever.
      ('safeband_server', 'access_changes', 'select, insert'),
      ('safeband_server', 'groups', 'select, insert, update'),
      -- Which account an ask of a group has come to, and which one works with a recipient.
      ('safeband_server', 'group_reserves', 'select, insert, update, delete'),
      ('safeband_server', 'group_recipients', 'select, insert, update, delete'),
      ('safeband_server', 'idempotency', 'select, insert, update, delete'),
      -- A new endpoint hears what comes after it: what is there gets its position first.
      ('safeband_server', 'webhook_endpoints', 'select, insert, update, delete'),
      ('safeband_server', 'webhook_events', 'select, insert, update (position)'),
      ('safeband_server', 'webhook_deliveries', 'select'),
      ('safeband_server', 'webhook_positions', 'select, update'),
      ('safeband_server', 'webhook_position_lock', 'update')
    ) as list (role, relation, rights)
     where exists (select from pg_catalog.pg_roles where rolname = role)
  loop
    execute format('grant %s on safeband.%I to %I', given.rights, given.relation, given.role);
  end loop;
end $$;

-- What a name means is fixed for every function that runs with the owner's rights, or in the middle
-- of somebody else's statement: pg_catalog first, and temporary objects, which any login could make
-- under the name of a type, last. Functions in plain SQL of the caller's own rights stay as they
-- are: the planner puts their text in place of the call only where nothing is fixed.
do $$
declare
  code record;
begin
  for code in
    select p.oid::regprocedure as name
      from pg_catalog.pg_proc p join pg_catalog.pg_language l on l.oid = p.prolang
     where p.pronamespace = 'safeband'::regnamespace
       and (p.prosecdef or p.prorettype = 'trigger'::regtype or l.lanname <> 'sql')
       and not coalesce('search_path=pg_catalog, pg_temp' = any(p.proconfig), false)
  loop
    execute format('alter function %s set search_path = pg_catalog, pg_temp', code.name);
  end loop;
end $$;

-- Functions: nobody runs one with the owner's rights but who is named here. (A trigger fires without
-- that right, but a login that had it could put the trigger on a table of its own.) The others only
-- do what their caller may do anyway.
do $$
declare
  given record;
  role text;
begin
  revoke execute on all functions in schema safeband from public;
  for role in
    select rolname from pg_catalog.pg_roles
     where rolname in ('safeband_worker', 'safeband_pipeline', 'safeband_reader', 'safeband_server')
  loop
    execute format('revoke execute on all functions in schema safeband from %I', role);
    for given in
      select p.oid::regprocedure as name from pg_catalog.pg_proc p
       where p.pronamespace = 'safeband'::regnamespace
         and case when p.prosecdef then (role, p.proname) in (values
                     -- The audit asks that old rows, and links that ended long ago, go.
                     ('safeband_worker', 'prune_history'), ('safeband_worker', 'prune_shares'),
                     ('safeband_worker', 'prune_rows'), ('safeband_worker', 'prune_group_sends'),
                     -- Triggers of what these roles update ask it.
                     ('safeband_worker', 'is_erasing'), ('safeband_pipeline', 'is_erasing'),
                     ('safeband_server', 'is_erasing'))
                  else p.prorettype <> 'trigger'::regtype end
    loop
      execute format('grant execute on function %s to %I', given.name, role);
    end loop;
  end loop;
end $$;

-- Logins make nothing of their own in this database: a temporary type, or a function in `public`, of a
-- well-known name would be taken for the real one.
do $$
declare
  wish record;
  wishes text[] := '{}';
begin
  for wish in
    select format('revoke temporary, create on database %I from public', datname) as sql,
           datdba as owner, coalesce(datacl, acldefault('d', datdba)) as rights
      from pg_catalog.pg_database where datname = current_database()
    union all
    select 'revoke create on schema public from public', nspowner,
           coalesce(nspacl, acldefault('n', nspowner))
      from pg_catalog.pg_namespace where nspname = 'public'
  loop
    continue when not exists (select from aclexplode(wish.rights)
      where grantee = 0 and privilege_type in ('TEMPORARY', 'CREATE'));
    if pg_has_role(wish.owner, 'usage') then execute wish.sql;
    else wishes := wishes || wish.sql;
    end if;
  end loop;
  if wishes <> '{}' then
    raise notice 'rights: % may not take from all logins that they make objects of their own here; '
      'let the owner of the database run: %', current_user, array_to_string(wishes, '; ');
  end if;
end $$;
