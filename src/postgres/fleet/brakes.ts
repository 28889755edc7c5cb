/** The trace of the brake: one row for each brake, with its release (R27). */
import type { BrakeChange } from '../../domain/fleet/brake.js';
import { rowsOf, type Queryable } from '../pool.js';

/** A brake in the trace. Instants are ISO 8601. */
export type BrakeRow = {
  readonly brakeId: string;
  /** Null: all accounts. */
  readonly group: string | null;
  readonly since: string;
  readonly actor: string;
  readonly reason: string;
  /** Null: the brake is on, or its release is not written yet. */
  readonly released: {
    readonly at: string;
    readonly actor: string;
    readonly reason: string;
  } | null;
};

/** Writes one change; a change that is written already changes nothing. */
export async function writeBrakeChange(db: Queryable, change: BrakeChange): Promise<void> {
  const { brakeId, actor, reason } = change;
  if (change.type === 'engaged') {
    await db.query(
      `insert into safeband.brakes (brake_id, group_name, engaged_at, engaged_by, engaged_reason)
       values ($1, $2, $3, $4, $5) on conflict (brake_id) do nothing`,
      [brakeId, change.group, change.since, actor, reason],
    );
    return;
  }
  await db.query(
    `update safeband.brakes set released_at = $2, released_by = $3, released_reason = $4
      where brake_id = $1 and released_at is null`,
    [brakeId, change.at, actor, reason],
  );
}

/** Returns the brakes of the trace, the newest first. */
export const listBrakes = (db: Queryable, limit: number): Promise<readonly BrakeRow[]> =>
  rowsOf(
    db,
    `select jsonb_build_object('brakeId', brake_id, 'group', group_name,
       'since', safeband.iso(engaged_at), 'actor', engaged_by, 'reason', engaged_reason,
       'released', case when released_at is not null then jsonb_build_object(
         'at', safeband.iso(released_at), 'actor', released_by, 'reason', released_reason) end) as row
     from safeband.brakes order by engaged_at desc, brake_id limit $1`,
    [limit],
  );
