/**
 * One account, held side by side: its workflow, its row, its reservations, the journal and the
 * event log (R8, R17). Whoever reads them reads them one by one, and rows are written up to 15 s
 * after the message: so a difference is real only if it stays while nothing moves.
 */
import { SAVED_MS } from '../primitives/limits.js';
import type { StatusWire } from '../wire/responses.js';
import type { Why } from './why/model.js';

/** What Postgres says of the quota day, each place counted by itself. */
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
    /** Another than a save has written it (R14). */
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
    /** Begun, and no outcome written. */
    readonly open: number;
    readonly delivered: number;
    readonly failed: number;
    readonly void: number;
  };
  readonly eventLog: {
    readonly delivered: number;
    readonly external: number;
    /** Of both: seen too late to count for any cap. */
    readonly uncounted: number;
  };
};

/** One look at all of them. `status`: null where the workflow does not answer or has ended. */
export type Reading = {
  readonly status: StatusWire | null;
  /** The account has no workflow that runs; false also where nobody can tell. */
  readonly isGone: boolean;
  readonly sides: Sides;
  readonly why: Why;
};

export type Difference = {
  /** A number that two places tell differently, or the class of a gap. */
  readonly what: string;
  readonly text: string;
};
/** `stale`: it may be a look between a message and its row; look again. */
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

/** Everything that does not fit; what is normal, in flight or uncertain, fits. */
export function differencesIn({ status, isGone, sides, why }: Reading): readonly Difference[] {
  const { row, reservations } = sides;
  const teller = status ? 'the workflow' : 'the row';
  const told = status ?? row;
  const differ = (
    what: string,
    place: string,
    one: number,
    other: number,
  ): readonly Difference[] =>
    one === other ? [] : [{ what, text: `${what}: ${teller} says ${one}, ${place} ${other}` }];
  return [
    ...(status ? NUMBERS.flatMap((name) => differ(name, 'the row', status[name], row[name])) : []),
    ...differ('inFlight', 'the reservations', told.inFlight, reservations.inFlight),
    ...differ('uncertain', 'the reservations', told.uncertain, reservations.uncertain),
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
  text: "the account's row, or one of its reservations, was edited by hand",
};
const NO_WORKFLOW: Difference = {
  what: 'workflow',
  text: 'the row is connected, and no workflow runs: nobody saves it',
};
const TWO_WRITERS: Difference = {
  what: 'version',
  text: 'the row is of a newer version than the workflow: somebody else writes it',
};

/** Rows are on their way: what the workflow says is not in Postgres yet. */
export const isUnsaved = ({ status, sides }: Reading): boolean =>
  status !== null && (status.unsaved > 0 || status.version > sides.row.version);

/** Nothing moved between the two looks. */
const isSame = (one: Reading, other: Reading): boolean =>
  one.status?.version === other.status?.version &&
  JSON.stringify(one.sides) === JSON.stringify(other.sides);

/** The looks before the last one, and how long before it the first was. */
export type Earlier = {
  readonly first: Reading;
  readonly before: Reading;
  readonly waitedMs: number;
};

/** A row of a version that its workflow, asked later, has not reached: it is another's. */
const isOutrun = (before: Reading, { status }: Reading): boolean =>
  status !== null && before.sides.row.version > status.version;

/** What was unsaved at the first look should be in Postgres by now, and no save has come. */
const isStuck = ({ first, waitedMs }: Earlier, last: Reading): boolean =>
  waitedMs >= SAVED_MS &&
  isUnsaved(first) &&
  isUnsaved(last) &&
  first.sides.row.version === last.sides.row.version;

/** What the last look says, held against those before it; null: there were none. */
export function verdictOf(earlier: Earlier | null, last: Reading): CheckVerdict {
  if (differencesIn(last).length === 0) return 'equal';
  if (earlier === null) return 'stale';
  if (isOutrun(earlier.before, last) || isStuck(earlier, last)) return 'different';
  return isUnsaved(last) || !isSame(earlier.before, last) ? 'stale' : 'different';
}
