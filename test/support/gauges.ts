/** Orders and brakes whose numbers the metrics show, and the metrics that a scrape then has. */
import type { BrakeState } from '../../src/domain/fleet/brake.js';
import { isoInstant } from '../../src/domain/primitives/time.js';
import type { Pool } from '../../src/postgres/pool.js';

/** Writes three orders: one runs, and two accounts failed in the last day. */
export async function giveOrders(pool: Pool): Promise<void> {
  // The first order ended two days ago, so its failed account does not count any more.
  await pool.query(
    `insert into safeband.orders (order_id, kind, filter, reason, actor, per_second, accounts,
       made_at, ended_at)
     values (repeat('0', 16), 'hold', '{}', 'x', 'ada', 50, 1, now() - interval '2 days', now()),
            (repeat('1', 16), 'hold', '{}', 'x', 'ada', 50, 2, now(), now()),
            (repeat('2', 16), 'hold', '{}', 'x', 'ada', 50, 3, now() - interval '2 days', null)`,
  );
  await pool.query(
    `insert into safeband.order_accounts (order_id, account_id, outcome, error, decided_at)
     select repeat(n, 16), id, outcome, case outcome when 'failed' then 'x' end,
            case when outcome is not null then now() end
       from (values ('0', 'acme-1', 'failed'), ('1', 'acme-1', 'failed'), ('1', 'acme-2', 'done'),
                    ('2', 'acme-1', 'failed'), ('2', 'acme-2', 'done'), ('2', 'acme-3', null))
              o (n, id, outcome)`,
  );
}

/** Writes three asks of an account in their lines: two wait, and one has left it. */
export const giveAsks = (pool: Pool, accountId: string) =>
  pool.query(
    `insert into safeband.waiting (account_id, reservation_id, state, lease_seconds, journaled, again,
       priority, valid_until, asked_at, reason, decided_at, number)
     select $1, 'w' || n, case n when 3 then 'withdrawn' else 'waiting' end, 900, false, false, 5,
            now(), now(), 'daily_cap', case n when 3 then now() end, n
       from generate_series(1, 3) n`,
    [accountId],
  );

/** Returns a brake of two hours, and one of a group since a minute. */
export const brakesAt = (now: number): BrakeState => [
  { brakeId: 'a', group: null, since: isoInstant(now - 7_200_000) },
  { brakeId: 'b', group: 'team', since: isoInstant(now - 60_000) },
];

/** The metrics of the fleet in the test of `/metrics`, with the orders and brakes above. */
export const FLEET_METRICS = [
  'safeband_runbook_info{url="https://safeband.example/runbook"} 1',
  'safeband_accounts{state="active"} 1',
  'safeband_accounts{state="cooldown"} 1',
  'safeband_accounts{state="held"} 1',
  'safeband_group_accounts{group="none",state="active"} 1',
  'safeband_group_accounts{group="none",state="held"} 1',
  'safeband_group_accounts{group="team",state="cooldown"} 1',
  'safeband_group_slots_spent{group="none",state="active"} 5',
  'safeband_group_slots_spent{group="none",state="held"} 0',
  'safeband_group_slots_spent{group="team",state="cooldown"} 30',
  'safeband_group_slots_uncertain{group="none"} 0',
  'safeband_group_slots_uncertain{group="team"} 2',
  'safeband_group_slots_in_flight{group="none"} 1',
  'safeband_group_slots_in_flight{group="team"} 0',
  'safeband_group_asks_waiting{group="none"} 0',
  'safeband_group_asks_waiting{group="team"} 2',
  'safeband_group_cooldowns{group="none"} 0',
  'safeband_group_cooldowns{group="team"} 1',
  'safeband_group_alerts_open{group="none",severity="info"} 1',
  'safeband_group_alerts_open{group="team",severity="critical"} 1',
  'safeband_accounts_in_shadow 1',
  'safeband_cooldowns{cause="overshoot"} 1',
  'safeband_alerts_open{kind="drift",severity="info"} 1',
  'safeband_alerts_open{kind="undercount",severity="critical"} 1',
  'safeband_slots_spent 35',
  'safeband_slots_in_flight 1',
  'safeband_slots_overdue 1',
  'safeband_slots_uncertain 2',
  'safeband_slots_carried 1',
  'safeband_slots_unexplained 1',
  'safeband_accounts_hot 1',
  'safeband_oldest_check_age_seconds 3..',
  'safeband_accounts_reset_late 1',
  'safeband_audit_age_seconds 11..',
  'safeband_audit_duration_seconds 1.5',
  'safeband_audit_accounts{found="checked"} 3',
  'safeband_audit_accounts{found="drifting"} 1',
  'safeband_seals_compared_age_seconds 36..',
  'safeband_orders_running 1',
  'safeband_order_accounts_left 1',
  'safeband_order_accounts_failed 2',
  'safeband_webhooks_waiting 2',
  'safeband_webhooks_oldest_age_seconds 9..',
  'safeband_webhooks_disabled 1',
  'safeband_postgres_up 1',
  'safeband_brakes_on 2',
  'safeband_brake_age_seconds{group=""} 7200',
  'safeband_brake_age_seconds{group="team"} 60',
];
