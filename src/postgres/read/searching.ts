/** A search over all kinds of ids, in one snapshot and in less than a second. */
import {
  bareMemberId,
  isSameMember,
  memberOf,
  normalProof,
  searchKeyOf,
} from '../../domain/primitives/linkedinId.js';
import type { Instant } from '../../domain/primitives/time.js';
import { inTransaction, type Pool } from '../pool.js';
import { findCampaigns, type FoundCampaign } from './campaigns.js';
import { readStatuses } from './pageReads.js';
import type { StatusRow } from './reads.js';
import {
  findAccounts,
  findChats,
  findRecipients,
  findReservations,
  type FoundChat,
  type FoundReservation,
} from './search.js';

/** How long all statements of a search may take together. */
export const SEARCH_MS = 1_000;
const CANCELLED = '57014';

/** The search took longer than `SEARCH_MS`: the text is the beginning of too many ids. */
export class SearchTooLong extends Error {
  override readonly name = 'SearchTooLong';

  constructor() {
    super(`the search was not finished within ${SEARCH_MS} ms: use a longer text`);
  }
}

/** The results of one kind; `isCut`: there are more. */
export type Part<T> = { readonly items: readonly T[]; readonly isCut: boolean };
export type Found = {
  readonly accounts: Part<StatusRow>;
  readonly reservations: Part<FoundReservation>;
  readonly campaigns: Part<FoundCampaign>;
  /** Reservations whose recipient is the member that the text names, the latest first. */
  readonly recipients: Part<FoundReservation>;
  readonly chats: Part<FoundChat>;
};

/**
 * Finds what begins with the text, of each kind at most `limit`. Recipients are compared by their
 * normal form. `accounts`: the only accounts that the reader may see; null: all.
 */
export const search = (
  pool: Pool,
  ask: {
    readonly text: string;
    readonly accounts: readonly string[] | null;
    readonly limit: number;
    readonly at: Instant;
  },
): Promise<Found> => {
  const { text, accounts, limit, at } = ask;
  const deadline = performance.now() + SEARCH_MS;
  const begin = 'begin isolation level repeatable read read only';
  const work = inTransaction(
    pool,
    async (db) => {
      const timed = async <T>(find: () => Promise<T>): Promise<T> => {
        const left = Math.floor(deadline - performance.now());
        if (left < 1) throw new SearchTooLong();
        await db.query(`set local statement_timeout = ${left}`);
        return find();
      };
      const cut = async <T>(
        find: (asked: {
          accounts: readonly string[] | null;
          limit: number;
        }) => Promise<readonly T[]>,
      ): Promise<Part<T>> => {
        const found = await timed(() => find({ accounts, limit: limit + 1 }));
        return { items: found.slice(0, limit), isCut: found.length > limit };
      };
      const ids = await cut((asked) => findAccounts(db, text, memberOf(text), asked));
      const rows = await timed(() => readStatuses(db, ids.items, at));
      const spellings = [...new Set([text, bareMemberId(text)])];
      const recipients = await cut((asked) =>
        findRecipients(db, searchKeyOf(text), spellings, asked),
      );
      return {
        accounts: {
          items: ids.items.flatMap((id) => rows.find(({ accountId }) => accountId === id) ?? []),
          isCut: ids.isCut,
        },
        reservations: await cut((asked) => findReservations(db, text, asked)),
        campaigns: await cut((asked) => findCampaigns(db, text, asked)),
        recipients: {
          ...recipients,
          items: recipients.items.filter(({ recipientId }) =>
            isSameMember(recipientId ?? '', text),
          ),
        },
        chats: await cut((asked) => findChats(db, normalProof(text), asked)),
      };
    },
    { begin, connectMs: SEARCH_MS },
  );
  return work.catch((error: unknown) => {
    const isCancelled =
      error instanceof Error && 'code' in error && String(error.code) === CANCELLED;
    throw isCancelled ? new SearchTooLong() : error;
  });
};

/** True if nothing was found. */
export const isNothing = (found: Readonly<Record<keyof Found, Part<unknown>>>): boolean =>
  Object.values(found).every(({ items }) => items.length === 0);
