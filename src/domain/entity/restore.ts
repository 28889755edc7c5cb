/**
 * How an account starts (R13): from its rows, never with a fresh cap on the same day, and stopped
 * if its last workflow had no clean end or another account has its identity.
 */
import { bookOf, type Account, type DayBook } from '../account/account.js';
import { accountWith } from '../account/update.js';
import { entityWith, entityOf, pass, record, type Entity } from './entity.js';
import { endings, HISTORY_GONE, type LastRun } from './endings.js';
import { nothingRecovered } from './lastRun.js';
import { alert, type Event } from '../account/events.js';
import type { Policy } from '../account/policy.js';
import { policyEvents, type Start } from '../commands/administer.js';
import { changedPolicy } from '../commands/policyChange.js';
import type { ReadBack, StoredAccount } from '../records/snapshot.js';
import { dayOf, startOf, type Instant } from '../primitives/time.js';
import { eventsFromEvidence } from '../reconcile/evidence.js';
import { foundBy, isOfLostTask } from './writes.js';
import { counterOf } from '../account/counter.js';
import { cooldownStarted } from '../gate/cooldown.js';
import { bareAccount, leftOutOf } from './bareAccount.js';

/**
 * Returns the account of its rows with all that happened since: midnights that passed, sends that
 * journal and event log prove, sends of another system, an unclean end.
 */
export function restore(
  start: Start,
  found: ReadBack,
  owner: string,
  now: Instant,
  isReset = false,
  last: LastRun | null = null,
): Entity {
  const stored = found.account;
  const read = last?.entity ?? storedEntity(start, found, owner, now);
  const opened = entityWith(read, { account: withCounters(read.account, found) });
  const rolled = pass(opened, now);
  const policy = changedPolicy(rolled.account.policy, start);
  const set = record(rolled, connection(start, stored, rolled.account, policy));
  const completed = record(set, eventsFromEvidence(set.account, found, set.account.now));
  const imported = withImport(completed.account, start, found);
  const account = withCounters(imported, found, start.inmailsSentToday);
  const isLost = last === null && isOfLostTask(found, owner, isReset);
  if (isLost) return record({ ...completed, account }, foundBy(found, account));
  return record({ ...completed, account }, endings(stored, owner, account, last));
}

/** Returns what is known of the last workflow if Temporal has no history of it. */
export const withoutHistory = (
  start: Start,
  found: ReadBack,
  owner: string,
  now: Instant,
): LastRun => ({
  ...nothingRecovered(storedEntity(start, found, owner, now)),
  ...HISTORY_GONE,
});

/**
 * True if another workflow wrote the row last. The row of an older activity does not name its run,
 * and recorded runs did not look for its history.
 */
export const isOfAnother = ({ runId, owner }: StoredAccount, own: string): boolean =>
  runId !== undefined && owner !== own;

/** Returns the account of its rows, on the day on which they were written. */
export function storedEntity(start: Start, found: ReadBack, owner: string, now: Instant): Entity {
  const stored = found.account;
  const bare = withCounters(bareAccount(start, found, stored?.day ?? dayOf(now)), found);
  const base = Math.max(stored?.version ?? 0, found.highestNumber);
  const writes = found.lastWrite ?? 0;
  const begun = { ...entityOf(bare, owner, base), writes, answered: writes };
  return record(begun, corrections(bare, found));
}

/** Returns the facts of the start object: policy, a reconnect, and the actor of a new account. */
function connection(
  { connect, actor }: Start,
  stored: StoredAccount | null,
  account: Account,
  policy: Policy,
): readonly Event[] {
  const who = actor ?? 'connect';
  const isNew = stored === null && actor !== undefined;
  const isConnection =
    connect && (isNew || stored?.state === 'disconnected' || account.isDisconnected);
  return [
    ...(isConnection ? [{ type: 'Connected', actor: who } as const] : []),
    ...policyEvents(account, policy, { actor: who }, account.now),
  ];
}

/** Returns closed days with more in the event log than in their row: the row is written again. */
const corrections = (account: Account, found: ReadBack): readonly Event[] =>
  found.days
    .filter((row) => bookOf(account, row.quotaDay).external > row.external)
    .map(({ quotaDay: day }) => ({ type: 'BookCorrected', day, external: 0, unexplained: 0 }));

const withBook = (account: Account, book: DayBook): Account =>
  accountWith(account, { days: account.days.map((old) => (old.day === book.day ? book : old)) });

/** Returns the InMails that another system delivered today, less those in the event log. */
function withImport(account: Account, start: Start, found: ReadBack): Account {
  const said = start.deliveredToday ?? start.inmailsSentToday ?? 0;
  const { rows } = leftOutOf(found, account.day);
  const logged = rows + found.events.filter(({ quotaDay }) => quotaDay === account.day).length;
  const book = bookOf(account, account.day);
  return withBook(account, { ...book, imported: Math.max(book.imported, said - logged) });
}

/** Raises each day to its stored or imported number: the difference is unexplained. */
export function withCounters(account: Account, found: ReadBack, saidToday = 0): Account {
  return account.days.reduce((before, book) => {
    const closed = found.days.find(({ quotaDay }) => quotaDay === book.day)?.counter ?? 0;
    const current = found.account?.day === book.day ? found.account.counter : 0;
    const said = book.day === account.day ? saidToday : 0;
    const explained = counterOf(before, book.day) - book.unexplained;
    const unexplained = Math.max(0, Math.max(closed, current, said) - explained);
    return unexplained === book.unexplained ? before : withBook(before, { ...book, unexplained });
  }, account);
}

/** The reason of a hold if another account has the same member; people and SQL read it. */
export const SAME_MEMBER = 'another account is the same LinkedIn member';

/** Returns the facts of a claim that found accounts with the same identity (R13). */
export function identified(account: Account, rivals: readonly string[]): readonly Event[] {
  const checked: Event = { type: 'IdentityChecked' };
  if (rivals.length === 0) return [checked];
  // A person with access to this account may have none to the other: only the alert names it.
  const reason = SAME_MEMBER;
  const held: Event = { type: 'Held', hold: { reason, actor: 'safeband', since: account.now } };
  const counter = counterOf(account, account.day);
  return [
    checked,
    ...(account.hold ? [] : [held]),
    cooldownStarted('identity_in_use', startOf(account.day + 1), counter, reason),
    alert('identity_in_use', 'critical', { message: reason, accounts: rivals }),
  ];
}
