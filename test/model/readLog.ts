/** What a new workflow learns from the event log, naively: written from the sentences of R13. */
import type { Ext, Logged } from './kept.js';
import type { Reference } from './reference.js';

const DAY = 86_400_000;

/** Adds the external sends of the log that no reservation has claimed. */
export function readLog(ref: Reference, log: readonly Logged[]): void {
  const isSame = (e: Ext, row: Logged): boolean =>
    e.chat === row.chat && e.msg === row.msg && e.day === row.day;
  const isClaimed = (row: Logged, day?: number): boolean =>
    ref.all.some(
      (r) =>
        ref.isKnown(r) &&
        r.state === 'delivered' &&
        (day === undefined || r.day === day) &&
        r.chat === row.chat &&
        ((r.msg ?? r.learnt) === row.msg || (!r.msg && !row.msg)),
    );
  const known = log.filter((row) => row.id === null && row.day + 2 >= ref.day);
  for (const e of ref.ext) {
    const row = known.find((one) => isSame(e, one));
    e.at = row && !isClaimed(row) ? row.at : -DAY * 9;
  }
  // No day has less than before, nor less than the log has of it.
  const room = (day: number): number =>
    known.filter((row) => row.day === day && row.counts && !isClaimed(row, day)).length -
    ref.ext.filter((e) => e.day === day && e.counts && !e.gone).length;
  for (const row of known) {
    const { chat, msg, day, at } = row;
    if (isClaimed(row, day) || ref.ext.some((e) => !e.gone && isSame(e, row))) continue;
    const counts = row.counts && room(day) > 0;
    const seenAt = isClaimed(row) ? -DAY * 9 : at;
    ref.ext.push({ chat, msg, day, at: seenAt, sentAt: at, counts, gone: false });
  }
}
