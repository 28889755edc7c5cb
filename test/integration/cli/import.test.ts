/** `safeband import` with real accounts: a check changes nothing, and it may run twice. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { dayOf, isoDay } from '../../../src/domain/primitives/time.js';
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

it('past sends are in the week, the days and the memory of an account that connects later', async () => {
  const id = stand.newAccount();
  const file = path.join(folder, 'past.csv');
  const day = (ago: number): string => isoDay(dayOf(Date.now()) - ago);
  const sends = [1, 1, 3, 6, 7, 40].map((ago, n) => `${day(ago)},member-${n}`);
  await writeFile(file, ['sent_at,recipient', ...sends, 'yesterday,member-9'].join('\n'));
  const history = (...more: readonly string[]): Promise<Ended> =>
    safeband(['import', 'history', file, '--account', id, ...more], settingsOf(stand));
  const dry = await history();
  expect(dry.code).toBe(1);
  expect(dry.out).toContain('7 lines: 6 sends of 1 account, 0 left out, 1 refused');
  expect(dry.out).toContain('sent_at: "yesterday" is not valid.');
  expect((await history('--apply')).out).toContain('6 sends imported');
  expect((await history('--apply')).out).toContain('0 sends imported');

  await stand.connect(id, { recipientMemoryDays: 60 });
  const get = async (route: string) =>
    (await stand.ask(await stand.key('reader'), `/v1/accounts/${id}/${route}`)).json();
  // Four of them are of the six days before today.
  await expect.poll(() => get('status')).toMatchObject({ counter: 0, weekUsed: 4 });
  const { items }: { items: { quotaDay: string; imported: number }[] } = await get('days');
  expect(items.map(({ quotaDay, imported }) => [quotaDay, imported])).toEqual([
    [day(1), 2],
    [day(3), 1],
    [day(6), 1],
    [day(7), 1],
    [day(40), 1],
  ]);
  expect(await get('peek?recipientId=member-9')).toMatchObject({ granted: true });
  const body = { reservationId: 'again', recipientId: 'MEMBER-5' };
  const key = await stand.key('operator');
  const answer = await stand.ask(key, `/v1/accounts/${id}/sendReserve`, body);
  expect(answer.json()).toMatchObject({
    granted: false,
    reason: 'recipient_contacted',
    contactedBy: `imported:${day(40)}`,
  });

  await writeFile(file, `sent_at,recipient\n${day(2)},member-7\n`);
  expect((await history('--apply')).out).toContain('is connected already');
  await stand.handle(id).terminate('started again');
  await stand.connect(id);
  await expect.poll(() => get('status')).toMatchObject({ weekUsed: 4 });
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
