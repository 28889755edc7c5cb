/** `safeband import` with real accounts: a check changes nothing, and it may run twice. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { safeband, settingsOf, type Ended } from '../../support/cli.js';
import { createHttpStand, type HttpStand } from '../../support/http.js';

let stand: HttpStand;
let folder: string;
beforeAll(async () => {
  stand = await createHttpStand();
  folder = await mkdtemp(path.join(tmpdir(), 'safeband-import-'));
});
afterAll(async () => {
  await stand.close();
  await rm(folder, { recursive: true, force: true });
});

const imports = (...args: readonly string[]): Promise<Ended> =>
  safeband(['import', 'accounts', ...args], settingsOf(stand));
const exists = async (id: string): Promise<number> =>
  (await stand.ask(await stand.key('reader'), `/v1/accounts/${id}/status`)).statusCode;

it('accounts are checked, connected, and connected again without a change', async () => {
  const [anna, ben, grace] = [stand.newAccount(), stand.newAccount(), stand.newAccount()];
  const file = path.join(folder, 'accounts.csv');
  const report = path.join(folder, 'report.csv');
  const lines = [
    '\ufeffaccount;tier;daily_cap;sent_today;delivered_today',
    `${anna};sales_navigator;;17;12`,
    `${ben};gold;;;`,
    `"${grace}";premium;10;;`,
  ];
  await writeFile(file, lines.join('\r\n'));

  const dry = await imports(file, '--report', report);
  expect(dry).toMatchObject({ code: 1, err: '' });
  expect(dry.out).toContain('3 lines: 2 new, 0 that exist, 1 refused');
  expect(dry.out).toContain(`line 3 (${ben}): tier: "gold" is not valid.`);
  expect(dry.out).toContain('nothing was changed; next:');
  expect((await readFile(report, 'utf8')).split('\r\n')).toEqual([
    'line,account,result,message',
    `2,${anna},new,`,
    expect.stringContaining(`3,${ben},refused,"tier: ""gold"" is not valid.`),
    `4,${grace},new,`,
    '',
  ]);
  expect(await exists(anna)).toBe(404);

  const applied = await imports(file, '--apply', '--json');
  expect([applied.code, JSON.parse(applied.out).counts]).toEqual([
    1,
    { new: 0, known: 0, connected: 2, refused: 1, failed: 0 },
  ]);
  const status = async (id: string) => {
    const { out } = await safeband(['status', id, '--json'], settingsOf(stand));
    return JSON.parse(out).status;
  };
  await expect.poll(() => status(anna)).toMatchObject({ counter: 12, imported: 12 });
  expect(await status(grace)).toMatchObject({ counter: 0, caps: { daily: 10 } });
  expect(await exists(ben)).toBe(404);

  const again = await imports(file);
  expect(again.out).toContain('3 lines: 0 new, 2 that exist, 1 refused');
  expect((await imports(file, '--apply')).out).toContain('2 connected, 1 refused');
  expect(await status(anna)).toMatchObject({ counter: 12, imported: 12 });
});

it('a file that cannot be read, and a stopped import, are named', async () => {
  expect(await imports(path.join(folder, 'none.csv'))).toMatchObject({
    code: 2,
    err: expect.stringContaining('cannot be read'),
  });
  const file = path.join(folder, 'stopped.csv');
  await writeFile(file, `account,tier\n${stand.newAccount()},premium\n`);
  const stopped = { ...settingsOf(stand), signal: AbortSignal.abort() };
  const { code, out } = await safeband(['import', 'accounts', file, '--apply'], stopped);
  expect([code, out]).toEqual([1, expect.stringContaining('1 without an answer')]);
  expect(out).toContain('Stopped: the import was stopped');
});
