/** Reads who connected or disconnected an account last. */
import type { Tier } from '../../domain/primitives/tier.js';
import { rowsOf, type Queryable } from '../pool.js';

export type LastConnection = {
  readonly kind: 'connect' | 'disconnect';
  readonly actor: string;
  readonly tier: Tier;
};

/** Returns the last connect or disconnect that is saved; undefined if there was none. */
export async function lastConnection(
  db: Queryable,
  accountId: string,
): Promise<LastConnection | undefined> {
  const [last] = await rowsOf<LastConnection>(
    db,
    `select jsonb_build_object('kind', kind, 'actor', actor, 'tier', tier) as row
     from safeband.account_changes join safeband.accounts using (account_id)
     where account_id = $1 and kind in ('connect', 'disconnect')
     order by number desc limit 1`,
    [accountId],
  );
  return last;
}
