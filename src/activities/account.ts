/** What an account's workflow does to Postgres. Times are arguments; no clock is read (R16). */
import type { Activities, Claim, Claimed, Ran, Run, Save, Saved } from './ports.js';
import type { Slot } from '../domain/account.js';
import { REMEMBERED_DAYS, WITNESS_DAYS } from '../domain/limits.js';
import { reconcile } from '../domain/reconcile.js';
import type { Foreign, ReadBack } from '../domain/stored.js';
import type { Instant } from '../domain/time.js';
import {
  claimAccount,
  lockIdentity,
  markCold,
  moveAccount,
  readAccount,
  readRivals,
} from '../postgres/accounts.js';
import { inSnapshot, inTransaction, type Pool, type Queryable } from '../postgres/pool.js';
import { readDays, readHighestNumber, readWitnesses } from '../postgres/readBack.js';
import {
  fence,
  foreignIn,
  isToldOf,
  keepEdits,
  lockAccount,
  raiseAlerts,
  resolveAlerts,
  writeCorrection,
  writeHeartbeat,
  type Stood,
} from '../postgres/runs.js';
import { keepRefused, raiseTwoOwners, writeRows } from '../postgres/rows.js';

export function accountActivities(
  pool: Pool,
): Omit<Activities, 'expandWindow' | 'readClock' | 'auditFleet' | 'sendWebhooks'> {
  return {
    readBack: ({ accountId, day }) => readBack(pool, accountId, day),
    claim: (request) => claim(pool, request),
    save: (request) => inTransaction(pool, (db) => saveIn(db, request)),
    reconcile: (request) => run(pool, request),
  };
}

function readBack(pool: Pool, accountId: string, day: number): Promise<ReadBack> {
  return inSnapshot(pool, async (db) => {
    const account = await readAccount(db, accountId);
    const since = Math.min(day, account?.day ?? day);
    return {
      account,
      highestNumber: await readHighestNumber(db, accountId),
      ...(await readWitnesses(db, accountId, {
        openedOn: since,
        day,
        loggedSince: day - REMEMBERED_DAYS,
      })),
      days: await readDays(db, accountId, { since, day }),
    };
  });
}

function claim(pool: Pool, { owner, found, row }: Claim): Promise<Claimed> {
  return inTransaction(pool, async (db) => {
    await lockIdentity(db, row);
    if (!(await claimAccount(db, row, owner, found))) return { claimed: false };
    return { claimed: true, rivals: await readRivals(db, row) };
  });
}

async function saveIn(
  db: Queryable,
  { owner, row, entries, isHot, handled }: Save,
  checkedAt: Instant | null = null,
): Promise<Saved> {
  const { accountId } = row;
  const stood = await lockAccount(db, accountId);
  if (!stood || !(await moveAccount(db, row, owner, { isHot, checkedAt }))) {
    const { day, updatedAt: at } = row;
    if (stood && stood.owner !== owner) {
      await raiseTwoOwners(db, accountId, { day, at, owner: stood.owner });
    }
    return { saved: false, owner: stood?.owner ?? '', version: stood?.version ?? 0 };
  }
  const foreign = await editsOf(db, accountId, stood, handled);
  const refused = await writeAll(db, row, entries);
  return { saved: true, refused, foreign };
}

function run(pool: Pool, { account, runId, at, ...request }: Run): Promise<Ran> {
  const begin = performance.now();
  return inTransaction(pool, async (db): Promise<Ran> => {
    const { accountId } = account;
    const saved = await saveIn(db, request, at);
    if (!saved.saved) return saved;
    const { foreign } = saved;
    await fence(
      db,
      accountId,
      account.slots.filter((slot) => isUnbegun(slot, at)),
      at,
    );
    const found = await readWitnesses(db, accountId, {
      openedOn: account.day,
      day: account.day,
      loggedSince: account.day - WITNESS_DAYS,
    });
    const looksBack = await isToldOf(db, accountId, account.day - 1);
    const verdict = reconcile(account, found, foreign, at, looksBack);
    const durationMs = Math.round(performance.now() - begin);
    const rows = { accountId, runId, at, durationMs, verdict, foreign };
    await writeHeartbeat(db, rows);
    const healed = verdict.days.filter(({ isHealed }) => isHealed);
    for (const day of healed) await writeCorrection(db, rows, day);
    const alerts = verdict.alerts.map((alert) => ({ ...alert, accountId }));
    await raiseAlerts(db, { runId, at, alerts });
    await resolveAlerts(db, rows);
    const { events, cooled, days } = verdict;
    const isEqual = events.length === 0;
    if (isEqual && !account.slots.some(({ state }) => state === 'in_flight'))
      await markCold(db, accountId);
    return {
      saved: true,
      runId,
      events,
      foreign,
      drift: days.at(-1)?.drift ?? 0,
      healed: healed.length > 0,
      alerted: verdict.alerts.length > 0,
      cooled,
    };
  });
}

/** Its lease is over without a word, and its caller promised a journal row before the call. */
const isUnbegun = (slot: Slot, at: Instant): boolean =>
  slot.state === 'in_flight' && slot.journaled && at >= slot.leaseExpiresAt;

/** What a hand has changed and nobody has told, as far as the workflow knows; the row keeps it. */
async function editsOf(
  db: Queryable,
  accountId: string,
  stood: Stood,
  handled: string | null,
): Promise<Foreign | null> {
  const known = stood.edits?.id === handled ? null : stood.edits;
  const found = await foreignIn(db, accountId, stood);
  const edits = found && known ? joined(found, known) : (found ?? known);
  if (edits !== stood.edits) await keepEdits(db, accountId, edits);
  return edits;
}

/** The layers look at the larger number; all columns are told, under the newer name. */
const joined = (found: Foreign, known: Foreign): Foreign => ({
  ...(known.counter > found.counter ? known : found),
  id: found.id,
  columns: [...new Set([...found.columns, ...known.columns])].toSorted(),
});

/** All rows at once; if one is refused for its content, one by one, so that it alone stays out. */
async function writeAll(
  db: Queryable,
  { accountId, day, updatedAt: at }: Save['row'],
  entries: Save['entries'],
): Promise<number> {
  const whole = await tried(db, () => writeRows(db, accountId, entries));
  if (whole === undefined) return 0;
  let refused = 0;
  for (const entry of entries) {
    const reason = await tried(db, () => writeRows(db, accountId, [entry]));
    if (reason === undefined) continue;
    refused += 1;
    await keepRefused(db, accountId, entry, { day, at, reason });
  }
  return refused;
}

/** Does the work under a savepoint; a refusal of its content takes back the work, and is told. */
async function tried(db: Queryable, work: () => Promise<void>): Promise<string | undefined> {
  await db.query('savepoint row');
  try {
    await work();
    await db.query('release savepoint row');
    return undefined;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    await db.query('rollback to savepoint row');
    return error.message;
  }
}

/**
 * SQLSTATE classes that no later try would change: a list that names a row twice, data exception,
 * integrity violation, and content that is too large for an index or a row.
 */
const REFUSALS = ['21', '22', '23', '54'];
const isRefusal = (error: unknown): error is Error =>
  error instanceof Error &&
  'code' in error &&
  typeof error.code === 'string' &&
  REFUSALS.includes(error.code.slice(0, 2));
