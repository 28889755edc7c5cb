/**
 * LinkedIn's ids as the account keeps them. An id may be 512 characters long, and 1,536 bytes.
 * The slots of three days with such ids would be more than Temporal hands from run to run, so an
 * account keeps the fingerprint of a long id. Postgres keeps the id itself: a row contains the ids
 * of the message, and a fingerprint never replaces its id (migration 0015).
 */
import type { Account, External, Proof, Slot } from './account.js';
import { jsonLength } from '../primitives/bytes.js';
import { accountWith } from './update.js';
import type { ChatId, MessageId, RecipientId } from '../primitives/ids.js';
import { EXTERNALS_MAX, KEPT_ID_BYTES } from '../primitives/limits.js';
import {
  bareMemberId,
  isSameMember,
  memberOf,
  normalProof,
  searchKeyOf,
} from '../primitives/linkedinId.js';
import { sha256 } from '../primitives/sha256.js';
import { dayOf, type UtcDay } from '../primitives/time.js';

/** The beginning of a fingerprint; `safeband.fingerprint` in Postgres uses the same. */
const MARK = 'sha256:';

/** Returns a short id itself, else its fingerprint; a fingerprint is returned unchanged. */
export function kept<Id extends string>(id: Id): Id {
  // No character of JSON has more than six bytes: most ids need not be counted.
  if (id.length * 6 <= KEPT_ID_BYTES) return id;
  if (id.length <= KEPT_ID_BYTES && jsonLength(id) <= KEPT_ID_BYTES) return id;
  const print = `${MARK}${digestOf(id)}`;
  return isPrint<Id>(print) ? print : id;
}

/** The ids of one message are compared with all known ids: each is digested once. */
const recent = new Map<string, string>();
const RECENT_MAX = 8;
function digestOf(id: string): string {
  const known = recent.get(id);
  if (known !== undefined) return known;
  const digest = sha256(id);
  for (const oldest of recent.keys()) {
    if (recent.size < RECENT_MAX) break;
    recent.delete(oldest);
  }
  recent.set(id, digest);
  return digest;
}

const isPrint = <Id extends string>(text: string): text is Id => text.startsWith(MARK);

/** True if both name the same chat or message, also in another spelling or as a fingerprint. */
export function isSameId(one: string | null, other: string | null): boolean {
  if (one === other) return true;
  if (one === null || other === null) return false;
  const [a, b] = [normalProof(one), normalProof(other)];
  // Most ids are kept in full; for two of these nothing is hashed.
  return a === b || ((a.startsWith(MARK) || b.startsWith(MARK)) && kept(a) === kept(b));
}

/** The beginning of a recipient that is kept without its wrapping. */
const BARE = 'bare:';

/** Returns the recipient as the account keeps it: a long spelling still identifies the member. */
export function keptRecipient(id: RecipientId): RecipientId {
  if (isMarked(id) || kept(id) === id) return id;
  const bare = `${BARE}${bareMemberId(id)}`;
  const short = kept(bare) === bare ? bare : printOf(id);
  return isMarked(short) ? short : id;
}

const isMarked = (text: string): text is RecipientId =>
  text.startsWith(MARK) || text.startsWith(BARE);
const printOf = (id: string): string =>
  id.startsWith(MARK) ? id : `${MARK}${digestOf(memberOf(inFull(id)).normal)}`;
const inFull = (id: string): string => (id.startsWith(BARE) ? id.slice(BARE.length) : id);

/** Returns the key by which a search finds a recipient; null if only its fingerprint is known. */
export const recipientKeyOf = (id: RecipientId | null): string | null =>
  id === null || id.startsWith(MARK) ? null : searchKeyOf(inFull(id));

/** True if both are one member, in any spelling and in full or as a fingerprint (R3, R15). */
export function isSameRecipient(one: RecipientId | null, other: RecipientId | null): boolean {
  if (one === other) return true;
  if (one === null || other === null) return false;
  if (one.startsWith(MARK) || other.startsWith(MARK)) return printOf(one) === printOf(other);
  return isSameMember(inFull(one), inFull(other));
}

