/** Seals (R29): a changed row of a sealed month is found, also in a signed file without Safeband. */
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { sealFinding } from '../../../src/doctor/seals.js';
import { DAY_MS, dayOf } from '../../../src/domain/primitives/time.js';
import { keyOf } from '../../../src/postgres/data/erasureKey.js';
import { sealMonths } from '../../../src/postgres/data/seal.js';
import { sealDue, type SealDue } from '../../../src/postgres/data/sealDue.js';
import { verifyMonth, type MonthVerified } from '../../../src/postgres/data/verifyMonth.js';
import { verifySeals } from '../../../src/postgres/data/verifySeals.js';
import { createPool, type Pool } from '../../../src/postgres/pool.js';
import { safeband, wordsOf } from '../../support/cli.js';
import { withDatabase } from '../../support/database.js';
import { fillYear } from '../../support/madeUpYear.js';

const SECRET = Buffer.alloc(32, 7);
const key = keyOf(SECRET);
const now = Date.now();
let pool: Pool;
let url: string;
withDatabase(async (own, address) => {
  pool = own;
  url = address;
});

const seal = (withLate = false) => sealMonths(pool, key, { at: now, by: 'ada', withLate });
/** Changes the event log as its owner may, if the triggers are switched off. */
async function byForce(sql: string): Promise<void> {
  await pool.query('alter table safeband.inmail_events disable trigger user');
  await pool.query(sql);
  await pool.query('alter table safeband.inmail_events enable always trigger append_only');
  await pool.query('alter table safeband.inmail_events enable always trigger append_only_truncate');
}

let folder: string;
let month: string;
/** What the audit sealed: nothing in too little time, then the first month. */
let tooLarge: SealDue | null;
let partsLeft: number | null;
let first: SealDue | null;
let compared: MonthVerified | null;
/** Returns the address of this database for a login that has the rights of a worker. */
async function workerUrl(user: string): Promise<string> {
  await pool.query(`create role ${user} login password '${user}' in role safeband_worker`);
  return Object.assign(new URL(url), { username: user, password: user }).href;
}
const env = () => ({ DATABASE_URL: url, SAFEBAND_ERASURE_KEY: SECRET.toString('base64') });
const inFolder = (file: string): string => path.join(folder, file);
/** Runs a line of the document in the folder, for the first sealed month. */
const typed = async (line: string): Promise<string> => {
  const own = line.replaceAll('2026-10', month);
  if (!own.startsWith('safeband ')) return execFileSync('sh', ['-c', own], { cwd: folder }) + '';
  const files = wordsOf(own.replace('safeband ', '')).map((word) =>
    /\.(pem|jsonl)$/.test(word) ? inFolder(word) : word,
  );
  const { code, out, err } = await safeband(files, { env: env() });
  expect([line, code, err]).toEqual([line, 0, '']);
  const [, target] = /> (\S+)$/.exec(own) ?? [];
  if (target !== undefined) await writeFile(inFolder(target), `${out}\n`);
  return out;
};
beforeAll(async () => {
  await fillYear(pool, { accounts: 2, days: 80, perDay: 2, today: dayOf(now) });
  const user = `seals_${randomUUID().slice(0, 8)}`;
  const asWorker = createPool(await workerUrl(user), 1);
  const due = (more: { readonly limitMs?: number } = {}) =>
    sealDue(asWorker, key, { at: now, afterDays: 10, ...more });
  // A month that takes too long gets no seal, and no part of it stays.
  tooLarge = await due({ limitMs: -1 });
  partsLeft = (await pool.query('select from safeband.event_seal_days')).rowCount;
  first = await due();
  compared = await verifyMonth(asWorker, key, { month: `${first?.sealed[0]?.month}-01` });
  await asWorker.end();
  await pool.query(`drop role ${user}`);
  await seal();
  folder = await mkdtemp(path.join(tmpdir(), 'safeband-sign-'));
  const { rows } = await pool.query<{ month: string }>(
    `select to_char(min(month), 'YYYY-MM') as month from safeband.event_seals`,
  );
  month = rows[0]?.month ?? '';
  return () => rm(folder, { recursive: true });
});

