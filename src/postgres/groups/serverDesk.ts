/** The desk of asks of a group (R31) as servers use it: with the gate's order, and erased ids. */
import type { Instant } from '../../domain/primitives/time.js';
import { erasedRecipient, prefixOf, type ErasureKey } from '../data/erasureKey.js';
import type { Pool } from '../pool.js';
import { pgGroupDesk, type GroupDesk } from './desk.js';
import { orderOfGroup } from './next.js';

/** Makes the desk; `key` is that of erasures, if there is one (R29). */
export const serverDesk = (pool: Pool, now: () => Instant, key?: ErasureKey): GroupDesk =>
  pgGroupDesk(pool, {
    order: (group) => orderOfGroup(pool, group, now()),
    ...(key
      ? { erased: { prefix: prefixOf(key), hashOf: (id: string) => erasedRecipient(key, id) } }
      : {}),
  });
