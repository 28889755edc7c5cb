/** Log-ins, and changes of keys and webhooks: rows that triggers write (0018_access.sql). */
import { rowsOf, type Queryable } from '../pool.js';

export type AccessChange = {
  readonly changeId: number;
  readonly at: string;
  readonly kind: string;
  readonly actor: string;
  readonly target: string;
  readonly details: object;
};

/** Returns the changes before that one, the newest first. */
export const listAccessChanges = (
  db: Queryable,
  { before, limit }: { readonly before: number | null; readonly limit: number },
): Promise<readonly AccessChange[]> =>
  rowsOf(
    db,
    `select jsonb_build_object('changeId', change_id, 'at', safeband.iso(at), 'kind', kind,
       'actor', actor, 'target', target, 'details', details) as row
     from safeband.access_changes where $1::bigint is null or change_id < $1
     order by change_id desc limit $2`,
    [before, limit],
  );