type Ids = {
  readonly recipientId: RecipientId | null;
  readonly chatId: ChatId | null;
  readonly messageId: MessageId | null;
};
/** Returns a newer row with the full ids of an older one that still waits to be written. */
export const rowWithIds = <Row extends Ids>(row: Row, old: Row): Row => ({
  ...row,
  recipientId: wholeRecipient(row.recipientId, old.recipientId),
  chatId: wholeId(row.chatId, old.chatId),
  messageId: wholeId(row.messageId, old.messageId),
});

/** Returns the full id if the newer row has only its fingerprint. */
const wholeId = <Id extends string>(newer: Id | null, older: Id | null): Id | null =>
  older !== null && newer !== null && newer.startsWith(MARK) && isSameId(newer, older)
    ? older
    : newer;

const wholeRecipient = (
  newer: RecipientId | null,
  older: RecipientId | null,
): RecipientId | null =>
  newer !== null && older !== null && isMarked(newer) && isSameRecipient(newer, older)
    ? older
    : newer;

const keptOrNull = <Id extends string>(id: Id | null): Id | null => (id === null ? null : kept(id));

/** Returns the slot as the account keeps it; the same object if no id in it is long. */
export function keptSlot(slot: Slot): Slot {
  const recipientId = slot.recipientId && keptRecipient(slot.recipientId);
  if (slot.state !== 'delivered') {
    return recipientId === slot.recipientId ? slot : { ...slot, recipientId };
  }
  const chatId = kept(slot.chatId);
  const messageId = keptOrNull(slot.messageId);
  const isShort =
    recipientId === slot.recipientId && chatId === slot.chatId && messageId === slot.messageId;
  return isShort ? slot : { ...slot, recipientId, chatId, messageId };
}

/** Returns the proof as the account keeps it, to compare one report with hundreds of slots. */
export const keptProof = ({ chatId, messageId }: Proof): Proof => ({
  chatId: kept(normalProof(chatId)),
  messageId: messageId && kept(normalProof(messageId)),
});

export function keptExternal(external: External): External {
  const chatId = kept(external.chatId);
  const messageId = keptOrNull(external.messageId);
  const isShort = chatId === external.chatId && messageId === external.messageId;
  return isShort ? external : { ...external, chatId, messageId };
}

/**
 * Returns the external sends that are remembered one by one. If there are too many, sends that
 * count for no cap are forgotten first, then those of the oldest day, then the first that came. A
 * send of today is the last to be forgotten (R15).
 */
export function remembered<T extends Pick<External, 'isCounted' | 'quotaDay'>>(
  externals: readonly T[],
): readonly T[] {
  const surplus = externals.length - EXTERNALS_MAX;
  if (surplus <= 0) return externals;
  const rank = ({ isCounted, quotaDay }: T): number => (isCounted ? quotaDay : -1);
  const gone = new Set(externals.toSorted((a, b) => rank(a) - rank(b)).slice(0, surplus));
  return externals.filter((external) => !gone.has(external));
}

/**
 * Returns the external sends that an account remembers of these, and the latest day on which one of
 * the others came; null if it remembers all of them.
 */
export function memoryOf(all: readonly External[]): {
  readonly externals: readonly External[];
  readonly forgottenOn: UtcDay | null;
} {
  const externals = remembered(all);
  if (externals.length === all.length) return { externals, forgottenOn: null };
  const still = new Set(externals);
  const forgottenOn = all
    .filter((external) => !still.has(external))
    .reduce<UtcDay | null>((latest, { at }) => laterDay(latest, dayOf(at)), null);
  return { externals, forgottenOn };
}

/** Returns the account with the note that sends of that day were forgotten; null: none (R15). */
export const withForgotten = (
  account: Account,
  { forgottenOn = null }: Pick<Account, 'forgottenOn'>,
): Account =>
  accountWith(account, { forgottenOn: laterDay(account.forgottenOn ?? null, forgottenOn) });

/** Returns the later of two days; null if both are null. */
const laterDay = (one: UtcDay | null, other: UtcDay | null): UtcDay | null =>
  one === null || other === null ? (one ?? other) : Math.max(one, other);

/** Returns the latest day of which a start did not get all sends one by one, or `known`. */
export const forgottenIn = (
  leftOut: readonly { readonly quotaDay: UtcDay }[] = [],
  known: UtcDay | null = null,
): UtcDay | null =>
  leftOut.reduce<UtcDay | null>((latest, { quotaDay }) => laterDay(latest, quotaDay), known);
