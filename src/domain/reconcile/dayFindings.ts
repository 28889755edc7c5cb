/** What a run says of one quota day: as it stood, as it is, and what the gap is made of (R8). */
import { bookOf, isOpen, type Account } from '../account/account.js';
import { breakdownOf, type GapPart } from '../gap/breakdown.js';
import type { Event } from '../account/events.js';
import { explain } from '../gap/sentences.js';
import type { Evidence } from '../records/snapshot.js';
import type { Instant, UtcDay } from '../primitives/time.js';
import { counterOf, sumOf, tallyOf } from '../account/counter.js';
import type { ManualEdit } from '../account/manualEdit.js';

/** What a run says of one quota day. */
export type DayVerdict = {
  readonly day: UtcDay;
  /** As it stood: the larger of the workflow's and the database's. */
  readonly before: number;
  readonly after: number;
  readonly delivered: number;
  readonly external: number;
  readonly drift: number;
  readonly parts: readonly GapPart[];
  /** The parts, and what the run writes, for people. */
  readonly sentences: () => readonly string[];
  /** Something was written back, or counted, or given back. */
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
  const isForeign = foreign?.day === day || day === account.day;
  const gap = { day, counter: before, parts, after: now };
  const sentences = (): readonly string[] =>
    explain(
      { ...gap, editedColumns: isForeign ? (foreign?.columns ?? []) : [] },
      {
        accountId: account.accountId,
        now: at,
        ranAt: at,
        nextRunAt: null,
        open: after.slots.filter(isOpen),
      },
    ).map(({ text }) => text);
  return {
    day,
    before,
    after: now,
    delivered: tally.delivered,
    external: tally.external,
    drift: before - rows.length - bookOf(account, day).imported,
    parts,
    sentences,
    isHealed: isTouched || before !== now || (foreign !== null && day === account.day),
  };
}

/** The quota day that an event of a heal is about. */
export function dayTouched(event: Event): UtcDay | null {
  if ('slot' in event) return event.slot.quotaDay;
  if (event.type === 'BookCorrected') return event.day;
  return 'external' in event && typeof event.external === 'object' ? event.external.quotaDay : null;
}
