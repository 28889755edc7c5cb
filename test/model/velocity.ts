/** The velocity cap once more, naively: written from the sentences of R25. */
import type { RefPolicy } from './kept.js';

type Limited = {
  readonly policy: RefPolicy;
  readonly day: number;
  readonly sentOn: (day: number) => number;
};

/** Goes back day by day, until seven days have a send, or for 28 days. */
export function velocityCap({ policy: { velocity }, day, sentOn }: Limited): number {
  if (!velocity) return 1e9;
  const sends: number[] = [];
  for (let back = 1; back <= 28 && sends.length < 7; back += 1) {
    if (sentOn(day - back) > 0) sends.push(sentOn(day - back));
  }
  if (sends.length === 0) return velocity.floor;
  const mean = sends.reduce((sum, one) => sum + one, 0) / sends.length;
  // A product such as 1.5 x 4 must not end below 6 because of its last bits.
  return Math.max(velocity.floor, Math.floor(velocity.factor * mean + 1e-9));
}

/** Keeps the counters of the days that leave the week: a later report does not change them. */
export function closeDays(
  ref: Pick<Limited, 'day' | 'sentOn'> & { readonly closed: Map<number, number> },
  next: number,
): void {
  for (let old = ref.day - 6; old <= Math.min(ref.day, next - 7); old += 1) {
    ref.closed.set(old, ref.sentOn(old));
  }
}
