/**
 * Reads and writes Postgres for an account's workflow. Times are arguments: it reads no clock
 * (R16).
 */
import { attempted, connectMs } from './attempt.js';
import type { Activities, Ran, Recall, Recalled, Run, Save, Saved } from './ports.js';
import type { Slot } from '../domain/account/account.js';
import { EVIDENCE_DAYS } from '../domain/primitives/limits.js';
import { crowded, fitting } from '../domain/reconcile/crowd.js';
import { reconcile } from '../domain/reconcile/reconcile.js';
import type { RanAnswer, Write } from '../domain/records/snapshot.js';
import type { Instant } from '../domain/primitives/time.js';
import { keepRun, moveAccount, raiseLastWrite } from '../postgres/save/accounts.js';
import { settleClaims } from '../postgres/groups/claims.js';
import { isRestored, lock, type Locked } from '../postgres/save/lost.js';
import { inTransaction, type Pool, type Queryable } from '../postgres/pool.js';
import { readEvidence } from '../postgres/read/readBack.js';
import {
  fence,
  manualEditIn,
  hasUnresolvedAlert,
  keepEdits,
  lockAccount,
  raiseAlerts,
  resolveAlerts,
  writeCorrection,
  writeHeartbeat,
  type LockedRow,
} from '../postgres/save/runs.js';
import { keepRefused, raiseTwoOwners, writeDenials, writeRows } from '../postgres/save/rows.js';
import type { ManualEdit } from '../domain/account/counter.js';

export function accountActivities(pool: Pool): Pick<Activities, 'save' | 'reconcile' | 'recall'> {
  return {
    save: (request) => writing(pool, (db) => saveIn(db, request)),
    reconcile: (request) => run(pool, request),
    recall: (ask) => writing(pool, (db) => recall(db, ask)),
  };
}

/** Runs a transaction. Its failure states whether the transaction may be committed. */
const writing = <T>(pool: Pool, work: (db: Queryable) => Promise<T>): Promise<T> =>
  attempted(() => inTransaction(pool, work, { connectMs: connectMs() }));

async function saveIn(
  db: Queryable,
  request: Save,
  lockState?: Locked,
  checkedAt?: Instant,
): Promise<Saved> {
  const { owner, row, entries, isHot, handled, write, place } = request;
  const { accountId } = row;
  const { locked, is } = lockState ?? (await lock(db, request));
  if (locked && is === 'committed') {
    return { saved: true, refused: 0, foreign: unhandled(locked, handled) };
  }
  const how = { isHot, checkedAt: checkedAt ?? null, write, place };
  if (!locked || is === 'restored') return notSaved(locked, owner, write);
  if (is === 'late' || !(await moveAccount(db, row, owner, how))) {
    const { day, updatedAt: at } = row;
    if (locked.owner !== owner) {
      await raiseTwoOwners(db, accountId, { day, at, owner: locked.owner });
    }
    return notSaved(locked, owner);
  }
  const foreign = await editsOf(db, accountId, locked, handled);
  await writeDenials(db, row);
  const { refused, known } = await writeAll(db, row, entries);
  if (request.isAll && refused === 0) await settleClaims(db, accountId, row.updatedAt);
  return { saved: true, refused, foreign, ...(known > 0 ? { known } : {}) };
}

const notSaved = (locked: LockedRow | null, owner: string, write?: Write): NotSaved => ({
  saved: false,
  owner: locked?.owner ?? '',
  version: locked?.version ?? 0,
  ...(locked?.owner === owner ? { lastWrite: locked.lastWrite } : {}),
  ...(locked?.owner === owner && write && isRestored(locked, write) ? { isRestored: true } : {}),
});
type NotSaved = Extract<Saved, { saved: false }>;

/**
 * Returns the answer of a reconcile that was committed. Otherwise it raises the number of the row's
 * last write above the reconcile's, so that the reconcile can never be committed later.
 */
async function recall(
  db: Queryable,
  { owner, accountId, runId, write }: Recall,
): Promise<Recalled> {
  const locked = await lockAccount(db, accountId);
  if (!locked || locked.owner !== owner || isRestored(locked, write)) {
    return notSaved(locked, owner, write);
  }
  if (locked.lastRun?.runId === runId) return { saved: true, run: locked.lastRun };
  await raiseLastWrite(db, accountId, write);
  const isOurs = locked.lastWrite < write.number || locked.lastMark === write.mark;
  return isOurs ? { saved: true, run: null } : notSaved(locked, owner);
}

