/**
 * How an account starts (R13): from what Postgres knows of it, never with a fresh cap on the same
 * day, and stopped where its last workflow had no clean end or its identity is another's.
 */
import { bookOf, type Account, type DayBook } from '../account/account.js';
import { accountWith } from '../account/update.js';
import { entityWith, entityOf, pass, record, type Entity } from './entity.js';
import { endings, type LastRun } from './endings.js';
import { alert, type Event } from '../account/events.js';
import type { Policy } from '../account/policy.js';
import { changedPolicy, policyEvents, type Start } from '../commands/administer.js';
import type { ReadBack, StoredAccount } from '../records/snapshot.js';
import { dayOf, startOf, type Instant } from '../primitives/time.js';
import { eventsFromEvidence } from '../reconcile/evidence.js';
import { foundBy, isOfLostTask } from './writes.js';
import { counterOf } from '../account/counter.js';
import { cooldownStarted } from '../gate/cooldown.js';
import { bareAccount, leftOutOf } from './bareAccount.js';

/**
 * The account as it stood in its rows, and then everything that has happened since: the midnights
 * that passed, what journal and event log prove, what another system sent, an unclean end.
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
  const told = record(set, eventsFromEvidence(set.account, found, set.account.now));
  const imported = withImport(told.account, start, found);
  const account = withCounters(imported, found, start.inmailsSentToday);
  const isLost = isOfLostTask(found, owner, isReset);
  if (isLost) return record({ ...told, account }, foundBy(found, account));
  return record({ ...told, account }, endings(stored, owner, account, last));
}

/** The account as it stood in its rows, on the day on which they were written. */
export function storedEntity(start: Start, found: ReadBack, owner: string, now: Instant): Entity {
  const stored = found.account;
  const bare = withCounters(bareAccount(start, found, stored?.day ?? dayOf(now)), found);
  const base = Math.max(stored?.version ?? 0, found.highestNumber);
  const writes = found.lastWrite ?? 0;
  const begun = { ...entityOf(bare, owner, base), writes, answered: writes };
  return record(begun, corrections(bare, found));
}

/** What the start object sets; that a disconnected account is back; who it was, where it is new. */
function connection(
  { connect, actor }: Start,
  stored: StoredAccount | null,
  account: Account,
  policy: Policy,
): readonly Event[] {
  const who = actor ?? 'connect';
  const isNew = stored === null && actor !== undefined;
  const isTold = connect && (isNew || stored?.state === 'disconnected' || account.isDisconnected);
  return [
    ...(isTold ? [{ type: 'Connected', actor: who } as const] : []),
    ...policyEvents(account, policy, who, account.now),
  ];
}

/** Closed days of which the event log tells more than their row does: the row is written again. */
const corrections = (account: Account, found: ReadBack): readonly Event[] =>
  found.days
    .filter((row) => bookOf(account, row.quotaDay).external > row.external)
    .map(({ quotaDay: day }) => ({ type: 'BookCorrected', day, external: 0, unexplained: 0 }));

const withBook = (account: Account, book: DayBook): Account =>
  accountWith(account, { days: account.days.map((old) => (old.day === book.day ? book : old)) });

/** What another system delivered today, less what the event log already has of it. */
function withImport(account: Account, start: Start, found: ReadBack): Account {
  const said = start.deliveredToday ?? start.inmailsSentToday ?? 0;
  const { rows } = leftOutOf(found, account.day);
  const logged = rows + found.events.filter(({ quotaDay }) => quotaDay === account.day).length;
  const book = bookOf(account, account.day);
  return withBook(account, { ...book, imported: Math.max(book.imported, said - logged) });
}

/** No day has less than was stored, or said: what nothing accounts for is unexplained. */
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

/** Why an account is held whose member another account has; people and SQL read it. */
export const SAME_MEMBER = 'another account is the same LinkedIn member';

/** What the claim of the row found: accounts that share this one's identity (R13). */
export function identified(account: Account, rivals: readonly string[]): readonly Event[] {
  const checked: Event = { type: 'IdentityChecked' };
  if (rivals.length === 0) return [checked];
  // Whoever reads the account need not know of the other: its id is for the alert alone.
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
