/** Which accounts of a group may send now or first (R26), as the accounts themselves answer. */
import {
  NEXT_MAX,
  nextJson,
  orderOf,
  type Member,
} from '../../domain/diagnostics/canSend/groupOrder.js';
import { parseInstant } from '../../domain/primitives/time.js';
import type { CanSend } from '../../domain/wire/canSend.js';
import { isUnknownAccount, SafebandError } from '../errors.js';

/** An account of a group, and when it grants. */
export type GroupNext = {
  readonly accountId: string;
  /** True: a reserve would be granted now, by the account; the brake is not asked. */
  readonly canSend: boolean;
  /** Why it waits; null: it does not. */
  readonly reason: string | null;
  /** The first instant of a grant. Null: now, or the next reconcile decides. */
  readonly notBefore: string | null;
  /** Slots that are left today; 0 if it cannot send now. */
  readonly left: number;
  /** A reserve is granted at these instants, if each slot before is used. */
  readonly slots: readonly string[];
};

/** What is read from one account. */
export type MemberReads = {
  status(accountId: string): Promise<{ readonly canSend: CanSend }>;
  nextSlots(accountId: string, count: number): Promise<readonly string[]>;
};

/** Instants of each account. */
const SLOTS = 3;

/** Throws `InvalidInput` for a count that `next` does not read. */
export function checkNextCount(count: number): void {
  if (Number.isInteger(count) && count >= 1 && count <= NEXT_MAX) return;
  const text = `count should be a whole number from 1 to ${NEXT_MAX}`;
  throw new SafebandError('InvalidInput', text);
}

/**
 * Asks the accounts, some at a time, until enough of them can send. Accounts that need a person,
 * have ended or do not answer are left out.
 */
export async function nextOf(
  accounts: MemberReads,
  ids: readonly string[],
  count: number,
): Promise<readonly GroupNext[]> {
  const members: Member[] = [];
  for (let from = 0; from < ids.length; from += count) {
    const some = ids.slice(from, from + count);
    const read = await Promise.all(some.map((accountId) => memberOf(accounts, accountId)));
    members.push(...read.filter((one) => one !== undefined));
    if (members.filter(({ canSend }) => canSend.canSend).length >= count) break;
  }
  return orderOf(members).slice(0, count).map(nextJson);
}

async function memberOf(accounts: MemberReads, accountId: string): Promise<Member | undefined> {
  try {
    const { canSend } = await accounts.status(accountId);
    const slots = canSend.needsPerson ? [] : await accounts.nextSlots(accountId, SLOTS);
    return { accountId, canSend, slots: slots.map((slot) => parseInstant(slot) ?? Number.NaN) };
  } catch (error) {
    if (isUnknownAccount(error) || isUnanswered(error)) return undefined;
    throw error;
  }
}

const isUnanswered = (error: unknown): boolean =>
  error instanceof SafebandError && error.type === 'Unavailable';
