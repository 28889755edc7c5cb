/** Reads the last weeks of an account, for a replay under another policy (R17). */
import { openingDays, type Policy } from '../../domain/account/policy.js';
import type { IntervalsFor } from '../../domain/diagnostics/whatIf/scenario.js';
import { dayOf, DAY_MS, isoInstant, startOf, type Instant } from '../../domain/primitives/time.js';
import { whatIfOf, type WhatIf, type WhatIfRows } from '../../domain/diagnostics/whatIf/whatIf.js';
import type { WindowIntervals } from '../../domain/account/sendingWindow.js';
import { windowIntervals } from '../../calendar/openings.js';
import { KEPT_ROW, readScenario } from './history.js';
import { inSnapshot, rowsOf, type Pool, type Queryable } from '../pool.js';
import { isRefusal, type Refusal } from '../../domain/account/refusals.js';
import { parseWhatIf } from '../../domain/diagnostics/whatIf/question.js';

/**
 * Returns what another `dailyCap`, `weeklyCap`, `ramp`, `sendingWindow` or `timezone` would have
 * done to the asks of the last `days` days (1 to 90, default 30) before `now`. Returns a refusal
 * for a wrong change (`InvalidInput`, `CapAboveSafeBand`); undefined if there is no such account.
 */
export async function whatIf(
  pool: Pool,
  accountId: string,
  change: unknown,
  { days = 30, now }: { readonly days?: number; readonly now: Instant },
): Promise<WhatIf | Refusal | undefined> {
  const wanted = parseWhatIf(change, days, now);
  if (isRefusal(wanted)) return wanted;
  const rows = await inSnapshot(pool, (db) =>
    readRows(db, accountId, startOf(dayOf(now) - days + 1), now),
  );
  return rows && whatIfOf(rows, wanted, intervalsFor(rows.from, days));
}

/** Computes each window once, for the whole time and as far ahead as a forecast may need. */
function intervalsFor(from: Instant, days: number): IntervalsFor {
  const known = new Map<string, WindowIntervals | null>();
  return (policy: Policy) => {
    const { sendingWindow: window, timezone } = policy;
    const key = JSON.stringify([window, timezone]);
    const found = known.get(key);
    if (found !== undefined || window === null) return found ?? null;
    const ask = { window, timezone, from: from - DAY_MS, days: days + openingDays(policy) + 2 };
    const intervals = windowIntervals(ask) ?? null;
    known.set(key, intervals);
    return intervals;
  };
}

async function readRows(
  db: Queryable,
  accountId: string,
  start: Instant,
  to: Instant,
): Promise<WhatIfRows | undefined> {
  const first = await readScenario(db, accountId, start);
  if (!first) return undefined;
  const asks = await readAsks(db, accountId, start, to);
  const began = Math.min(first.keptSince, asks[0]?.reservedAt ?? Infinity);
  const from = Math.max(start, startOf(dayOf(began)));
  const past = from === start ? first : await readScenario(db, accountId, from);
  if (!past) return undefined;
  const happened = await readHappened(db, accountId, from, to);
  const ungranted = past.found.filter(({ isGranted }) => !isGranted);
  const notes =
    first.keptSince > from
      ? [
          `Rows of the account are kept since ${isoInstant(first.keptSince)}: for the time before, ` +
            'the policy of that instant is used.',
        ]
      : [];
  return {
    ...happened,
    past,
    from,
    to,
    asks,
    older: past.reservations.filter(({ reservedAt }) => reservedAt < from),
    ungranted: new Set(ungranted.map(({ reservationId }) => reservationId)),
    notes,
  };
}

const readAsks = (
  db: Queryable,
  accountId: string,
  from: Instant,
  to: Instant,
): Promise<WhatIfRows['asks']> =>
  rowsOf(
    db,
    `select ${KEPT_ROW} as row from safeband.reservations
      where account_id = $1 and quota_day >= safeband.utc_day(safeband.at_ms($2))
        and reserved_at >= safeband.at_ms($2) and reserved_at < safeband.at_ms($3)
      order by reserved_at, reservation_id`,
    [accountId, from, to],
  );

/** Excludes an external event that a reservation has claimed since: the log keeps it (R15). */
const UNCLAIMED = `not exists (
            select from safeband.reservations r
             where r.account_id = e.account_id and r.state = 'delivered'
               and r.quota_day = e.quota_day and r.chat_id = e.chat_id
               and r.message_id is not distinct from e.message_id)`;

type Happened = Pick<WhatIfRows, 'externals' | 'changes' | 'shocks' | 'imports' | 'denials'>;

/** Reads what LinkedIn, people and reconciles did in that time. */
async function readHappened(
  db: Queryable,
  accountId: string,
  from: Instant,
  to: Instant,
): Promise<Happened> {
  const [happened] = await rowsOf<Happened>(
    db,
    `select jsonb_build_object(
       'externals', (select coalesce(jsonb_agg(jsonb_build_object('table', 'inmail_events',
           'reservationId', null, 'chatId', chat_id, 'messageId', message_id, 'source', source,
           'quotaDay', safeband.day_no(quota_day), 'deliveredAt', safeband.ms_of(delivered_at),
           'isCounted', is_counted) order by event_id), '[]')
         from safeband.inmail_events e
        where account_id = $1 and source = 'external' and is_counted
          and delivered_at >= safeband.at_ms($2) and delivered_at < safeband.at_ms($3)
          and ${UNCLAIMED}),
       'changes', (select coalesce(jsonb_agg(jsonb_build_object('kind', kind, 'actor', actor,
           'reason', reason, 'details', details, 'at', safeband.ms_of(at)) order by number), '[]')
         from safeband.account_changes
        where account_id = $1 and at >= safeband.at_ms($2) and at < safeband.at_ms($3)),
       'shocks', (select coalesce(jsonb_agg(jsonb_build_object('at', safeband.ms_of(c.at),
           'count', (part->>'count')::int)), '[]')
         from safeband.corrections c, jsonb_array_elements(c.explanation->'parts') part
        where c.account_id = $1 and c.at >= safeband.at_ms($2) and c.at < safeband.at_ms($3)
          and c.quota_day = safeband.utc_day(c.at)
          and part->>'cause' in ('edited_by_hand', 'unexplained')
          and (part->>'count')::int > 0),
       'imports', (select coalesce(jsonb_agg(jsonb_build_object('day', safeband.day_no(day),
           'count', imported)), '[]')
         from (select quota_day as day, imported from safeband.account_days where account_id = $1
               union all select counter_day, imported from safeband.accounts where account_id = $1
              ) as days
        where imported > 0 and day >= safeband.utc_day(safeband.at_ms($2))),
       'denials', (select coalesce(jsonb_agg(jsonb_build_object('day', safeband.day_no(quota_day),
           'denials', denials)), '[]')
         from safeband.account_days
        where account_id = $1 and quota_day >= safeband.utc_day(safeband.at_ms($2)))) as row`,
    [accountId, from, to],
  );
  if (!happened) throw new Error('a statement that returns one row returned none');
  return happened;
}
