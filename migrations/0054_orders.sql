-- Orders on many accounts (R30). The accounts of an order are chosen when it is made, and each has a
-- row that keeps what became of it.
create table safeband.orders (
  order_id text primary key check (order_id ~ '^[0-9a-f]{16}$'),
  kind text not null check (kind in ('hold', 'resume', 'configure', 'reconcile', 'disconnect')),
  filter jsonb not null,
  change jsonb,
  reason text not null check (btrim(reason) <> ''),
  actor text not null check (btrim(actor) <> ''),
  per_second int not null check (per_second between 1 and 500),
  accounts int not null check (accounts > 0),
  -- The order to hold that this one takes back: an order is taken back once.
  takes_back text unique references safeband.orders,
  made_at timestamptz not null default clock_timestamp(),
  stopped_at timestamptz,
  stopped_by text,
  stop_reason text,
  ended_at timestamptz,
  constraint orders_change check ((kind = 'configure') = (change is not null)),
  constraint orders_takes_back check (takes_back is null or kind = 'resume'),
  constraint orders_stopped check ((stopped_at is null) = (stopped_by is null)
    and (stopped_at is null) = (stop_reason is null))
);
create index orders_made on safeband.orders (made_at desc, order_id);

create table safeband.order_accounts (
  order_id text not null references safeband.orders,
  account_id safeband.account_id not null,
  -- Null: the order has not come to it, or was stopped before.
  outcome text check (outcome in ('done', 'unchanged', 'failed')),
  error text,
  decided_at timestamptz,
  primary key (order_id, account_id),
  constraint order_accounts_decided check ((outcome is null) = (decided_at is null)),
  constraint order_accounts_error check (error is null or outcome = 'failed')
);
create index order_accounts_left on safeband.order_accounts (order_id, account_id)
  where outcome is null;