describe('seals', () => {
  it('the audit seals the first month that is due, one at a time, with the rights of a worker', async () => {
    expect(tooLarge).toEqual({ sealed: [], late: 0, tooLarge: month });
    expect(partsLeft).toBe(0);
    expect(first).toMatchObject({ late: 0, sealed: [{ month }], tooLarge: null });
    const same = { flaw: null, differences: 0, mark: '', isTooLarge: false };
    expect(compared).toEqual({ month, ...same });
    const { rows } = await pool.query<{ by: string }>(
      `select sealed_by as by from safeband.event_seals order by month`,
    );
    expect(rows[0]).toEqual({ by: 'system:fleet-audit' });
    expect([...new Set(rows.slice(1).map(({ by }) => by))]).toEqual(['ada']);
    expect(await sealDue(pool, key, { at: now, afterDays: 10 })).toBeNull();
  });

  it('doctor shows the last seal, and warns if a month has none for long', async () => {
    expect(await sealFinding(pool, now)).toMatchObject({
      level: 'ok',
      text: expect.stringMatching(/^last \d{4}-\d{2}, hash [0-9a-f]{12}…; no month was compared/),
    });
    expect(await sealFinding(pool, now + 90 * DAY_MS)).toMatchObject({
      level: 'warn',
      text: expect.stringContaining('ended more than 20 days ago and has no seal'),
      // Nothing was compared for as long, too.
      cure: expect.stringMatching(/^safeband seal; safeband verify; .* SAFEBAND_ERASURE_KEY/),
    });
  });

  it('each closed month gets a seal, and a second call seals nothing', async () => {
    expect(await seal()).toEqual({ sealed: [], late: 0 });
    // Each seal leaves a row, so that it is known if it is deleted before its first comparison.
    const { rows: sealed } = await pool.query<{ rows: number; hash: string }>(
      `select rows::int, hash from safeband.event_seals
         join safeband.seal_comparisons using (month) order by month`,
    );
    const verified = await verifySeals(pool, key);
    expect(verified).toMatchObject({ months: sealed.length, flaws: [], head: sealed.at(-1)?.hash });
    expect(verified.rows).toBe(sealed.reduce((sum, { rows }) => sum + rows, 0));
  });

  it('verify names account, day and row of an edited, a removed and an added row', async () => {
    const { rows } = await pool.query<{ id: string; day: string }>(
      `select event_id::text as id, quota_day::text as day from safeband.inmail_events
        where account_id = 'a000002' order by quota_day, event_id limit 2`,
    );
    const [one, two] = rows;
    if (!one || !two) throw new Error('the event log has two rows');
    const place = (row: { id: string; day: string }) => ({
      accountId: 'a000002',
      day: row.day,
      eventId: row.id,
    });
    const flaws = async () => (await verifySeals(pool, key)).flaws;
    await pool.query('create table kept as select * from safeband.inmail_events');
    await byForce(
      `update safeband.inmail_events set delivered_at = delivered_at + interval '1 s' where event_id = ${one.id}`,
    );
    expect(await flaws()).toEqual([{ flaw: 'edited', ...place(one) }]);
    // The second part of the month takes too long: what the first part has shown stays.
    let parts = 0;
    const afterPart = (): void => {
      if ((parts += 1) === 2) throw Object.assign(new Error('canceled'), { code: '57014' });
    };
    for (const part of [{}, { afterPart }]) {
      expect(await verifyMonth(pool, key, { month: `${month}-01`, ...part })).toMatchObject({
        flaw: { flaw: 'edited', ...place(one) },
        differences: 1,
        isTooLarge: 'afterPart' in part,
      });
    }
    await byForce(
      `update safeband.inmail_events set delivered_at = delivered_at - interval '1 s' where event_id = ${one.id}`,
    );
    await byForce(`delete from safeband.inmail_events where event_id = ${two.id}`);
    expect(await flaws()).toEqual([{ flaw: 'missing', ...place(two) }]);
    await byForce(
      `insert into safeband.inmail_events overriding system value select * from kept where event_id = ${two.id}`,
    );
    expect(await flaws()).toEqual([]);
    const { rows: added } = await pool.query<{ id: string }>(
      `insert into safeband.inmail_events (account_id, chat_id, source, quota_day, delivered_at)
       values ('a000002', 'new', 'external', $1, now()) returning event_id::text as id`,
      [one.day],
    );
    expect(await flaws()).toEqual([
      { flaw: 'added', ...place({ ...one, id: added[0]?.id ?? '' }) },
    ]);
    expect(await seal()).toEqual({ sealed: [], late: 1 });
    await byForce(`delete from safeband.inmail_events where chat_id = 'new'`);
    await pool.query('drop table kept');
  });

  it('a seal that was changed, and another key, are found', async () => {
    const change = async (sql: string): Promise<void> => {
      await pool.query('alter table safeband.event_seals disable trigger user');
      await pool.query(sql);
      await pool.query('alter table safeband.event_seals enable always trigger append_only');
    };
    await expect(pool.query('delete from safeband.event_seals')).rejects.toThrow('append-only');
    await change(
      `update safeband.event_seals set hash = translate(hash, '0123456789abcdef', '123456789abcdef0')`,
    );
    expect((await verifySeals(pool, key)).flaws).toContainEqual(
      expect.objectContaining({ flaw: 'seal' }),
    );
    const broken = await verifyMonth(pool, key, { month: `${month}-01` });
    expect(broken).toMatchObject({ flaw: { flaw: 'seal' }, differences: 1 });
    // A person may have accepted this. Then the days of the seal change, and no row differs.
    const swap = async (): Promise<number | null> => {
      await pool.query('alter table safeband.event_seal_days disable trigger user');
      const { rowCount } = await pool.query(
        `update safeband.event_seal_days
            set event_ids = array[event_ids[2], event_ids[1]] || event_ids[3:],
                digests = substring(digests from 33 for 32) || substring(digests for 32)
                  || substring(digests from 65)
          where (account_id, quota_day) in (select account_id, quota_day
            from safeband.event_seal_days
           where month = '${month}-01' and cardinality(event_ids) > 1
           order by 1, 2 limit 1)`,
      );
      await pool.query('alter table safeband.event_seal_days enable always trigger append_only');
      return rowCount;
    };
    expect(await swap()).toBe(1);
    const later = await verifyMonth(pool, key, { month: `${month}-01` });
    expect(later).toEqual({ ...broken, mark: expect.not.stringContaining(broken.mark) });
    await swap();
    await change(
      `update safeband.event_seals set hash = translate(hash, '123456789abcdef0', '0123456789abcdef')`,
    );
    await expect(verifySeals(pool, keyOf(Buffer.alloc(32, 8)))).rejects.toThrow(
      'set the key of the first seal',
    );
  });
});

