/**
 * Fills a database with made-up rows of past days, in one statement for each table: accounts that
 * sent on each day until yesterday. Recipients and chats differ, and some recipients come again.
 */
import type { UtcDay } from '../../src/domain/primitives/time.js';
import type { Queryable } from '../../src/postgres/pool.js';

export type MadeUp = {
  readonly accounts: number;
  /** Days before today that have rows. */
  readonly days: number;
  /** InMails of each account and day. */
  readonly perDay: number;
  /** The caller's day, because the database's day may end between two statements. */
  readonly today: UtcDay;
};

/** $1 accounts, $2 days, $3 InMails of a day. `n`: the account, `d`: days ago, `i`: the InMail. */
const EACH = `from generate_series(1, $1::int) n, generate_series(1, $2::int) d`;
const EACH_SEND = `${EACH}, generate_series(1, $3::int) i`;
const ACCOUNT = `'a' || lpad(n::text, 6, '0')`;
const TODAY = `safeband.day_at(:today)`;
const AT = `((${TODAY} - d)::timestamp at time zone 'UTC' + interval '9 hours' + i * interval '1 minute')`;
const NOON = `((${TODAY} - d)::timestamp at time zone 'UTC' + interval '12 hours')`;
const ID = `'r' || d || '.' || i`;
const CHAT = `'2-chat' || n || '.' || d || '.' || i`;
/** A member is contacted about once a year by each account. */
export const memberOf = (n: number, d: number, i: number): string =>
  `ACoAA${String((n * 7 + d * 13 + i * 5) % 40_000).padStart(8, '0')}`;
const MEMBER = `'ACoAA' || lpad(((n * 7 + d * 13 + i * 5) % 40000)::text, 8, '0')`;

const FILL: readonly string[] = [
  `insert into safeband.accounts
     (account_id, tier, inmails_sent_today, counter_day, highest_cap, state, owner,
      owner_version, version, updated_at, last_checked_at)
   select ${ACCOUNT}, 'recruiter', 0, ${TODAY}, 50, 'active', 'chain', 1, 1000000, now(), now()
     from generate_series(1, $1::int) n`,
  `insert into safeband.reservations
     (account_id, reservation_id, quota_day, state, reserved_at, lease_expires_at, settled_at,
      journaled, chat_id, message_id, recipient_id, recipient_key, number, recorded_at)
   select ${ACCOUNT}, ${ID}, ${TODAY} - d, 'delivered', ${AT}, ${AT}, ${AT}, true, ${CHAT}, 'm' || ${ID},
          ${MEMBER}, lower(${MEMBER}), d * 100 + i, ${AT} ${EACH_SEND}`,
  `insert into safeband.send_attempts
     (account_id, reservation_id, quota_day, attempted_at, outcome, chat_id, settled_at, recorded_at)
   select ${ACCOUNT}, ${ID}, ${TODAY} - d, ${AT}, 'delivered', ${CHAT}, ${AT}, ${AT} ${EACH_SEND}`,
  `insert into safeband.inmail_events
     (account_id, reservation_id, chat_id, message_id, source, quota_day, delivered_at, number,
      recorded_at)
   select ${ACCOUNT}, ${ID}, ${CHAT}, 'm' || ${ID}, 'pipeline', ${TODAY} - d, ${AT}, d * 100 + i, ${AT}
     ${EACH_SEND}`,
  `insert into safeband.account_days
     (account_id, quota_day, counter, delivered, uncertain, external, imported, unexplained, number)
   select ${ACCOUNT}, ${TODAY} - d, $3::int, $3::int, 0, 0, 0, 0, d * 100 ${EACH}`,
  `insert into safeband.reconciler_runs
     (run_id, scope, account_id, ran_at, duration_ms, accounts_checked, recorded_at)
   select 'run' || n || '.' || d, 'account', ${ACCOUNT}, ${NOON}, 5, 1, ${NOON} ${EACH}`,
  `insert into safeband.corrections
     (account_id, run_id, quota_day, before, after, layer, at, recorded_at)
   select ${ACCOUNT}, 'run' || n || '.' || d, ${TODAY} - d, 3, 2, 'operation', ${NOON}, ${NOON}
     ${EACH} where d % 10 = 0`,
  `insert into safeband.alerts
     (account_id, kind, severity, quota_day, raised_at, resolved_at, opened_at, recorded_at)
   select ${ACCOUNT}, 'drift', 'warning', ${TODAY} - d, ${NOON}, ${NOON}, ${NOON}, ${NOON}
     ${EACH} where d % 10 = 0`,
  `insert into safeband.account_changes
     (account_id, number, kind, actor, reason, at, recorded_at)
   select ${ACCOUNT}, 1000000 - d, case when d = $2 then 'connect' else 'hold' end, 'ada', 'looked',
          ${NOON}, ${NOON} ${EACH} where d % 10 = 0`,
  `insert into safeband.campaign_denials
     (account_id, quota_day, campaign_id, reason, owner, count, recorded_at)
   select ${ACCOUNT}, ${TODAY} - d, 'q4', 'daily_cap', 'chain', 3, ${NOON} ${EACH} where d % 10 = 0`,
  `insert into safeband.waiting
     (account_id, reservation_id, state, recipient_id, lease_seconds, journaled, again, priority,
      valid_until, asked_at, reason, decided_at, number, recorded_at)
   select ${ACCOUNT}, 'w' || d, 'withdrawn', ${MEMBER.replaceAll('i * 5', '0')}, 900, true, false, 5,
          ${NOON}, ${NOON}, 'daily_cap', ${NOON}, d, ${NOON} ${EACH} where d % 10 = 0`,
];

/** Writes the rows; the days of all tables end with yesterday. */
export async function fillYear(db: Queryable, made: MadeUp): Promise<void> {
  for (const sql of FILL) {
    const values = [made.accounts, made.days, made.perDay];
    await db.query(
      sql.replaceAll(':today', String(made.today)),
      sql.includes('$3') ? values : values.slice(0, sql.includes('$2') ? 2 : 1),
    );
  }
}
