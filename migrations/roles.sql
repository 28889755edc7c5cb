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
      ('safeband_worker', 'corrections', 'select, insert'),
      ('safeband_worker', 'alerts', 'select, insert, update'),
      ('safeband_worker', 'account_days', 'select, insert, update'),
      ('safeband_worker', 'account_changes', 'select, insert'),
      ('safeband_worker', 'account_status', 'select'),
      ('safeband_worker', 'schema_migrations', 'select'),
      -- It sends webhooks, signs them, and drops what is old.
      ('safeband_worker', 'webhook_endpoints', 'select, update'),
      ('safeband_worker', 'webhook_events', 'select, insert, update, delete'),
      ('safeband_worker', 'webhook_deliveries', 'select, insert, delete'),
      ('safeband_worker', 'webhook_positions', 'select, update'),

      -- A send pipeline begins an attempt, and writes its outcome once; `void` is not its word to
      -- write, but it only harms its own send by it.
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
      ('safeband_reader', 'corrections', 'select'),
      ('safeband_reader', 'alerts', 'select'),
      ('safeband_reader', 'account_days', 'select'),
      ('safeband_reader', 'account_changes', 'select'),
      ('safeband_reader', 'account_history', 'select'),
      ('safeband_reader', 'reservation_history', 'select'),
      ('safeband_reader', 'account_status', 'select'),
      ('safeband_reader', 'schema_migrations', 'select'),

      -- The HTTP server reads the same; it changes accounts through their workflows only.
      ('safeband_server', 'accounts', 'select'),
      ('safeband_server', 'reservations', 'select'),
      ('safeband_server', 'inmail_events', 'select'),
      ('safeband_server', 'send_attempts', 'select'),
      ('safeband_server', 'reconciler_runs', 'select'),
      ('safeband_server', 'corrections', 'select'),
      ('safeband_server', 'alerts', 'select'),
      ('safeband_server', 'account_days', 'select'),
      ('safeband_server', 'account_changes', 'select'),
      ('safeband_server', 'account_history', 'select'),
      ('safeband_server', 'reservation_history', 'select'),
      ('safeband_server', 'account_status', 'select'),
      ('safeband_server', 'schema_migrations', 'select'),
      -- It knows keys by their hashes; keys are made and revoked by the command line, as the owner.
      ('safeband_server', 'api_keys', 'select'),
      ('safeband_server', 'api_keys', 'update (last_used_at)'),
      ('safeband_server', 'sessions', 'select, insert, delete'),
      -- Log-ins and changes of webhooks leave a row for ever.
      ('safeband_server', 'access_changes', 'select, insert'),
      ('safeband_server', 'idempotency', 'select, insert, update, delete'),
      -- A new endpoint hears what comes after it: what is there gets its position first.
      ('safeband_server', 'webhook_endpoints', 'select, insert, update, delete'),
      ('safeband_server', 'webhook_events', 'select, insert, update (position)'),
      ('safeband_server', 'webhook_deliveries', 'select'),
      ('safeband_server', 'webhook_positions', 'select, update')
    ) as list (role, relation, rights)
     where exists (select from pg_catalog.pg_roles where rolname = role)
  loop
    execute format('grant %s on safeband.%I to %I', given.rights, given.relation, given.role);
  end loop;

  -- History is written by triggers with the owner's rights; the worker may only ask that old rows go.
  for given in select from pg_catalog.pg_roles where rolname = 'safeband_worker' loop
    grant execute on function safeband.prune_history(timestamptz, int) to safeband_worker;
  end loop;
end $$;
