/** What an account's workflow does to Postgres. Times are arguments; no clock is read (R16). */
import type { Activities, Claim, Claimed, Save, Saved } from './ports.js';
import type { ReadBack } from '../domain/stored.js';
import {
  claimAccount,
  lockIdentity,
  moveAccount,
  readAccount,
  readOwner,
  readRivals,
} from '../postgres/accounts.js';
import { inTransaction, type Pool, type Queryable } from '../postgres/pool.js';
import {
  readAttempts,
  readDays,
  readEvents,
  readHighestNumber,
  readReservations,
} from '../postgres/readBack.js';
import { keepRefused, raiseTwoOwners, writeRows } from '../postgres/rows.js';

export function accountActivities(pool: Pool): Omit<Activities, 'expandWindow'> {
  return {
    readBack: ({ accountId, day }) => readBack(pool, accountId, day),
    claim: (request) => claim(pool, request),
    save: (request) => save(pool, request),
  };
}

function readBack(pool: Pool, accountId: string, day: number): Promise<ReadBack> {
  return inTransaction(
    pool,
    async (db) => {
      const account = await readAccount(db, accountId);
      const since = Math.min(day, account?.day ?? day);
      return {
        account,
        highestNumber: await readHighestNumber(db, accountId),
        reservations: await readReservations(db, accountId, since),
        attempts: await readAttempts(db, accountId, day),
        events: await readEvents(db, accountId, day),
        days: await readDays(db, accountId, { since, day }),
      };
    },
    'begin isolation level repeatable read read only',
  );
}

function claim(pool: Pool, { owner, found, row }: Claim): Promise<Claimed> {
  return inTransaction(pool, async (db) => {
    await lockIdentity(db, row);
    if (!(await claimAccount(db, row, owner, found))) return { claimed: false };
    return { claimed: true, rivals: await readRivals(db, row) };
  });
}

async function save(pool: Pool, { owner, row, entries }: Save): Promise<Saved> {
  return inTransaction(pool, async (db) => {
    if (!(await moveAccount(db, row, owner))) {
      const held = await readOwner(db, row.accountId);
      const { day, updatedAt: at } = row;
      if (held && held.owner !== owner) {
        await raiseTwoOwners(db, row.accountId, { day, at, owner: held.owner });
      }
      return { saved: false, owner: held?.owner ?? '', version: held?.version ?? 0 };
    }
    const refused = await writeAll(db, { owner, row, entries });
    return { saved: true, through: row.version, refused };
  });
}

/** All rows at once; if one is refused for its content, one by one, so that it alone stays out. */
async function writeAll(db: Queryable, { row, entries }: Save): Promise<number> {
  const { accountId, day, updatedAt: at } = row;
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
