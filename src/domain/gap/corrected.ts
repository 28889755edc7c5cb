/**
 * A gap that a reconcile has found and corrected, in plain sentences in the past tense (R8). The
 * alerts and the corrections of the reconcile store them, and people read them later.
 */
import { phraseOf } from './phrases.js';
import { numbersOf, sideOf, type Gap } from './sentences.js';
import type { GapPart } from './breakdown.js';
import { dayOf, isoDay, type Instant } from '../primitives/time.js';

export type CorrectedGap = Gap & {
  /** The counter after the reconcile. */
  readonly after: number;
  /** Columns of the account's row that a manual edit had changed. */
  readonly editedColumns: readonly string[];
};

/** Returns what the reconcile found and what it changed; `at`: the time of the reconcile. */
export function explainCorrected(gap: CorrectedGap, at: Instant): readonly string[] {
  const { counter, after, editedColumns } = gap;
  return [
    headline(gap, at),
    ...gap.parts.map(sentenceOf),
    ...(after === counter ? [] : [`The reconcile set the counter from ${counter} to ${after}.`]),
    ...(editedColumns.length === 0
      ? []
      : [
          `The account's row had been edited manually (${editedColumns.join(', ')});` +
            ' the reconcile restored it.',
        ]),
  ];
}

function headline(gap: Gap, at: Instant): string {
  const { day, counter, logged } = numbersOf(gap);
  const apart = counter === logged ? 'they agreed' : `${Math.abs(counter - logged)} apart`;
  const when = day < dayOf(at) ? `On ${isoDay(day)}, the` : 'The';
  return `${when} counter was ${counter}, the event log had ${logged}: ${apart}.`;
}

function sentenceOf(part: GapPart): string {
  const { size, side } = sideOf(part);
  const isOne = size === 1;
  const them = isOne ? 'it' : 'them';
  const end = isKept(part)
    ? `The reconcile left ${them} as ${isOne ? 'it was' : 'they were'}.`
    : `The reconcile corrected ${them}.`;
  return `${size} ${isOne ? 'was' : 'were'} ${side}, ${phraseOf(part, isOne, true)} ${end}`;
}

/** True if a reconcile does not change the part: a report, a proof or midnight does. */
const isKept = ({ cause, reservations }: GapPart): boolean =>
  cause === 'in_flight' ||
  cause === 'uncertain' ||
  cause === 'imported' ||
  (cause === 'external' && reservations.length > 0);