describe('a signed month', () => {
  it('the commands of docs/data.md write, verify and check a month, also with openssl alone', async () => {
    const document = await readFile('docs/data.md', 'utf8');
    const lines = (/## Signed files\n([\s\S]*)/.exec(document)?.[1] ?? '')
      .split('```sh\n')
      .slice(1)
      .flatMap((block) => block.split('```')[0]?.trim().split('\n') ?? []);
    expect(lines.filter((line) => line.startsWith('openssl')).length).toBeGreaterThan(2);
    let printed = '';
    for (const line of lines) printed += await typed(line);
    const file = await readFile(inFolder(`${month}.jsonl`), 'utf8');
    const header = JSON.parse(file.split('\n')[0] ?? '');
    const { rows } = await pool.query<{ rows: number; hash: string }>(
      `select count(*)::int as rows, (select hash from safeband.event_seals order by 1 limit 1)
       from safeband.inmail_events where to_char(quota_day, 'YYYY-MM') = $1`,
      [month],
    );
    expect(header).toMatchObject({ month, accounts: null, group: null, rows: rows[0]?.rows });
    expect(printed).toContain(`rows of ${month} (all accounts): no difference`);
    expect(printed).toContain('Signature Verified Successfully');
    expect(printed).toContain(header.content);
    // The same file is checked where no database and no server is known.
    const changed = file.replace('"source":"pipeline"', '"source":"external"');
    await writeFile(inFolder('changed.jsonl'), changed);
    const check = ['--file', inFolder('changed.jsonl'), '--public-key', inFolder('public.pem')];
    expect(
      await safeband(['verify', ...check], { env: { SAFEBAND_URL: 'http://x' } }),
    ).toMatchObject({ code: 1, out: expect.stringMatching(/row was edited\s+1\n/) });
  });

  it('a file has the rows of the named accounts or of a group only', async () => {
    const own = ['sign', month, '--private-key', inFolder('private.pem')];
    const rowsIn = async (...more: readonly string[]): Promise<readonly unknown[]> => {
      const { out, err } = await safeband([...own, ...more], { env: env() });
      expect(err).toBe('');
      return [
        ...new Set(
          out
            .split('\n')
            .slice(1, -1)
            .map((line) => JSON.parse(line).account_id),
        ),
      ];
    };
    expect(await rowsIn()).toEqual(['a000001', 'a000002']);
    expect(await rowsIn('--account', 'a000002')).toEqual(['a000002']);
    await pool.query(
      `update safeband.accounts set group_name = 'acme', recorded_at = clock_timestamp() where account_id = 'a000001'`,
    );
    expect(await rowsIn('--group', 'acme')).toEqual(['a000001']);
  });

  it('each refusal of sign and verify names the problem and its fix', async () => {
    const other = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    await writeFile(inFolder('ec.pem'), other.privateKey);
    await writeFile(inFolder('ec.pub'), other.publicKey);
    await writeFile(inFolder('text.pem'), 'no key');
    const signs = (...argv: readonly string[]) => ['sign', month, '--private-key', ...argv];
    const checks = (name: string, by: string) => ['verify', '--file', name, '--public-key', by];
    const [secret, open, file] = ['private.pem', 'public.pem', `${month}.jsonl`];
    const refused: readonly (readonly [readonly string[], number, string])[] = [
      [signs('none.pem'), 2, 'it cannot be read (ENOENT)'],
      [signs('ec.pem'), 2, 'it is a key of the type ec; use Ed25519'],
      [signs('public.pem'), 2, 'it has no private key in PEM'],
      [signs(secret, '--account', 'none-such'), 4, 'there is no account none-such'],
      [signs(secret, '--group', 'none-such'), 4, 'there is no group none-such'],
      [signs(secret, '--group', 'acme', '--account', 'a000001'), 2, 'not both'],
      [
        ['sign', '2199-01', '--private-key', secret],
        5,
        '2199-01 has no seal, and the last month with',
      ],
      [['sign', '2026-13', '--private-key', secret], 2, 'Use a month such as 2026-10.'],
      [['verify', '--file', file], 2, 'give both, or none of them'],
      [checks('none.jsonl', open), 2, 'it cannot be read (ENOENT)'],
      [checks(file, secret), 2, 'it is a private key; do not give it away'],
      [checks(file, 'ec.pub'), 2, 'it is a key of the type ec; use Ed25519'],
      [checks(file, 'text.pem'), 2, 'it has no public key in PEM'],
      [checks('text.pem', open), 1, 'UnsignedFile'],
    ];
    for (const [argv, code, text] of refused) {
      const words = argv.map((one) => (/\.(pem|pub|jsonl)$/.test(one) ? inFolder(one) : one));
      const ended = await safeband(words, { env: env() });
      expect([argv, ended.code, ended.err]).toEqual([argv, code, expect.stringContaining(text)]);
    }
  });

  it('a month with a row that differs from its seal is not signed', async () => {
    await byForce(
      `update safeband.inmail_events set delivered_at = delivered_at + interval '1 s'
      where event_id = (select min(event_id) from safeband.inmail_events
        where to_char(quota_day, 'YYYY-MM') = '${month}')`,
    );
    const ended = await safeband(['sign', month, '--private-key', inFolder('private.pem')], {
      env: env(),
    });
    expect(ended).toMatchObject({ code: 5, out: '', err: expect.stringContaining('SealBroken') });
  });
});
