/** Reads what the explanation of an account's numbers needs (R17), in one snapshot. */
import { WITNESS_DAYS } from '../../domain/primitives/limits.js';
import { accountOfRows } from '../../domain/diagnostics/asOf/accountFromRecords.js';
import type { WindowIntervals } from '../../domain/account/sendingWindow.js';
import { dayOf, DAY_MS, parseInstant, type Instant } from '../../domain/primitives/time.js';
import { whyOf } from '../../domain/diagnostics/why/why.js';
import type { StatusWire } from '../../domain/wire/responses.js';
import { readAccount } from '../save/accounts.js';
import { inSnapshot, rowsOf, type Pool, type Queryable } from '../pool.js';
import { readDays, readEvidence } from '../read/readBack.js';
import { listOpenAlerts } from '../read/reads.js';
import type { Why, WhyRows } from '../../domain/diagnostics/why/model.js';

/** Maximum open alerts of an explanation. */
const ALERTS_MAX = 50;
const CORRECTIONS_MAX = 20;

/**
 * Answers "why do my numbers differ?" for one account; undefined if there is no such account.
 * `status`: the answer of its workflow; absent: only the rows are read. The sentences are the same
 * if everything is saved.
 */
export function readWhy(
  pool: Pool,
  accountId: string,
  { now, status }: { readonly now: Instant; readonly status?: StatusWire | undefined },
): Promise<Why | undefined> {
  const asOf = (status && parseInstant(status.asOf)) ?? now;
  return inSnapshot(pool, async (db) => {
    const rows = await readRows(db, accountId, asOf);
    return rows && whyOf(rows, status, asOf);
  });
}

async function readRows(db: Queryable, accountId: string, now: Instant) {
  const account = await readAccount(db, accountId);
  const row = await readRow(db, accountId);
  if (!account || !row) return undefined;
  const day = Math.max(dayOf(now), account.day);
  const found = await readEvidence(db, accountId, {
    openedOn: account.day,
    day,
    loggedSince: account.day - WITNESS_DAYS,
  });
  const days = await readDays(db, accountId, { since: account.day, day });
  const openings = account.policy.sendingWindow === null ? null : ALWAYS;
  const context = { checkedAt: row.checkedAt, openings };
  const alerts = await listOpenAlerts(db, { accountId, limit: ALERTS_MAX });
  const corrections = await readCorrections(db, accountId, now);
  const asRead: WhyRows = {
    account: accountOfRows({ account, ...found, days }, context, now),
    row: { ...row, version: account.version, day: account.day, counter: account.counter },
    found,
    alerts,
    corrections,
  };
  return asRead;
}

/** A window that is always open: an explanation does not depend on the window. */
const ALWAYS: WindowIntervals = { bounds: [0], from: 0, until: Infinity, zoneVersion: '' };

type Row = Pick<WhyRows['row'], 'isEdited' | 'hotSince'> & { readonly checkedAt: Instant | null };

async function readRow(db: Queryable, accountId: string): Promise<Row | undefined> {
  const [row] = await rowsOf<Row>(
    db,
    `select jsonb_build_object('isEdited', is_edited,
       'hotSince', safeband.ms_of(hot_since), 'checkedAt', safeband.ms_of(last_checked_at)) as row
     from safeband.accounts where account_id = $1`,
    [accountId],
  );
  return row;
}

const readCorrections = (
  db: Queryable,
  accountId: string,
  now: Instant,
): Promise<WhyRows['corrections']> =>
  rowsOf(
    db,
    `select jsonb_build_object('at', safeband.ms_of(at),
       'sentences', coalesce(explanation->'sentences', '[]')) as row
     from safeband.corrections
     where account_id = $1 and at > safeband.at_ms($2)
     order by at desc, correction_id desc limit $3`,
    [accountId, now - DAY_MS, CORRECTIONS_MAX],
  );
