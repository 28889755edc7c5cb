/** Reads an account as its rows describe it, for status and support article (R17). */
import { accountOfRows } from '../../domain/diagnostics/asOf/accountFromRecords.js';
import type { Logged, RowNow } from '../../domain/diagnostics/asOf/statusFromRecords.js';
import type { WhyRows } from '../../domain/diagnostics/why/model.js';
import type { WindowIntervals } from '../../domain/account/sendingWindow.js';
import { EVIDENCE_DAYS } from '../../domain/primitives/limits.js';
import { dayOf, type Instant, type UtcDay } from '../../domain/primitives/time.js';
import { readAccount } from '../save/accounts.js';
import { rowsOf, type Queryable } from '../pool.js';
import { readDays, readEvidence } from '../read/readBack.js';

export type AccountRows = Pick<WhyRows, 'account' | 'row' | 'found'>;

/** Undefined: there is no such account. Read it in one snapshot. */
export async function readAccountRows(
  db: Queryable,
  accountId: string,
  now: Instant,
): Promise<AccountRows | undefined> {
  const account = await readAccount(db, accountId);
  const row = await readMarks(db, accountId);
  if (!account || !row) return undefined;
  const day = Math.max(dayOf(now), account.day);
  const found = await readEvidence(db, accountId, {
    openedOn: account.day,
    day,
    loggedSince: account.day - EVIDENCE_DAYS,
  });
  const days = await readDays(db, accountId, { since: account.day, day });
  const { checkedAt, isUnverified, ...marks } = row;
  const openings = account.policy.sendingWindow === null ? null : ALWAYS;
  const context = { checkedAt, openings, isUnverified };
  return {
    account: accountOfRows({ account, ...found, days }, context, now),
    row: { ...marks, version: account.version, day: account.day, counter: account.counter },
    found,
  };
}

/** Neither status nor article depends on the sending window, so it counts as known. */
const ALWAYS: WindowIntervals = { bounds: [0], from: 0, until: Infinity, zoneVersion: '' };

type Marks = Pick<WhyRows['row'], 'isEdited' | 'hotSince'> & {
  readonly checkedAt: Instant | null;
  readonly isUnverified: boolean;
};

async function readMarks(db: Queryable, accountId: string): Promise<Marks | undefined> {
  const [row] = await rowsOf<Marks>(
    db,
    `select jsonb_build_object('isEdited', is_edited, 'isUnverified', state = 'unverified',
       'hotSince', safeband.ms_of(hot_since), 'checkedAt', safeband.ms_of(last_checked_at)) as row
     from safeband.accounts where account_id = $1`,
    [accountId],
  );
  return row;
}

/** What Postgres adds to a status: the row, and the event log of its day. */
export type RowSide = RowNow & {
  /** The event log of `loggedDay`: the later of the row's day and that of `at`. */
  readonly logged: Logged;
  readonly loggedDay: UtcDay;
  /** When a save last wrote the row. */
  readonly savedAt: Instant;
  /** The last reconcile of the account, or the last audit of all accounts; null: none. */
  readonly lastCheckedAt: Instant | null;
};

/** Undefined: there is no such account. */
export async function readRowSide(
  db: Queryable,
  accountId: string,
  at: Instant,
): Promise<RowSide | undefined> {
  const [side] = await rowsOf<RowSide>(
    db,
    `select jsonb_build_object('version', a.version, 'day', safeband.day_no(a.counter_day),
       'counter', a.inmails_sent_today, 'isEdited', a.is_edited,
       'logged', jsonb_build_object('delivered', s.delivered, 'external', s.external),
       'loggedDay', safeband.day_no(s.counter_day), 'savedAt', safeband.ms_of(a.updated_at),
       'lastCheckedAt', safeband.ms_of(s.last_checked_at)) as row
     from safeband.accounts a
     join safeband.account_status_at(safeband.at_ms($2)) s using (account_id)
     where a.account_id = $1`,
    [accountId, at],
  );
  return side;
}
