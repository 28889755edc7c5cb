/**
 * The steps of a life for data (R28, R29): a year of made-up rows is sealed and verified, a person
 * is erased, the seals are verified again, and old rows are deleted.
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
import { createPool } from '../src/postgres/pool.js';

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
const count = (rows: number): string => rows.toLocaleString('en-US');

/** A person whom a tenth of the accounts contacted, and none of them in the last days. */
const PERSON = 'ACoAAperson';
const ONE_PERSON = `
  update safeband.reservations set recipient_id = $1, recipient_key = lower($1), number = number + 1
   where reservation_id = 'r40.1' and account_id like '%7'`;

/** What was measured, and how long it took. */
export type Step = readonly [what: string, measured: string, target: string];

/** Measures each step on an empty database. */
export async function stepsOfData(
  url: string,
  made: Omit<MadeUp, 'today'>,
): Promise<readonly Step[]> {
  const at = Date.now();
  const pool = createPool(url, 2, 'session', HOUR_MS); // as the command line has it
  const filler = new pg.Client({ connectionString: url });
  await filler.connect();
  await fillYear(filler, { ...made, today: dayOf(at) });
  await filler.query(ONE_PERSON, [PERSON]);
  await filler.query('analyze');
  await filler.end();
  const rows = (await readTableSizes(pool)).reduce((sum, one) => sum + one.rows, 0);
  const what = `${count(rows)} rows of ${count(made.accounts)} accounts`;
  const key = keyOf(Buffer.alloc(32, 7));
  const lines: Step[] = [];
  const measure = async (name: string, work: () => Promise<string>): Promise<void> => {
    const begin = performance.now();
    const found = await work();
    const took = performance.now() - begin;
    lines.push([`${name}, ${what}${found}`, seconds(took), '']);
  };
  const verify = async (): Promise<string> => {
    const { flaws, rows: sealed } = await verifySeals(pool, key);
    if (flaws.length > 0) throw new Error('a sealed row differs');
    return `: ${count(sealed)} events`;
  };
  await measure('sealed', async () => {
    const { sealed } = await sealMonths(pool, key, { at, by: 'bench', withLate: false });
    return `: ${sealed.length} months`;
  });
  await measure('verified', verify);
  await measure('a person erased', async () => {
    const ask = { recipientId: PERSON, chats: [], by: 'bench', reason: 'bench', at };
    const { rows: changed, remembered } = await erasePerson(pool, key, { ...ask, isApplied: true });
    if (remembered.length > 0) throw new Error('an account still works with the person');
    return `: ${count(Object.values(changed).reduce((sum, one) => sum + one, 0))} rows`;
  });
  await measure('verified after the erasure', verify);
  let slowest = 0;
  let before = performance.now();
  const afterStep = (): void => {
    slowest = Math.max(slowest, performance.now() - before);
    before = performance.now();
  };
  await measure('old rows deleted', async () => {
    const ask = { at, keep: RETENTION_DEFAULT, stepsMs: 600_000, afterStep };
    return `: ${count(await pruneRows(pool, ask))} rows`;
  });
  lines.push(['the same, slowest step', `${slowest.toFixed(0)} ms`, '']);
  await measure('sizes of tables, for doctor', async () => {
    await readTableSizes(pool);
    return '';
  });
  await pool.end();
  return lines;
}
