/**
 * Compares the sources of one account: its workflow, its row, its reservations, the journal and the
 * event log (R8, R17). A reader reads them one after the other, and rows are written up to 15 s
 * after the message, so a difference is real only if it stays while nothing changes.
 */
import { SAVED_MS } from '../primitives/limits.js';
import type { StatusWire } from '../wire/responses.js';
import type { Why } from './why/model.js';

/** The numbers of the quota day in Postgres, each table counted separately. */
export type Sides = {
  readonly row: {
    readonly version: number;
    readonly counter: number;
    readonly inFlight: number;
    readonly uncertain: number;
    readonly external: number;
    readonly imported: number;
    readonly unexplained: number;
    readonly carried: number;
    /** The row, or a reservation, was written by other means than a save (R14). */
    readonly isEdited: boolean;
    readonly isConnected: boolean;
  };
  readonly reservations: {
    readonly inFlight: number;
    readonly uncertain: number;
    readonly delivered: number;
    readonly released: number;
  };
  readonly journal: {
    /** Attempts that have begun and have no outcome yet. */
    readonly open: number;
    readonly delivered: number;
    readonly failed: number;
    readonly void: number;
  };
  readonly eventLog: {
    readonly delivered: number;
    readonly external: number;
    /** Events of both kinds that were observed too late to count for any cap. */
    readonly uncounted: number;
  };
};

/** One read of all sources. `status`: null if the workflow does not answer or has ended. */
export type Reading = {
  readonly status: StatusWire | null;
  /** True if no workflow of the account runs; false also if this is not known. */
  readonly isGone: boolean;
  readonly sides: Sides;
  readonly why: Why;
};

export type Difference = {
  /** The name of a number that differs between two sources, or the cause of a gap. */
  readonly what: string;
  readonly text: string;
};
/** `stale`: the read may lie between a message and its row, so another read is needed. */
export type CheckVerdict = 'equal' | 'stale' | 'different';

const NUMBERS = [
  'counter',
  'inFlight',
  'uncertain',
  'external',
  'imported',
  'unexplained',
  'carried',
] as const;

/** Returns each difference. Slots in flight or uncertain, and normal parts, are none. */
export function differencesIn({ status, isGone, sides, why }: Reading): readonly Difference[] {
  const { row, reservations } = sides;
  const source = status ? 'the workflow' : 'the row';
  const numbers = status ?? row;
  const differ = (
    what: string,
    place: string,
    one: number,
    other: number,
  ): readonly Difference[] =>
    one === other ? [] : [{ what, text: `${what}: ${one} in ${source}, ${other} in ${place}` }];
  return [
    ...(status ? NUMBERS.flatMap((name) => differ(name, 'the row', status[name], row[name])) : []),
    ...differ('inFlight', 'the reservations', numbers.inFlight, reservations.inFlight),
    ...differ('uncertain', 'the reservations', numbers.uncertain, reservations.uncertain),
    ...(isGone && row.isConnected ? [NO_WORKFLOW] : []),
    ...(row.isEdited ? [EDITED] : []),
    ...(status && row.version > status.version ? [TWO_WRITERS] : []),
    ...why.parts
      .filter(({ cause, isNormal }) => !isNormal && cause !== 'uncertain')
      .map(({ cause, text }) => ({ what: cause, text })),
  ];
}
const EDITED: Difference = {
  what: 'edited',
  text: "the account's row, or one of its reservations, was edited manually",
};
const NO_WORKFLOW: Difference = {
  what: 'workflow',
  text: 'the row is connected, but no workflow runs, so no program updates the row',
};
const TWO_WRITERS: Difference = {
  what: 'version',
  text: 'the row has a newer version than the workflow, so another program writes it',
};

/** True if the workflow has changes that are not in Postgres yet. */
export const isUnsaved = ({ status, sides }: Reading): boolean =>
  status !== null && (status.unsaved > 0 || status.version > sides.row.version);

/** True if nothing changed between the two reads. */
const isSame = (one: Reading, other: Reading): boolean =>
  one.status?.version === other.status?.version &&
  JSON.stringify(one.sides) === JSON.stringify(other.sides);

/** The reads before the last read, and the time from the first read to the last. */
export type Earlier = {
  readonly first: Reading;
  readonly before: Reading;
  readonly waitedMs: number;
};

/** True if the row was newer than the later answer of its workflow: another program wrote it. */
const isBehindRow = (before: Reading, { status }: Reading): boolean =>
  status !== null && before.sides.row.version > status.version;

/** True if changes were unsaved in the first read, and the row has not been saved in 15 s. */
const isStuck = ({ first, waitedMs }: Earlier, last: Reading): boolean =>
  waitedMs >= SAVED_MS &&
  isUnsaved(first) &&
  isUnsaved(last) &&
  first.sides.row.version === last.sides.row.version;

/** Returns the verdict of the last read; `earlier` is null if there is only one read. */
export function verdictOf(earlier: Earlier | null, last: Reading): CheckVerdict {
  if (differencesIn(last).length === 0) return 'equal';
  if (earlier === null) return 'stale';
  if (isBehindRow(earlier.before, last) || isStuck(earlier, last)) return 'different';
  return isUnsaved(last) || !isSame(earlier.before, last) ? 'stale' : 'different';
}
