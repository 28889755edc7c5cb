/**
 * The steps of a life for data (R28, R29): a year of made-up rows is sealed and verified, a person
 * is erased, the seals are verified again, the database is restored and audited, and old rows are
 * deleted.
 */
import pg from 'pg';
import { RETENTION_DEFAULT } from '../src/domain/records/retention.js';
import { erasePerson } from '../src/postgres/data/erase.js';
import { keyOf } from '../src/postgres/data/erasureKey.js';
import { sealMonths } from '../src/postgres/data/seal.js';
import { verifySeals } from '../src/postgres/data/verifySeals.js';
import { pruneRows } from '../src/postgres/operations/prune.js';
import { readTableSizes } from '../src/postgres/operations/tableSizes.js';
import { fillYear, type MadeUp } from '../test/support/madeUpYear.js';
import { dayOf, HOUR_MS } from '../src/domain/primitives/time.js';
import { createPool, type Pool } from '../src/postgres/pool.js';
import { auditOnce, fillToday, vacuum } from './fleet.js';

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
const count = (rows: number): string => rows.toLocaleString('en-US');
const key = keyOf(Buffer.alloc(32, 7));

/** A person whom a tenth of the accounts contacted, and none of them in the last days. */
const PERSON = 'ACoAAperson';
const ONE_PERSON = `
  update safeband.reservations set recipient_id = $1, recipient_key = lower($1), number = number + 1
   where reservation_id = 'r' || $2::int || '.1' and account_id like '%7'`;
const PERSON_DAY = 40;

/** The size of a made-up life. */
export type Size = Omit<MadeUp, 'today'>;
/** What was measured, and how long it took. */
export type Step = readonly [what: string, measured: string, target: string];

/** Fills an empty database with a year of rows until yesterday, and with a day of sends. */
export async function fillData(url: string, made: Size): Promise<void> {
  const filler = new pg.Client({ connectionString: url });
  await filler.connect();
  await fillYear(filler, { ...made, today: dayOf(Date.now()) });
  await filler.query(ONE_PERSON, [PERSON, Math.min(PERSON_DAY, made.days)]);
  await fillToday(filler, made.accounts);
  await vacuum(filler);
  await filler.end();
}

/** A pool as the command line has it, whose statements may take an hour. */
const longPool = (url: string): Pool => createPool(url, 2, 'session', HOUR_MS);

async function verify(pool: Pool): Promise<string> {
  const { flaws, rows: sealed } = await verifySeals(pool, key);
  if (flaws.length > 0) throw new Error('a sealed row differs');
  return `: ${count(sealed)} events`;
}

/** Measures each step on a filled database. */
export async function stepsOfData(url: string, made: Size): Promise<readonly Step[]> {
  const at = Date.now();
  const pool = longPool(url);
  const rows = (await readTableSizes(pool)).reduce((sum, one) => sum + one.rows, 0);
  const what = `${count(rows)} rows of ${count(made.accounts)} accounts`;
  const lines: Step[] = [];
  const measure: Measure = async (name, work) => {
    const begin = performance.now();
    const found = await work();
    const took = performance.now() - begin;
    process.stderr.write(`  ${name}: ${seconds(took)}\n`);
    lines.push([`${name}, ${what}${found}`, seconds(took), '']);
  };
  await measure('sealed', async () => {
    const { sealed } = await sealMonths(pool, key, { at, by: 'bench', withLate: false });
    return `: ${sealed.length} months`;
  });
  await measure('verified', () => verify(pool));
  await measure('a person erased', async () => {
    const ask = { recipientId: PERSON, chats: [], by: 'bench', reason: 'bench', at };
    const { rows: changed, remembered } = await erasePerson(pool, key, { ...ask, isApplied: true });
    if (remembered.length > 0) throw new Error('an account still works with the person');
    return `: ${count(Object.values(changed).reduce((sum, one) => sum + one, 0))} rows`;
  });
  await measure('verified after the erasure', () => verify(pool));
  await pool.end(); // Postgres copies only a database without connections
  await restored(url, measure);
  const left = longPool(url);
  let slowest = 0;
  let before = performance.now();
  const afterStep = (): void => {
    slowest = Math.max(slowest, performance.now() - before);
    before = performance.now();
  };
  await measure('old rows deleted', async () => {
    const ask = { at, keep: RETENTION_DEFAULT, stepsMs: 600_000, afterStep };
    return `: ${count(await pruneRows(left, ask))} rows`;
  });
  lines.push(['the same, slowest step', `${slowest.toFixed(0)} ms`, '1,000 ms at most']);
  await measure('sizes of tables, for doctor', async () => {
    await readTableSizes(left);
    return '';
  });
  await left.end();
  return lines;
}

type Measure = (name: string, work: () => Promise<string>) => Promise<void>;

/**
 * Measures what follows a restore, on a copy of the database by Postgres: `pg_dump` is not a part of
 * the servers that a benchmark starts. The count of transactions of a new server is lower than the
 * horizon of its last audit, so its first audit has no horizon, as here.
 */
async function restored(url: string, measure: Measure): Promise<void> {
  const name = new URL(url).pathname.slice(1);
  const [copy, admin] = [new URL(url), new URL(url)];
  copy.pathname = `/${name}_restored`;
  admin.pathname = '/postgres';
  const db = new pg.Client({ connectionString: admin.href });
  await db.connect();
  try {
    await measure('restored: copied by Postgres', async () => {
      await db.query(`create database ${name}_restored template ${name}`);
      return '';
    });
    const [pool, asAudit] = [longPool(copy.href), createPool(copy.href)];
    try {
      await pool.query(`delete from safeband.reconciler_runs where scope = 'fleet'`);
      await measure('restored: the first audit reads all accounts', async () => {
        await auditOnce(asAudit);
        return '';
      });
      await measure('restored: verified', () => verify(pool));
    } finally {
      await pool.end();
      await asAudit.end();
    }
  } finally {
    await db.query(`drop database if exists ${name}_restored with (force)`);
    await db.end();
  }
}
