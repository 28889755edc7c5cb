/**
 * Which sealed month the audit compares next, and what it has found (R29). All workers share these
 * rows, so a month is compared once, and a failure is seen.
 */
import { dayOf, type Instant } from '../../domain/primitives/time.js';
import { rowsOf, type Queryable } from '../pool.js';

/** A comparison without an end: its worker has stopped, or it failed, and another month is next. */
const LOST = '30 minutes';

/** True for a row of the day `$2` that is compared, or is being compared, at `$1`. */
const taken = (row: string): string => `safeband.utc_day(${row}.begun_at) >= safeband.day_at($2)
  and (coalesce(${row}.compared_at >= ${row}.begun_at, false)
    or ${row}.begun_at > safeband.at_ms($1) - interval '${LOST}')`;

/**
 * Takes a month whose seal was deleted, as long as its comparison has not found that; then the
 * month whose last comparison is the oldest. Returns its first day. Null: a month of today is
 * taken, or none is sealed.
 */
export async function beginComparison(db: Queryable, at: Instant): Promise<string | null> {
  const { rows } = await db.query<{ month: string }>(
    `insert into safeband.seal_comparisons as c (month, begun_at)
     select month, safeband.at_ms($1)
       from (select month from safeband.event_seals
             union select month from safeband.seal_comparisons) known
       left join safeband.seal_comparisons last using (month)
      where not exists (select from safeband.seal_comparisons t where ${taken('t')})
      order by exists (select from safeband.event_seals s where s.month = known.month)
                 or coalesce(last.result = 'differs', false),
               last.begun_at nulls first, month limit 1
     on conflict (month) do update set begun_at = excluded.begun_at where not (${taken('c')})
     returning month::text`,
    [at, dayOf(at)],
  );
  return rows[0]?.month ?? null;
}

export type ComparisonResult = 'equal' | 'differs' | 'too_large';

/** Stores the result of a comparison that began at that time. */
export async function endComparison(
  db: Queryable,
  ask: { readonly month: string; readonly at: Instant; readonly result: ComparisonResult },
): Promise<void> {
  await db.query(
    `update safeband.seal_comparisons set compared_at = begun_at, result = $3
      where month = $1 and begun_at = safeband.at_ms($2)`,
    [ask.month, ask.at, ask.result],
  );
}

/** When a month was compared last; before the first comparison, when the first one was sealed. */
export const COMPARED_SINCE = `(select greatest(max(compared_at),
    (select min(sealed_at) from safeband.event_seals)) from safeband.seal_comparisons)`;

export type Comparisons = {
  /** The month that was compared last, such as 2026-10, and when; null: none was. */
  readonly month: string | null;
  readonly at: Instant | null;
  /** The same, or when the first month was sealed; null: none is. */
  readonly since: Instant | null;
  /** Months that are too large for an audit. */
  readonly tooLarge: number;
};

/** Reads the last comparison that came to its end. */
export async function readComparisons(db: Queryable): Promise<Comparisons> {
  const [found] = await rowsOf<Comparisons>(
    db,
    `select jsonb_build_object(
       'month', to_char(last.month, 'YYYY-MM'), 'at', safeband.ms_of(last.compared_at),
       'since', safeband.ms_of(${COMPARED_SINCE}),
       'tooLarge', (select count(*) from safeband.seal_comparisons
                     where result = 'too_large')) as row
     from (select 1) one left join lateral (
       select month, compared_at from safeband.seal_comparisons where compared_at is not null
        order by compared_at desc limit 1) last on true`,
    [],
  );
  return found ?? { month: null, at: null, since: null, tooLarge: 0 };
}

/** True if a person has closed an alert about exactly these differences of the month. */
export async function isAccepted(
  db: Queryable,
  { month, mark }: { readonly month: string; readonly mark: string },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `select from safeband.alerts
      where kind = 'log_altered' and resolved_at is not null
        and details->>'month' = $1 and details->>'mark' = $2`,
    [month, mark],
  );
  return rowCount !== 0;
}

/**
 * Ends what people accept for the month by closing its alert, because it has no difference now: if
 * a person makes the same difference again, that is a new one.
 */
export async function endAccepted(db: Queryable, month: string): Promise<void> {
  await db.query(
    `update safeband.alerts set details = details - 'mark', recorded_at = clock_timestamp()
      where kind = 'log_altered' and details->>'month' = $1 and details->>'mark' is not null`,
    [month],
  );
}
