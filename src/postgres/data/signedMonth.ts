/**
 * Exports a sealed month of the event log as a signed file (R29). The rows are compared with their
 * seal first, in the same snapshot: only what the seals prove is signed.
 */
import type { KeyObject } from 'node:crypto';
import { HOUR_MS, isoInstant, type Instant } from '../../domain/primitives/time.js';
import { SignedRows } from '../../platform/signedFile.js';
import { ascii } from '../operations/exportRows.js';
import { inTransaction, type Pool, type Queryable } from '../pool.js';
import type { ErasureKey } from './erasureKey.js';
import { after, checkKey, readChain, rowsIn } from './sealRows.js';
import { verifyChain, verifyRows } from './verifySeals.js';

export type SignedAsk = {
  /** Such as 2026-10. */
  readonly month: string;
  /** Null: all accounts. */
  readonly accounts: readonly string[] | null;
  readonly group: string | null;
  readonly by: string;
  readonly at: Instant;
  readonly privateKey: KeyObject;
};
export type SignedResult =
  | { readonly result: 'written'; readonly rows: number }
  /** The month has no seal; `last`: the last month that has one. */
  | { readonly result: 'unsealed'; readonly last: string | null }
  /** Rows or seals differ: `safeband verify` names them. */
  | { readonly result: 'broken' }
  | { readonly result: 'unknown'; readonly what: string };

/** Calls `write` with each line of the file. If the result is another, nothing was written. */
export function exportMonth(
  pool: Pool,
  key: ErasureKey,
  ask: SignedAsk,
  write: (line: string) => void,
): Promise<SignedResult> {
  return inTransaction(
    pool,
    async (db) => {
      await db.query(`set local statement_timeout = ${HOUR_MS}; set local timezone = 'UTC'`);
      const last = await readChain(db);
      checkKey(key, last.keyId);
      const month = `${ask.month}-01`;
      const seal = await readSeal(db, month);
      if (!seal) return { result: 'unsealed', last: last.month?.slice(0, 7) ?? null };
      const what = await unknownIn(db, ask);
      if (what !== undefined) return { result: 'unknown', what };
      const { flaws } = await verifyChain(db);
      const differ = await verifyRows(db, key, { from: month, before: after(month) });
      if (flaws.length + differ.length > 0) return { result: 'broken' };
      // The header comes first and has the hash of the rows, so they are read twice.
      const lines = new SignedRows();
      for await (const { json } of rowsOf(db, month, ask)) lines.line(json);
      const { header, signature } = lines.sign(
        {
          table: 'inmail_events',
          month: ask.month,
          accounts: ask.accounts,
          group: ask.group,
          seal: seal.hash,
          previousSeal: seal.previous,
          sealedAt: seal.at,
          sealedRows: Number(seal.rows),
          exportedAt: isoInstant(ask.at),
          exportedBy: ask.by,
        },
        ask.privateKey,
      );
      write(header);
      const again = new SignedRows();
      for await (const { json } of rowsOf(db, month, ask)) write(again.line(json));
      write(signature);
      return { result: 'written', rows: again.rows };
    },
    { begin: 'begin isolation level repeatable read read only' },
  );
}

type Seal = {
  readonly hash: string;
  readonly previous: string;
  readonly rows: string;
  readonly at: string;
};

async function readSeal(db: Queryable, month: string): Promise<Seal | undefined> {
  const { rows } = await db.query<Seal>(
    `select hash, previous, rows::text as rows,
            to_char(sealed_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as at
       from safeband.event_seals where month = $1`,
    [month],
  );
  return rows[0];
}

/** Returns the first account, or the group, that does not exist. */
async function unknownIn(
  db: Queryable,
  { accounts, group }: SignedAsk,
): Promise<string | undefined> {
  const { rows } = await db.query<{ what: string }>(
    `select 'account ' || id as what from unnest($1::text[]) id
      where not exists (select from safeband.accounts a where a.account_id = id)
     union all
     select 'group ' || $2::text where $2 is not null
        and not exists (select from safeband.accounts a where a.group_name = $2)
      limit 1`,
    [accounts ?? [], group],
  );
  return rows[0]?.what;
}

/** Reads the rows of the month, each as JSON in ASCII: no character depends on an encoding. */
async function* rowsOf(
  db: Queryable,
  month: string,
  { accounts, group }: SignedAsk,
): AsyncIterable<{ readonly json: string }> {
  // A cursor takes no parameters.
  await db.query(
    `select set_config('safeband.export_accounts', coalesce($1::text[]::text, ''), true),
            set_config('safeband.export_group', coalesce($2::text, ''), true)`,
    [accounts, group],
  );
  const found = rowsIn<{ readonly json: string }>(
    db,
    'signed',
    `select row_to_json(e)::text as json from safeband.inmail_events e,
       (select nullif(current_setting('safeband.export_accounts'), '')::text[] as accounts,
               nullif(current_setting('safeband.export_group'), '') as chosen) ask
      where e.quota_day >= '${month}'::date and e.quota_day < '${after(month)}'::date
        and (ask.accounts is null or e.account_id::text = any(ask.accounts))
        and (ask.chosen is null or e.account_id in (
          select account_id from safeband.accounts a where a.group_name = ask.chosen))
      order by e.account_id collate "C", e.quota_day, e.event_id`,
  );
  for await (const { json } of found) yield { json: ascii(json) };
}
