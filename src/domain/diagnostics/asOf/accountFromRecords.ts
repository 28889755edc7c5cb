/**
 * An account as its rows describe it, for readers that do not ask its workflow (R17). The rows are
 * at most 15 s behind the workflow. What they do not keep is set as in a running account: its
 * identity was compared, and its last reconcile did not fail.
 */
import type { Account } from '../../account/account.js';
import { entityOf, pass } from '../../entity/entity.js';
import { accountWith, bookWith } from '../../account/update.js';
import type { ReadBack, StoredAccount } from '../../records/snapshot.js';
import { dayOf, type Instant, type UtcDay } from '../../primitives/time.js';
import { counterOf, tallyOf } from '../../account/counter.js';
import type { WindowIntervals } from '../../account/sendingWindow.js';
import { compare } from '../../primitives/ids.js';
import { bareAccount } from '../../entity/bareAccount.js';

export type FoundRows = Omit<ReadBack, 'account' | 'highestNumber' | 'attempts'> & {
  readonly account: StoredAccount;
};
export type RecordContext = {
  /** When a reconcile last succeeded; null: never. */
  readonly checkedAt: Instant | null;
  /** When its sending window is open; null: it has no window, or the times are not known. */
  readonly openings: WindowIntervals | null;
  /** The row itself has the state `unverified`. */
  readonly isUnverified?: boolean;
  /**
   * True: the counter of the row counts, also if rows of reservations were deleted since its save.
   */
  readonly isCounterKept?: boolean;
};

/** Returns the account at `now`, rolled, as if no message came after the rows were written. */
export function accountOfRows(found: FoundRows, context: RecordContext, now: Instant): Account {
  const { account: stored, reservations } = found;
  const { accountId, state } = stored;
  const inOrder = reservations.toSorted(
    (a, b) => a.reservedAt - b.reservedAt || compare(a.reservationId, b.reservationId),
  );
  const bare = bareAccount(
    { accountId, connect: state === 'connected' },
    { ...found, reservations: inOrder, attempts: [], highestNumber: stored.version },
    stored.day,
  );
  const read = accountWith(bare, {
    // The counts of the rows, not of the event log, because readers compare the two.
    days: bare.days.map((book) => {
      const counted = book.day === stored.day ? stored : ofDay(found, book.day);
      if (!counted) return book;
      const { external, imported, unexplained } = counted;
      return bookWith(book, { external, imported, unexplained });
    }),
    openings: context.openings,
    isIdentityChecked: context.isUnverified !== true,
    reconciledAt: context.checkedAt,
  });
  const account =
    context.isCounterKept === true && stored.day >= dayOf(now) ? withCounter(read, found) : read;
  return pass(entityOf(account, stored.owner, stored.version), now).account;
}

/**
 * Returns the account with the counter of its last save. Of what its slots lack, rows of the event
 * log prove as much as they can, and the rest is unexplained.
 */
function withCounter(account: Account, { account: stored, events }: FoundRows): Account {
  const { day } = stored;
  const excess = Math.max(0, stored.counter - counterOf(account, day));
  if (excess === 0) return account;
  const { delivered, external } = tallyOf(account, day);
  const logged = events.filter(({ quotaDay }) => quotaDay === day);
  const byUs = logged.filter(({ source }) => source !== 'external').length;
  const proved = Math.min(excess, Math.max(0, logged.length - delivered - external));
  const ours = Math.min(proved, Math.max(0, byUs - delivered));
  const days = account.days.map((book) =>
    book.day === day
      ? bookWith(book, {
          forgottenDelivered: book.forgottenDelivered + ours,
          external: book.external + proved - ours,
          unexplained: book.unexplained + excess - proved,
        })
      : book,
  );
  return accountWith(account, { days });
}

const ofDay = ({ days }: FoundRows, day: UtcDay): FoundRows['days'][number] | undefined =>
  days.find(({ quotaDay }) => quotaDay === day);
