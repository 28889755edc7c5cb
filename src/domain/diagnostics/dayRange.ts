/** The quota days of a statistic: `from` and `to`, both included. */
import type { Flaw } from '../account/refusals.js';
import { isoDay, parseDay, type UtcDay } from '../primitives/time.js';

/** Maximum quota days of one statistic. */
export const STATISTIC_DAYS_MAX = 92;
/** The days of a statistic that names none. */
const STATISTIC_DAYS = 28;

export type DayRange = { readonly from: UtcDay; readonly to: UtcDay };
type Named = { readonly from?: string | null; readonly to?: string | null };
/** A refusal names the field that is wrong. */
export type DayFlaw = Flaw & { readonly field: 'from' | 'to' };

/** Returns the quota days of a statistic; without days, the last four weeks until today. */
export function dayRange({ from, to }: Named, today: UtcDay): DayRange | DayFlaw {
  const flaw = (field: DayFlaw['field'], shouldBe: string): DayFlaw => ({
    refused: 'InvalidInput',
    field,
    message: `${field} should be ${shouldBe}`,
  });
  const last = to ? parseDay(to) : today;
  if (last === undefined) return flaw('to', 'a day such as 2026-11-24');
  const first = from ? parseDay(from) : last - STATISTIC_DAYS + 1;
  if (first === undefined) return flaw('from', 'a day such as 2026-11-24');
  if (first > last) return flaw('from', `${isoDay(last)} or earlier, because that is the last day`);
  const earliest = last - STATISTIC_DAYS_MAX + 1;
  return first >= earliest
    ? { from: first, to: last }
    : flaw('from', `${isoDay(earliest)} or later: at most ${STATISTIC_DAYS_MAX} days are read`);
}
