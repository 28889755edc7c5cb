/** A running account whose row is of a backup, or was renamed (R14): checks and mutants. */
import { expect } from 'vitest';
import { accountRow } from '../../src/domain/records/toRecords.js';
import { batchOf } from '../../src/domain/entity/writes.js';
import { OWNER, spent, type DatabaseCheck } from './desk.js';
import type { Mutant } from './mutant.js';

const ROW = `select inmails_sent_today as counter, last_write::int as written
  from safeband.accounts where account_id = $1`;

/** The row has write 1, and the account knows the answer of write 2: Postgres was restored. */
const rowOfBackup: DatabaseCheck = async (desk) => {
  const account = await desk.begin();
  const save = (entity: typeof account.entity, number: number, answered: number) =>
    desk.activities.save({
      owner: OWNER,
      ...batchOf(entity),
      write: { number, mark: `mark ${number}`, answered },
    });
  expect(await save(account.entity, 1, 0)).toMatchObject({ saved: true });
  const later = spent(account).entity;
  const old = { saved: false, isRestored: true, lastWrite: 1 };
  expect(await save(later, 3, 2)).toMatchObject(old);
  const ask = { owner: OWNER, accountId: desk.accountId, runId: 'run/2' };
  const recall = { ...ask, write: { number: 4, mark: 'mark 4', answered: 2 } };
  expect(await desk.activities.recall(recall)).toMatchObject(old);
  expect(await desk.all(ROW)).toEqual([{ counter: 0, written: 1 }]);
  expect(await save(later, 5, 1)).toMatchObject({ saved: true });
  expect(await desk.all(ROW)).toEqual([{ counter: 2, written: 5 }]);
};

const renamedRow: DatabaseCheck = async (desk) => {
  const owner = `chain of ${desk.accountId}`;
  const account = await desk.begin();
  const row = accountRow(account.entity.account, account.entity.version);
  const found = { owner: OWNER, version: row.version };
  expect(await desk.activities.claim({ owner, found, row })).toMatchObject({ claimed: true });
  await desk.all(`update safeband.accounts set account_id = $1 || '-new' where account_id = $1`);
  expect(await desk.save(spent(account).entity, owner)).toMatchObject({ saved: false });
  expect(await desk.all(ROW)).toEqual([]);
};

export const BACKUP_CHECKS = {
  'a row of a backup is found before anything is written': rowOfBackup,
  'a running account whose row was renamed adds no second row': renamedRow,
} satisfies Readonly<Record<string, DatabaseCheck>>;
export type BackupCheckName = keyof typeof BACKUP_CHECKS;

const LOST = 'src/postgres/save/lost.ts';
export const BACKUP_MUTANTS: readonly Mutant<BackupCheckName>[] = [
  {
    rule: 'R14',
    what: 'a row of a backup is written as if nothing was lost',
    file: LOST,
    old: 'lastWrite < answered;',
    mutated: 'lastWrite < answered && answered < 0;',
    by: 'a row of a backup is found before anything is written',
  },
  {
    rule: 'R14',
    what: 'a renamed row of a running account is written a second time',
    file: LOST,
    old: 'return rowCount !== 0;',
    mutated: 'return rowCount === null;',
    by: 'a running account whose row was renamed adds no second row',
  },
];