function run(pool: Pool, { account, runId, at, ...request }: Run): Promise<Ran> {
  const begin = performance.now();
  return writing(pool, async (db): Promise<Ran> => {
    const { accountId } = account;
    const lockState = await lock(db, request);
    const { lastRun } = lockState.locked ?? {};
    if (request.write && lastRun?.runId === runId) return lastRun.answer;
    const saved = await saveIn(db, request, lockState, at);
    if (!saved.saved) return saved;
    const { foreign } = saved;
    await fence(
      db,
      accountId,
      account.slots.filter((slot) => isUnbegun(slot, at)),
      at,
    );
    const found = await readEvidence(db, accountId, {
      openedOn: account.day,
      day: account.day,
      loggedSince: account.day - EVIDENCE_DAYS,
    });
    const checksDayBefore = await hasUnresolvedAlert(db, accountId, account.day - 1);
    const verdict = found.crowd
      ? crowded(account, found.crowd, at)
      : fitting(account, reconcile(account, found, foreign, at, checksDayBefore), at);
    const durationMs = Math.round(performance.now() - begin);
    const rows = { accountId, runId, at, durationMs, verdict, foreign };
    await writeHeartbeat(db, rows);
    const corrected = verdict.days.filter(({ isHealed }) => isHealed);
    for (const day of corrected) await writeCorrection(db, rows, day);
    const alerts = verdict.alerts.map((alert) => ({ ...alert, accountId }));
    await raiseAlerts(db, { runId, at, alerts });
    const isDone = !verdict.events.some(({ type }) => type === 'ReconcileFailed');
    if (isDone) await resolveAlerts(db, rows);
    const { events, cooled, days } = verdict;
    const isCold = events.length === 0 && !account.slots.some(({ state }) => state === 'in_flight');
    const answer: RanAnswer = {
      saved: true,
      runId,
      events,
      foreign,
      drift: days.at(-1)?.drift ?? 0,
      healed: corrected.length > 0,
      alerted: verdict.alerts.length > 0,
      cooled,
    };
    const { row, entries, write } = request;
    const numbers = { number: write?.number ?? 0, through: entries.at(-1)?.number ?? 0 };
    const kept = { runId, ...numbers, version: row.version, at, answer };
    await keepRun(db, accountId, { run: kept, isCold });
    return answer;
  });
}

/** True if the lease has ended without a report, and the caller promised a journal row first. */
const isUnbegun = (slot: Slot, at: Instant): boolean =>
  slot.state === 'in_flight' && slot.journaled && at >= slot.leaseExpiresAt;

/** Returns the manual edits that the workflow has not reported yet, and keeps them in the row. */
async function editsOf(
  db: Queryable,
  accountId: string,
  locked: LockedRow,
  handled: string | null,
): Promise<ManualEdit | null> {
  const known = unhandled(locked, handled);
  const found = await manualEditIn(db, locked);
  const edits = found && known ? joined(found, known) : (found ?? known);
  if (edits !== locked.edits) await keepEdits(db, accountId, edits);
  return edits;
}

const unhandled = ({ edits }: LockedRow, handled: string | null): ManualEdit | null =>
  edits?.id === handled ? null : edits;

/**
 * Joins two edits: the larger counter, because drift is checked by it, all columns, the newer id.
 */
const joined = (found: ManualEdit, known: ManualEdit): ManualEdit => ({
  ...(known.counter > found.counter ? known : found),
  id: found.id,
  columns: [...new Set([...found.columns, ...known.columns])].toSorted(),
});

/**
 * Writes all rows at once. If Postgres refuses the content of a row, writes them one by one, so
 * that only the refused row is left out.
 */
async function writeAll(
  db: Queryable,
  { accountId, day, updatedAt: at }: Save['row'],
  entries: Save['entries'],
): Promise<{ readonly refused: number; readonly known: number }> {
  const whole = await tried(db, () => writeRows(db, accountId, entries));
  if (typeof whole === 'number') return { refused: 0, known: whole };
  let refused = 0;
  let known = 0;
  for (const entry of entries) {
    const one = await tried(db, () => writeRows(db, accountId, [entry]));
    if (typeof one === 'number') {
      known += one;
      continue;
    }
    refused += 1;
    await keepRefused(db, accountId, entry, { day, at, reason: one.refusal });
  }
  return { refused, known };
}

/** Does the work under a savepoint. If Postgres refuses its content, undoes it and returns why. */
async function tried<T>(
  db: Queryable,
  work: () => Promise<T>,
): Promise<T | { readonly refusal: string }> {
  await db.query('savepoint row');
  try {
    const done = await work();
    await db.query('release savepoint row');
    return done;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    await db.query('rollback to savepoint row');
    return { refusal: error.message };
  }
}

/**
 * SQLSTATE classes of errors that a later try would get again: a list that names a row twice, data
 * exception, integrity violation, and content that is too large for an index or a row.
 */
const REFUSALS = ['21', '22', '23', '54'];
const isRefusal = (error: unknown): error is Error =>
  error instanceof Error &&
  'code' in error &&
  typeof error.code === 'string' &&
  REFUSALS.includes(error.code.slice(0, 2));
