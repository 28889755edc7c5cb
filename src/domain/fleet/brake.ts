/**
 * The brake of the fleet (R27): which accounts it holds, and the changes that its trace keeps. The
 * workflow `inmailBrake` owns it; clients and servers read it from the memo of that workflow.
 */
import type { Flaw, Refusal } from '../account/refusals.js';
import { isoInstant, parseInstant, type Instant } from '../primitives/time.js';
import { ACTOR_RULE, REASON_RULE, when } from '../wire/values.js';
import { group } from '../wire/settingText.js';
import { may, need, needText, parserOf, type Parser, type ValueOf } from '../wire/message.js';

/** One brake that is on. */
export type Brake = {
  readonly brakeId: string;
  /** Null: it holds all accounts. */
  readonly group: string | null;
  /** ISO 8601. */
  readonly since: string;
};
/** The brakes that are on. */
export type BrakeState = readonly Brake[];
/** A change of the brake, for its trace. */
export type BrakeChange =
  | (Brake & { readonly type: 'engaged'; readonly actor: string; readonly reason: string })
  | {
      readonly type: 'released';
      readonly brakeId: string;
      readonly at: string;
      readonly actor: string;
      readonly reason: string;
    };

/** The answer to an order to brake. `heldBefore`: the brake was on already, and stays. */
export type Engaged = Brake & { readonly heldBefore: boolean };
/** The answer to a release; null: no such brake was on. */
export type Released = { readonly released: Brake | null };

/** The field of the memo in which the workflow shows the brake. */
export const BRAKE_MEMO = 'safebandBrake';
export const BRAKE_ID_PATTERN = '^[0-9a-f]{16}$';
const BRAKE_ID = new RegExp(BRAKE_ID_PATTERN);
const isBrakeId = (raw: unknown): raw is string => typeof raw === 'string' && BRAKE_ID.test(raw);
const brakeId = when(isBrakeId, '16 hexadecimal digits', {
  type: 'string',
  pattern: BRAKE_ID_PATTERN,
});

const releaseFields = {
  group: may(group),
  reason: needText(REASON_RULE),
  actor: needText(ACTOR_RULE),
};
const engageFields = { brakeId: need(brakeId), ...releaseFields };
/** An order to brake. The caller makes the id, so that a repeated order is the same brake. */
export type Engage = Named<ValueOf<typeof engageFields>>;
/** Without a group it is about the brake of all accounts. */
export type Release = Named<ValueOf<typeof releaseFields>>;
type Named<T> = Omit<T, 'group'> & { readonly group?: string | null | undefined };
export const parseEngage: Parser<Engage> = parserOf(engageFields);
export const parseRelease: Parser<Release> = parserOf(releaseFields);
/** Maximum brakes of groups at once: Temporal's server refuses a memo of more than 2 KiB. */
export const GROUPS_HELD_MAX = 10;

/** True if a brake holds the accounts of that group; null: an account without a group. */
export const isBraked = (state: BrakeState, ofAccount: string | null): boolean =>
  state.some((one) => one.group === null || one.group === ofAccount);

/** True if each account is held, so that its group does not matter. */
export const holdsAll = (state: BrakeState): boolean => state.some((one) => one.group === null);

type Decided<A> = {
  readonly state: BrakeState;
  readonly changes: readonly BrakeChange[];
  readonly answer: A;
};

/** Puts a brake on. A second one for the same accounts changes nothing. */
export function engage(
  state: BrakeState,
  { brakeId: id, group: named = null, actor, reason }: Engage,
  at: Instant,
): Decided<Engaged | Refusal> {
  const known = state.find((one) => one.group === named);
  if (known) {
    const heldBefore = known.brakeId !== id;
    return { state, changes: [], answer: { ...known, heldBefore } };
  }
  const groups = state.filter((one) => one.group !== null);
  if (named !== null && groups.length >= GROUPS_HELD_MAX) {
    const message =
      `group should be absent: ${GROUPS_HELD_MAX} groups are held, the maximum; hold all ` +
      'accounts, or release a group first';
    return { state, changes: [], answer: { refused: 'InvalidInput', message } };
  }
  const brake = { brakeId: id, group: named, since: isoInstant(at) };
  return {
    state: [...state, brake],
    changes: [{ type: 'engaged', ...brake, actor, reason }],
    answer: { ...brake, heldBefore: false },
  };
}

/** Releases the brake of exactly these accounts: all, or one group. */
export function release(
  state: BrakeState,
  { group: named = null, actor, reason }: Release,
  at: Instant,
): Decided<Released> {
  const released = state.find((one) => one.group === named) ?? null;
  if (released === null) return { state, changes: [], answer: { released } };
  return {
    state: state.filter((one) => one !== released),
    changes: [{ type: 'released', brakeId: released.brakeId, at: isoInstant(at), actor, reason }],
    answer: { released },
  };
}

/**
 * Reads the brake from the memo of its workflow. A memo that cannot be read is a flaw, and never
 * "no brake": in doubt no caller gets a grant.
 */
export function brakesIn(memo: unknown): BrakeState | Flaw {
  const held: unknown = isObject(memo) ? memo['held'] : undefined;
  if (!Array.isArray(held) || !held.every(isBrake)) {
    const message = `the memo ${BRAKE_MEMO} of the brake cannot be read`;
    return { refused: 'Unavailable', message };
  }
  return held;
}

const isObject = (raw: unknown): raw is Readonly<Record<string, unknown>> =>
  typeof raw === 'object' && raw !== null;
const isBrake = (raw: unknown): raw is Brake =>
  isObject(raw) &&
  isBrakeId(raw['brakeId']) &&
  (raw['group'] === null || typeof raw['group'] === 'string') &&
  typeof raw['since'] === 'string' &&
  parseInstant(raw['since']) !== undefined;
