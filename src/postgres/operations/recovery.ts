/**
 * How far the fleet audit has come with the accounts that had no workflow: one row, so that a page
 * shows it without a list of workflows (R8). The row stays after the last account was started.
 */
import type { Instant } from '../../domain/primitives/time.js';
import { rowsOf, type Queryable } from '../pool.js';

export type Recovery = {
  /** When the first of the accounts was found. */
  readonly beganAt: Instant;
  /** When the last of them was started; null: none was. */
  readonly lastAt: Instant | null;
  /** The same, if it shows that audits work; null: no audit has come to its end for long. */
  readonly signAt: Instant | null;
  readonly started: number;
  /** Accounts that were not started yet. */
  readonly missing: number;
};

/** How long starts show that audits work, without the end of one: longer than an audit may take. */
const SIGN = '30 minutes';
/** When an account was last started, as a sign of a working audit (SQL). */
export const AUDIT_SIGN = `(select last_at from safeband.recovery
  where last_at < unreported_since + interval '${SIGN}')`;
const HEARTBEAT = `(select recorded_at from safeband.reconciler_runs where scope = 'fleet'
  order by ran_at desc limit 1)`;

/** A recovery that has ended ends here; the next account without a workflow begins another one. */
const ENDED = 'r.missing = 0';

/**
 * Adds the accounts that were just started, and stores how many are left. An audit that finds none
 * changes no row, if all accounts of the last recovery were started.
 */
export async function noteStarted(
  db: Queryable,
  { started, missing }: Pick<Recovery, 'started' | 'missing'>,
): Promise<void> {
  if (started === 0 && missing === 0) {
    await db.query('update safeband.recovery set missing = 0 where missing > 0');
    return;
  }
  await db.query(
    `insert into safeband.recovery as r (began_at, last_at, unreported_since, started, missing)
     select now, case when $1::int > 0 then now end,
            case when $1::int > 0 then now end,
            $1::int, $2::int
       from clock_timestamp() now
     on conflict (is_only) do update
        set began_at = case when ${ENDED} then excluded.began_at else r.began_at end,
            last_at = coalesce(excluded.last_at, case when ${ENDED} then null else r.last_at end),
            unreported_since = case
              when excluded.last_at is null
                or r.unreported_since > coalesce(${HEARTBEAT}, '-infinity')
              then r.unreported_since else excluded.last_at end,
            started = excluded.started + case when ${ENDED} then 0 else r.started end,
            missing = excluded.missing`,
    [started, missing],
  );
}

/** Reads the last recovery; null: no account was ever missing. */
export async function readRecovery(db: Queryable): Promise<Recovery | null> {
  const [found] = await rowsOf<Recovery>(
    db,
    `select jsonb_build_object('beganAt', safeband.ms_of(began_at),
       'lastAt', safeband.ms_of(last_at), 'signAt', safeband.ms_of(${AUDIT_SIGN}),
       'started', started, 'missing', missing) as row
     from safeband.recovery`,
    [],
  );
  return found ?? null;
}
