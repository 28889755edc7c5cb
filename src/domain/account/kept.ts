/**
 * LinkedIn's ids as the account carries them. One may be 512 characters long, and 1,536 bytes; the
 * ledger of three days with such ids would be more than Temporal carries from run to run. So a long
 * id is carried as its fingerprint. Postgres keeps the id itself: a row is made of what a message
 * brought, and a fingerprint never replaces the id that it stands for (migration 0015).
 */
import type { Account, External, Proof, Slot } from './account.js';
import { jsonLength } from '../primitives/bytes.js';
import { accountWith } from './update.js';
import type { ChatId, MessageId, RecipientId } from '../primitives/ids.js';
import { EXTERNALS_MAX, KEPT_ID_BYTES } from '../primitives/limits.js';
import { bareMemberId, isSameMember, memberOf, normalProof } from '../primitives/linkedinId.js';
import { sha256 } from '../primitives/sha256.js';
import { dayOf, type UtcDay } from '../primitives/time.js';

/** What a fingerprint begins with; `safeband.fingerprint` in Postgres knows it, too. */
const MARK = 'sha256:';

/** Returns the id itself where it is short, else its fingerprint, which is its own. */
export function kept<Id extends string>(id: Id): Id {
  // No character of JSON has more than six bytes: most ids need not be counted.
  if (id.length * 6 <= KEPT_ID_BYTES) return id;
  if (id.length <= KEPT_ID_BYTES && jsonLength(id) <= KEPT_ID_BYTES) return id;
  const print = `${MARK}${digestOf(id)}`;
  return isPrint<Id>(print) ? print : id;
}

/** One message's ids are held against all that is known: each is digested once. */
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

/** True if both are the same chat or message, in another spelling or as a fingerprint. */
export function isSameId(one: string | null, other: string | null): boolean {
  if (one === other) return true;
  if (one === null || other === null) return false;
  const [a, b] = [normalProof(one), normalProof(other)];
  // Nothing is hashed for two ids in full, which most are.
  return a === b || ((a.startsWith(MARK) || b.startsWith(MARK)) && kept(a) === kept(b));
}

/** What a recipient begins with that is carried without what it was wrapped in. */
const BARE = 'bare:';

/** Returns the recipient as it is carried: a long spelling still says which member it is. */
export function keptRecipient(id: RecipientId): RecipientId {
  if (isMarked(id) || kept(id) === id) return id;
  const bare = `${BARE}${bareMemberId(id)}`;
  const carried = kept(bare) === bare ? bare : printOf(id);
  return isMarked(carried) ? carried : id;
}

const isMarked = (text: string): text is RecipientId =>
  text.startsWith(MARK) || text.startsWith(BARE);
const printOf = (id: string): string =>
  id.startsWith(MARK) ? id : `${MARK}${digestOf(memberOf(inFull(id)).normal)}`;
const inFull = (id: string): string => (id.startsWith(BARE) ? id.slice(BARE.length) : id);

/** True if both are one member, however each is spelt or carried (R3, R15). */
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
/** A newer row with the ids in full that an older one has, which still waits to be written. */
export const rowWithIds = <Row extends Ids>(row: Row, old: Row): Row => ({
  ...row,
  recipientId: wholeRecipient(row.recipientId, old.recipientId),
  chatId: wholeId(row.chatId, old.chatId),
  messageId: wholeId(row.messageId, old.messageId),
});

/** What a newer row should say: the id itself where the newer has its fingerprint only. */
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

/** The slot as it is carried; the same object where nothing in it is long. */
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

/** The proof as the account would carry it: one report is held against hundreds of these. */
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
 * The external sends that are remembered one by one. Where there are too many, those go first that
 * count for no cap, then those of the oldest day, then those that came first: a send of today is
 * never forgotten for another one (R15).
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

/** Returns the account as one that has forgotten sends of that day, too; null: of none (R15). */
export const withForgotten = (
  account: Account,
  { forgottenOn = null }: Pick<Account, 'forgottenOn'>,
): Account =>
  accountWith(account, { forgottenOn: laterDay(account.forgottenOn ?? null, forgottenOn) });

/** The later of two days, where there are any. */
const laterDay = (one: UtcDay | null, other: UtcDay | null): UtcDay | null =>
  one === null || other === null ? (one ?? other) : Math.max(one, other);

/** The latest day of which a start was not given all sends one by one, or that day. */
export const forgottenIn = (
  leftOut: readonly { readonly quotaDay: UtcDay }[] = [],
  known: UtcDay | null = null,
): UtcDay | null =>
  leftOut.reduce<UtcDay | null>((latest, { quotaDay }) => laterDay(latest, quotaDay), known);
