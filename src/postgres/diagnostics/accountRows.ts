/** Reads an account as its rows describe it, for status and support article (R17). */
import { accountOfRows } from '../../domain/diagnostics/asOf/accountFromRecords.js';
import type { Logged, RowNow } from '../../domain/diagnostics/asOf/statusFromRecords.js';
import type { WhyRows } from '../../domain/diagnostics/why/model.js';
import type { StoredAccount } from '../../domain/records/snapshot.js';
import { EVIDENCE_DAYS } from '../../domain/primitives/limits.js';
import { dayOf, type Instant, type UtcDay } from '../../domain/primitives/time.js';
import { EDITED, SAVED, STORED } from '../save/accounts.js';
import { rowsOf, type Queryable } from '../pool.js';
import { readDays, readEvidence } from '../read/readBack.js';
import { readWaiting } from '../read/waiting.js';
import { openingsOf } from '../read/sending.js';

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
export type AccountRows = Pick<WhyRows, 'account' | 'row' | 'found'> & { readonly side: RowSide };

/** The row in the domain's form, and what only readers need of it. */
type WholeRow = {
  readonly stored: StoredAccount;
  readonly hotSince: Instant | null;
  readonly checkedAt: Instant | null;
  readonly isUnverified: boolean;
  readonly side: RowSide;
};

/** Builds a RowSide from the row `a` of SAVED and its status `s`. */
const SIDE = `jsonb_build_object('version', a.version, 'edited', ${EDITED},
  'logged', jsonb_build_object('delivered', s.delivered, 'external', s.external),
  'loggedDay', safeband.day_no(s.counter_day), 'savedAt', safeband.ms_of(a.updated_at),
  'lastCheckedAt', safeband.ms_of(s.last_checked_at))`;

/** Undefined: there is no such account. Read it in one snapshot. */
export async function readAccountRows(
  db: Queryable,
  accountId: string,
  now: Instant,
): Promise<AccountRows | undefined> {
  const row = await readRow(db, accountId, now);
  if (!row) return undefined;
  const { stored, side, hotSince, checkedAt, isUnverified } = row;
  const day = Math.max(dayOf(now), stored.day);
  const found = await readEvidence(db, accountId, {
    openedOn: stored.day,
    day,
    loggedSince: stored.day - EVIDENCE_DAYS,
  });
  const days = await readDays(db, accountId, { since: stored.day, day });
  const waiting = await readWaiting(db, accountId);
  const openings = openingsOf(stored.policy, now);
  const context = { checkedAt, openings, isUnverified, isCounterKept: true };
  return {
    account: accountOfRows({ account: stored, ...found, days, waiting }, context, now),
    row: { version: side.version, edited: side.edited, hotSince },
    found,
    side,
  };
}

/** Reads everything that the account's row has, in one statement. */
async function readRow(
  db: Queryable,
  accountId: string,
  at: Instant,
): Promise<WholeRow | undefined> {
  const [row] = await rowsOf<WholeRow>(
    db,
    `with stored as (
       select ${STORED} as stored, state = 'unverified' as is_unverified
         from ${SAVED} where a.id = $1
     )
     select jsonb_build_object('stored', stored, 'side', ${SIDE},
       'hotSince', safeband.ms_of(a.hot_since), 'checkedAt', safeband.ms_of(a.last_checked_at),
       'isUnverified', is_unverified) as row
     from stored, ${SAVED}
     join safeband.account_status_at(safeband.at_ms($2)) s on s.account_id = a.id
     where a.id = $1`,
    [accountId, at],
  );
  return row;
}

/** Reads the row only as an addition to a status; undefined: there is no such account. */
export async function readRowSide(
  db: Queryable,
  accountId: string,
  at: Instant,
): Promise<RowSide | undefined> {
  const [side] = await rowsOf<RowSide>(
    db,
    `select ${SIDE} as row
     from ${SAVED}
     join safeband.account_status_at(safeband.at_ms($2)) s on s.account_id = a.id
     where a.id = $1`,
    [accountId, at],
  );
  return side;
}
