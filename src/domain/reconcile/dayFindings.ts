/**
 * The findings of a reconcile about one quota day: before, after, and the parts of the gap (R8).
 */
import { bookOf, type Account } from '../account/account.js';
import { breakdownOf, type GapPart } from '../gap/breakdown.js';
import type { Event } from '../account/events.js';
import { explainCorrected } from '../gap/corrected.js';
import type { Evidence } from '../records/snapshot.js';
import type { Instant, UtcDay } from '../primitives/time.js';
import { counterOf, sumOf, tallyOf, type ManualEdit } from '../account/counter.js';

/** The findings of a reconcile about one quota day. */
export type DayVerdict = {
  readonly day: UtcDay;
  /** The counter before the reconcile: the larger of the workflow's and the database's. */
  readonly before: number;
  readonly after: number;
  readonly delivered: number;
  readonly external: number;
  readonly drift: number;
  readonly parts: readonly GapPart[];
  /** The parts and the changes of the reconcile, for people. */
  readonly sentences: () => readonly string[];
  /** True if the reconcile restored, counted or released something. */
  readonly isHealed: boolean;
};
export type FindingsInput = {
  readonly account: Account;
  readonly after: Account;
  readonly heals: readonly Event[];
  readonly found: Evidence;
  readonly foreign: ManualEdit | null;
  readonly at: Instant;
};

export function verdictOn(
  day: UtcDay,
  { account, after, heals, found, foreign, at }: FindingsInput,
): DayVerdict {
  const own = counterOf(account, day);
  const before = foreign?.day === day ? Math.max(own, foreign.counter) : own;
  const rows = found.events.filter(({ quotaDay }) => quotaDay === day);
  const tally = tallyOf(after, day);
  const now = sumOf(tally);
  const isTouched = heals.some((event) => dayTouched(event) === day);
  const parts = breakdownOf({ day, before: account, after, events: found.events, stood: before });
  const isEdited = foreign !== null && foreign.columns.length > 0;
  const isForeign = foreign?.day === day || day === account.day;
  const editedColumns = isForeign ? (foreign?.columns ?? []) : [];
  const gap = { day, counter: before, parts, after: now, editedColumns };
  const sentences = (): readonly string[] => explainCorrected(gap, at);
  return {
    day,
    before,
    after: now,
    delivered: tally.delivered,
    external: tally.external,
    drift: before - rows.length - bookOf(account, day).imported,
    parts,
    sentences,
    isHealed: isTouched || before !== now || (isEdited && day === account.day),
  };
}

/** Returns the quota day that a correcting event changes. */
export function dayTouched(event: Event): UtcDay | null {
  if ('slot' in event) return event.slot.quotaDay;
  if (event.type === 'BookCorrected') return event.day;
  return 'external' in event && typeof event.external === 'object' ? event.external.quotaDay : null;
}
