/** Seals months of the event log, and compares sealed months with it, after an audit (R29). */
import { heartbeat, log } from '@temporalio/activity';
import type { AuditAsk } from '../ports.js';
import { alteredAlert } from '../../domain/reconcile/fleetAudit.js';
import type { Retention } from '../../domain/records/retention.js';
import { dayOf, HOUR_MS, startOf, type UtcDay } from '../../domain/primitives/time.js';
import {
  beginComparison,
  endAccepted,
  endComparison,
  isAccepted,
} from '../../postgres/data/comparisons.js';
import type { ErasureKey } from '../../postgres/data/erasureKey.js';
import { sealDue } from '../../postgres/data/sealDue.js';
import { SealDeleted } from '../../postgres/data/sealRows.js';
import { verifyMonth } from '../../postgres/data/verifyMonth.js';
import type { Pool } from '../../postgres/pool.js';
import { raiseAlerts } from '../../postgres/save/runs.js';

/** How long rows are kept, when months are sealed, and the key of the seals. */
export type DataNeeds = {
  readonly keep: Retention;
  readonly erasureKey?: ErasureKey | undefined;
};

/** When months are compared: the accounts have begun their day, and old rows are deleted. */
const COMPARE_AFTER_MS = 3 * HOUR_MS;

/** The work on seals after an audit. Without the key, it does nothing. */
export type SealWork = {
  readonly seal: (ask: AuditAsk) => Promise<void>;
  readonly compare: (ask: AuditAsk) => Promise<void>;
};

/** Returns functions that seal the month that is due, and compare a month once a day. */
export function sealWork(pool: Pool, { keep, erasureKey }: DataNeeds): SealWork {
  const { sealAfterDays: afterDays } = keep;
  /** The day on which nothing could be sealed: to read all rows again would find the same. */
  let stoppedOn: UtcDay | null = null;

  async function seal({ at }: AuditAsk): Promise<void> {
    if (afterDays === null || erasureKey === undefined || stoppedOn === dayOf(at)) return;
    const work = sealDue(pool, erasureKey, { at, afterDays, afterPart: heartbeat });
    const done = await work.catch((error: unknown) => {
      if (!(error instanceof SealDeleted)) throw error;
      stoppedOn = dayOf(at);
      log.warn('no month is sealed: a seal was deleted; run safeband verify', {
        month: error.month,
      });
      return null;
    });
    if (done === null || (done.late === 0 && done.tooLarge === null)) return;
    stoppedOn = dayOf(at);
    if (done.tooLarge === null) {
      log.warn('no month is sealed: rows came to sealed months, and safeband verify names them', {
        late: done.late,
      });
    } else {
      log.warn('a month is not sealed: it takes longer than an audit may; run safeband seal', {
        month: done.tooLarge,
      });
    }
  }

  async function compare({ runId, at }: AuditAsk): Promise<void> {
    if (erasureKey === undefined || at - startOf(dayOf(at)) < COMPARE_AFTER_MS) return;
    const month = await beginComparison(pool, at);
    if (month === null) return;
    const found = await verifyMonth(pool, erasureKey, { month, afterPart: heartbeat });
    if (found.flaw) {
      const isKnown = await isAccepted(pool, found);
      const alerts = isKnown ? [] : [alteredAlert({ ...found, ...found.flaw })];
      await raiseAlerts(pool, { runId, at, alerts });
    } else if (!found.isTooLarge) {
      await endAccepted(pool, found.month);
    }
    if (found.isTooLarge) {
      log.warn('a month is too large to be compared with its seal; run safeband verify', {
        month: found.month,
      });
    }
    const result = found.isTooLarge ? 'too_large' : found.flaw ? 'differs' : 'equal';
    await endComparison(pool, { month, at, result });
  }
  return { seal, compare };
}
