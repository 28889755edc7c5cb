/** Reads what `safeband check` compares: each table of an account, and the explanation of its gap. */
import type { Sides } from '../../domain/diagnostics/consistency.js';
import type { Why } from '../../domain/diagnostics/why/model.js';
import { dayOf, parseDay, type Instant } from '../../domain/primitives/time.js';
import type { StatusWire } from '../../domain/wire/responses.js';
import type { Pool } from '../pool.js';
import { readSides } from './sides.js';
import { readWhy } from './why.js';

/** Reads both for the quota day of the explanation; undefined: there is no such account. */
export async function readSources(
  pool: Pool,
  accountId: string,
  { now, status }: { readonly now: Instant; readonly status: StatusWire | undefined },
): Promise<{ readonly sides: Sides; readonly why: Why } | undefined> {
  const why = await readWhy(pool, accountId, { now, status });
  const day = parseDay(why?.quotaDay ?? '') ?? dayOf(now);
  const sides = await readSides(pool, accountId, day);
  return why && sides && { sides, why };
}
