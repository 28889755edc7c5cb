/** Reads the traces of erasures (R29). */
import { rowsOf, type Queryable } from '../pool.js';

export type Erasure = {
  readonly erasureId: string;
  readonly at: string;
  /** What stands in place of the id. */
  readonly hash: string;
  readonly by: string;
  readonly reason: string;
  /** Changed rows by table. */
  readonly rows: Readonly<Record<string, number>>;
};

/** Returns the erasures before that one, the newest first. */
export const listErasures = (
  db: Queryable,
  { before, limit }: { readonly before: number | null; readonly limit: number },
): Promise<readonly Erasure[]> =>
  rowsOf(
    db,
    `select jsonb_build_object('erasureId', erasure_id::text, 'at', safeband.iso(erased_at),
       'hash', hash, 'by', erased_by, 'reason', reason, 'rows', rows) as row
     from safeband.erasures where $1::bigint is null or erasure_id < $1
     order by erasure_id desc limit $2`,
    [before, limit],
  );
