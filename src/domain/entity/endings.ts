/**
 * How the last workflow of an account ended, and what the new one does (R13, R14): it waits until
 * midnight only if the rows and the history of that workflow leave something unknown.
 */
import type { Account } from '../account/account.js';
import { alert, type Event } from '../account/events.js';
import type { Recovered } from './lastRun.js';
import { UNCLEAN_GRACE_MS } from '../primitives/limits.js';
import type { StoredAccount } from '../records/snapshot.js';
import { startOf } from '../primitives/time.js';
import { counterOf } from '../account/counter.js';
import { cooldownStarted } from '../gate/cooldown.js';
import { doubted } from '../reconcile/leases.js';

/** The result of reading the last workflow's history; null if it was not read. */
export type LastRun = Recovered & {
  /** Why some of it could not be read; null if all was read. */
  readonly unread: string | null;
  /** True if it ended by itself: disconnected, with nothing unsaved. */
  readonly isClean: boolean;
  readonly backup?: FromBackup | undefined;
};

/**
 * The rows may be of a backup, because the history is gone (`maybe`); or a later end of a workflow,
 * which they lack, proves it (`surely`).
 */
export type FromBackup = 'maybe' | 'surely';

/** What is known of the last workflow if Temporal has none of its runs. */
export const HISTORY_GONE = {
  unread: 'Temporal does not have the history of its last run',
  isClean: false,
  backup: 'maybe',
} as const;

/** Stops an account whose last workflow did not disconnect, or that has another writer. */
export function endings(
  stored: StoredAccount | null,
  owner: string,
  account: Account,
  last: LastRun | null,
): readonly Event[] {
  if (!stored) return [];
  // Only a start without a history knows of a backup of its own row: it has claimed it before.
  if (stored.owner === owner && !last?.backup) return secondWriter(stored, account, last);
  const isRead = last !== null && last.unread === null;
  const isRowOver = stored.state === 'disconnected' && last?.backup !== 'surely';
  const isOver = isRowOver || (isRead && last.isClean);
  // A history that is gone may contain sends of today, also if the row is older: Temporal was lost,
  // and the row may come from a backup. Rows of older code name no run, so none was looked for.
  const isKnown = isRead || (last === null && !isRecent(stored, account));
  if (isOver || isKnown) {
    const isQuiet = isOver || !isRecent(stored, account);
    return isQuiet && total(last) === 0 ? [] : [recovered(stored, last)];
  }
  const { day } = account;
  const reason = 'the last workflow did not disconnect';
  const why = last === null ? {} : { unread: last.unread, ...countsOf(last) };
  return [
    ...(last?.backup === undefined
      ? []
      : account.slots.flatMap((slot) => doubted(slot, account.now))),
    cooldownStarted('unclean_end', startOf(day + 1), counterOf(account, day), reason),
    alert('unclean_end', 'warning', { message: reason, version: stored.version, ...why }),
  ];
}

/** Stops an account whose rows are newer than its workflow (R14). */
function secondWriter(
  stored: StoredAccount,
  account: Account,
  last: LastRun | null,
): readonly Event[] {
  if (stored.version === stored.ownerVersion) return [];
  const { day } = account;
  const reason = 'the row is newer than this workflow';
  return [
    cooldownStarted('two_owners', startOf(day + 1), counterOf(account, day), reason),
    alert('two_owners', 'warning', { message: reason, version: stored.version }),
    ...(total(last) > 0 ? [recovered(stored, last)] : []),
  ];
}

/** True if the row is of today, or in the first hour of a day of yesterday. */
function isRecent(stored: StoredAccount, { day, now }: Account): boolean {
  const isYoung = now - startOf(day) < UNCLEAN_GRACE_MS;
  return stored.day === day || (stored.day === day - 1 && isYoung);
}

const recovered = ({ version }: StoredAccount, last: LastRun | null): Event =>
  alert('unclean_end', last?.unread == null ? 'info' : 'warning', {
    message: 'the last workflow did not disconnect; its history was read',
    version,
    ...countsOf(last),
    ...(last?.unread == null ? {} : { unread: last.unread }),
  });

const countsOf = (last: LastRun | null) => ({
  outcomes: last?.outcomes ?? 0,
  grants: last?.grants ?? 0,
  orders: last?.orders ?? 0,
});

const total = (last: LastRun | null): number =>
  last === null ? 0 : last.outcomes + last.grants + last.orders;
