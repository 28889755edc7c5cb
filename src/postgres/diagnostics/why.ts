/** Reads what the explanation of an account's numbers needs (R17), in one snapshot. */
import { DAY_MS, parseInstant, type Instant, type UtcDay } from '../../domain/primitives/time.js';
import { whyOf } from '../../domain/diagnostics/why/why.js';
import type { StatusWire } from '../../domain/wire/responses.js';
import { offsetIn } from '../../calendar/openings.js';
import { inSnapshot, rowsOf, type Pool, type Queryable } from '../pool.js';
import { listOpenAlerts } from '../alerts/alerts.js';
import { readAccountRows } from './accountRows.js';
import type { Why, WhyRows } from '../../domain/diagnostics/why/model.js';

/** Maximum open alerts of an explanation. */
const ALERTS_MAX = 50;
const CORRECTIONS_MAX = 20;
const AGAIN_MAX = 20;

/**
 * Answers "why do my numbers differ?" for one account; undefined if there is no such account.
 * `status`: the answer of its workflow; absent: only the rows are read. The sentences are the same
 * if everything is saved.
 */
export function readWhy(
  pool: Pool,
  accountId: string,
  { now, status }: { readonly now: Instant; readonly status?: StatusWire | undefined },
): Promise<Why | undefined> {
  const asOf = (status && parseInstant(status.asOf)) ?? now;
  return inSnapshot(pool, async (db) => {
    const rows = await readRows(db, accountId, asOf);
    return rows && whyOf(rows, status, asOf, offsetIn);
  });
}

async function readRows(
  db: Queryable,
  accountId: string,
  now: Instant,
): Promise<WhyRows | undefined> {
  const rows = await readAccountRows(db, accountId, now);
  if (!rows) return undefined;
  const alerts = await listOpenAlerts(db, { accountId, limit: ALERTS_MAX });
  const corrections = await readCorrections(db, accountId, now);
  const again = await readAgain(db, accountId, rows.account.day);
  const wouldDeny = await readWouldDeny(db, accountId, rows.account.day);
  return { ...rows, alerts, corrections, again, wouldDeny };
}

/** Reads the reservations of a day whose caller contacted the recipient once more (R20). */
const readAgain = (db: Queryable, accountId: string, day: UtcDay): Promise<WhyRows['again']> =>
  rowsOf(
    db,
    `select to_jsonb(reservation_id) as row from safeband.reservations
      where account_id = $1 and quota_day = safeband.day_at($2) and again
      order by reserved_at limit $3`,
    [accountId, day, AGAIN_MAX],
  );

/** Counts the grants of a day that the gate would have denied, by reason (R23). */
const readWouldDeny = (
  db: Queryable,
  accountId: string,
  day: UtcDay,
): Promise<WhyRows['wouldDeny']> =>
  rowsOf(
    db,
    `select jsonb_build_object('reason', would_deny ->> 'reason', 'count', count(*)) as row
     from safeband.reservations
     where account_id = $1 and quota_day = safeband.day_at($2) and would_deny is not null
     group by would_deny ->> 'reason' order by count(*) desc, would_deny ->> 'reason'`,
    [accountId, day],
  );

const readCorrections = (
  db: Queryable,
  accountId: string,
  now: Instant,
): Promise<WhyRows['corrections']> =>
  rowsOf(
    db,
    `select jsonb_build_object('at', safeband.ms_of(at),
       'sentences', coalesce(explanation->'sentences', '[]')) as row
     from safeband.corrections
     where account_id = $1 and at > safeband.at_ms($2)
     order by at desc, correction_id desc limit $3`,
    [accountId, now - DAY_MS, CORRECTIONS_MAX],
  );
