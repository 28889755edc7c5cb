/**
 * External sends that an account has forgotten (R15). It remembers a limited number one by one. A
 * proof that it does not know may be a forgotten one, whose row is in the outbox or in Postgres.
 */
import type { Account, Proof } from '../account/account.js';
import type { Entity } from './entity.js';
import { accountWith } from '../account/update.js';
import type { AnsweredSend } from '../commands/reply.js';
import type { ChatId, ReservationId } from '../primitives/ids.js';
import { isSameId, keptProof } from '../account/kept.js';
import { REMEMBERED_DAYS } from '../primitives/limits.js';
import { isProvenBy, isSameProof, proofKey } from '../account/proof.js';
import type { EventRow } from '../records/records.js';

/** A proof that has a row, and its reservation; null for an external send. */
export type Logged = { readonly reservationId: ReservationId | null };

/** True if sends of days that are still remembered were forgotten. */
export const hasForgotten = ({ forgottenOn, day }: Account): boolean =>
  forgottenOn !== undefined && forgottenOn !== null && forgottenOn + REMEMBERED_DAYS >= day;

/** Returns the row of a forgotten proof while it waits to be saved. */
export function loggedIn({ account, outbox }: Entity, proof: Proof): Logged | undefined {
  if (!hasForgotten(account)) return undefined;
  const kept = keptProof(proof);
  for (const { row } of outbox) {
    if (row.table === 'inmail_events' && isSameProof(row, kept)) return row;
  }
  return undefined;
}

/** Returns the external sends in a chat that wait to be saved, each with the time of its send. */
export function unsavedSends({ account, outbox }: Entity, chatId: ChatId): readonly AnsweredSend[] {
  const isClaimed = (row: EventRow): boolean =>
    account.slots.some((slot) => isProvenBy(slot, keptProof(row)));
  return outbox.flatMap(({ row }) =>
    row.table === 'inmail_events' &&
    row.reservationId === null &&
    isSameId(row.chatId, chatId) &&
    !isClaimed(row)
      ? [{ reservationId: null, sentAt: row.deliveredAt, free: false }]
      : [],
  );
}

/**
 * Returns the account with only those external sends that its rows may lack. Saved ones are counted
 * by their rows, also if a start remembers others (R14).
 */
export function unsavedOf({ account, outbox }: Entity): Account {
  const waiting = waitingIn(outbox);
  const externals = account.externals.filter((one) => waiting.has(proofKey(one)));
  return accountWith(account, { externals });
}

/** Returns the rows that an account with forgotten sends may lack: it counted the others (R14). */
export function unknownRows(own: Entity, events: readonly EventRow[]): readonly EventRow[] {
  if (!hasForgotten(own.account)) return events;
  const waiting = waitingIn(own.outbox);
  return events.filter(
    (row) =>
      row.reservationId !== null ||
      ((row.number ?? Infinity) > own.savedVersion && !waiting.has(proofKey(row))),
  );
}

const waitingIn = (outbox: Entity['outbox']): ReadonlySet<string> =>
  new Set(outbox.flatMap(({ row }) => (row.table === 'inmail_events' ? [proofKey(row)] : [])));
