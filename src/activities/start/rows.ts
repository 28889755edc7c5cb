/** What a start asks of Postgres: the rows of its account, and the claim of its row (R13, R14). */
import type { Pacing } from '../../domain/account/policy.js';
import { isAtOnce, restoreAtOnce, type Opening, type ReadAsk } from '../../domain/entity/atOnce.js';
import { REMEMBERED_DAYS } from '../../domain/primitives/limits.js';
import { condensed } from '../../domain/reconcile/crowd.js';
import { firstOf, partOf } from '../../domain/records/readParts.js';
import type { ReadBack } from '../../domain/records/snapshot.js';
import { accountRow } from '../../domain/records/toRecords.js';
import { inSnapshot, inTransaction, type Pool } from '../../postgres/pool.js';
import {
  readDays,
  readEvidence,
  readHighestNumber,
  readLater,
} from '../../postgres/read/readBack.js';
import { readWaiting } from '../../postgres/read/waiting.js';
import { claimAccount, readAccount, readLast } from '../../postgres/save/accounts.js';
import { lockIdentity, readRivals } from '../../postgres/save/identities.js';
import type { Activities, Claim, Claimed } from '../ports.js';

/** `defaultPacing`: the pace of new accounts that name none (R19). */
export const startActivities = (
  pool: Pool,
  defaultPacing?: Pacing,
): Pick<Activities, 'readBack' | 'claim'> => ({
  readBack: async ({ opening, ...ask }) => {
    const found = { ...(await readBack(pool, ask)), defaultPacing };
    const isWhole = ask.part === undefined && found.left === undefined;
    if (!opening || !isWhole || !isAtOnce(found, opening)) return found;
    return { ...found, ...(await claimAtOnce(pool, found, opening)) };
  },
  claim: (request) => claim(pool, request),
});

function readBack(
  pool: Pool,
  { accountId, day, after, part }: Omit<ReadAsk, 'opening'>,
): Promise<ReadBack> {
  return inSnapshot(pool, async (db) => {
    const account = await readAccount(db, accountId);
    const since = Math.min(day, account?.day ?? day);
    const loggedSince = day - REMEMBERED_DAYS;
    const found = condensed({
      account,
      ...(await readLast(db, accountId)),
      ...(after === undefined ? {} : { later: await readLater(db, accountId, after) }),
      highestNumber: await readHighestNumber(db, accountId),
      ...(await readEvidence(db, accountId, { openedOn: since, day, loggedSince })),
      days: await readDays(db, accountId, { since, day }),
      waiting: await readWaiting(db, accountId),
    });
    return part === undefined ? firstOf(found) : partOf(found, part);
  });
}

/** Claims the row for a start that has no history to read, unless the row has changed. */
async function claimAtOnce(
  pool: Pool,
  found: ReadBack,
  opening: Opening,
): Promise<Pick<ReadBack, 'claimed'>> {
  const { account: stored } = found;
  const { owner, place } = opening;
  const { account, version } = restoreAtOnce(found, opening);
  const row = accountRow(account, version + 1);
  const known = stored && { owner: stored.owner, version: stored.version };
  const answer = await claim(pool, { owner, found: known, row, place });
  return answer.claimed ? { claimed: { rivals: answer.rivals } } : {};
}

function claim(pool: Pool, { owner, found, row, place, isAgain }: Claim): Promise<Claimed> {
  return inTransaction(pool, async (db) => {
    await lockIdentity(db, row);
    if (!(await claimAccount(db, row, owner, found, place))) return { claimed: false };
    return { claimed: true, rivals: await readRivals(db, row, isAgain) };
  });
}
