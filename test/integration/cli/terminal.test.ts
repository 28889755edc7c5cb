/**
 * Text from other programs cannot control a terminal. The test writes hostile text into every
 * column that takes text, into messages and into Temporal. Then each command prints it, as text and
 * as JSON.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addEndpoint } from '../../../src/postgres/webhooks/endpoints.js';
import { makeKey } from '../../../src/postgres/access/keys.js';
import { ask, run as runNow, update, sent } from '../../support/account.js';
import { safeband, settingsOf } from '../../support/cli.js';
import { createStand, type Stand } from '../../support/stand.js';

/** Clears the screen in 7 and in 8 bits, forges a line, reverses letters, hides letters. */
const EVIL = 'x\u001b[2J\u009b2J\u0007\r\nFORGED all is well\u2028FORGED\u202ey\u2066\u200b\ufeff';
/** The same without the characters that messages refuse. */
const UNSEEN = 'chat\u200b\ufeff\u00ad';

let stand: Stand;
let id: string;
let endpointId: string;
beforeAll(async () => {
  stand = await createStand();
  const known = await sent(stand, 2);
  ({ id } = known);
  const { account } = known;
  await ask(account, 'r-7');
  await ask(account, 'r-8', { recipientId: `to-${UNSEEN}` });
  await account.signal('sendDelivered', { reservationId: 'r-8', chatId: UNSEEN });
  await account.signal('sendFailed', { reservationId: 'r-7', kind: 'rejected', code: EVIL });
  await account.signal('hold', { reason: EVIL, actor: EVIL });
  await account.signal(EVIL.replaceAll('\u0000', ''), {});
  await runNow(account);
  await update(account, 'resume', { reason: `fine${UNSEEN}`, actor: `ada${UNSEEN}` });
  await update(account, 'hold', { reason: `again${UNSEEN}`, actor: `ada${UNSEEN}` });
  await runNow(account);
  await makeKey(stand.pool, { name: 'one', role: 'reader' });
  ({ endpointId } = await addEndpoint(stand.pool, {
    url: 'https://example.com/x',
    events: ['drift.alert'],
    accounts: [id],
    by: 'test',
    at: Date.now(),
  }));
  expect(await plant()).toBeGreaterThan(15);
});
afterAll(() => stand.close());

/** Writes hostile text into every text and JSON column that takes it, and returns their number. */
async function plant(): Promise<number> {
  const { rows } = await stand.pool.query<{
    table_name: string;
    column_name: string;
    is_json: boolean;
  }>(
    `select c.table_name, c.column_name, c.data_type = 'jsonb' as is_json
       from information_schema.columns c join information_schema.tables t
         using (table_schema, table_name)
      where table_schema = 'safeband' and table_type = 'BASE TABLE'
        and c.data_type in ('text', 'jsonb')
        and not exists (select from information_schema.key_column_usage k
                         where k.table_schema = 'safeband' and k.table_name = c.table_name
                           and k.column_name = c.column_name)
        and c.column_name not in ('account_id', 'secrets', 'owner')`,
  );
  const db = await stand.pool.connect();
  let planted = 0;
  await db.query('set session_replication_role = replica');
  for (const { table_name: table, column_name: column, is_json: isJson } of rows) {
    const sql = isJson
      ? `update safeband.${table} set ${column} = ${column} || $1::jsonb
          where jsonb_typeof(${column}) = 'object'`
      : `update safeband.${table} set ${column} = $1 where ${column} is not null`;
    const value = isJson ? JSON.stringify({ message: EVIL, cure: EVIL, [EVIL]: [EVIL] }) : EVIL;
    const { rowCount } = await db.query(sql, [value]).catch(() => ({ rowCount: 0 }));
    if ((rowCount ?? 0) > 0) planted += 1;
  }
  db.release(true);
  return planted;
}

/** Every command that changes nothing, with its arguments. */
const READS: readonly (readonly string[])[] = [
  ['status'],
  ['status', '$id'],
  ['verify'],
  ['export', 'alerts', '--before', new Date().toISOString().slice(0, 10)],
  ['why', '$id'],
  ['slots', '$id'],
  ['waiting', '$id'],
  ['next', EVIL],
  ['check', '$id', '--wait', '0'],
  ['history', '$id', '--at', new Date(Date.now() - 1).toISOString()],
  ['what-if', '$id', '--daily-cap', '3'],
  ['shadow', '$id'],
  ['find', 'r-8'],
  ['find', EVIL],
  ['events', '$id'],
  ['alerts'],
  ['alerts', '$id'],
  ['drift'],
  ['campaigns'],
  ['campaigns', '--csv'],
  ['tail', '$id', '--last', '50', '--no-follow'],
  ['doctor'],
  ['keys', 'list'],
  ['keys', 'log'],
  ['keys', 'revoke', EVIL],
  ['webhooks', 'list'],
  ['webhooks', 'log', '$whe'],
  ['share', 'list', '$id'],
  ['settle', '$id', 'r-7', '--released', '--reason', 'x'],
  [EVIL],
  ['status', EVIL],
  ['__accounts'],
];

// oxlint-disable-next-line no-control-regex -- the codes that control a terminal
const SHOWN =
  /^[\n\u0020-\u007e\u00a1-\u00ac\u00ae-\u02ff\u2010-\u2027\u2030-\u205f\u2190-\u27ff]*$/;
const COLOURS = /\u001b\[[0-9;]*m|\r\u001b\[K/g; // oxlint-disable-line no-control-regex

it('the command line prints no character that controls a terminal, and no forged line', async () => {
  let reached = '';
  for (const words of READS) {
    const argv = words.map((word) => word.replace('$id', id).replace('$whe', endpointId));
    {
      const isTerminal = true;
      const { out, err } = await safeband(argv, { ...settingsOf(stand), isTerminal });
      const printed = `${out}\n${err}`.replaceAll(COLOURS, '');
      expect([argv[0], printed]).toEqual([argv[0], expect.stringMatching(SHOWN)]);
      expect([argv[0], printed.split('\n').filter((line) => /^\s*FORGED/.test(line))]).toEqual([
        argv[0],
        [],
      ]);
      if (printed.includes('FORGED')) reached += ` ${words[0]}`;
    }
    const { out, err } = await safeband([...argv, '--json'], settingsOf(stand));
    expect([argv[0], `${out}\n${err}`]).toEqual([argv[0], expect.stringMatching(SHOWN)]);
    for (const line of out.split('\n').filter(Boolean))
      expect(JSON.parse(line)).toBeTypeOf('object');
  }
  // The hostile text reaches the output: these commands print it.
  for (const name of ['status', 'find', 'alerts', 'tail', 'keys', 'webhooks'])
    expect(reached).toContain(name);
});

it('JSON output keeps each value unchanged', async () => {
  const { out } = await safeband(['alerts', id, '--json'], settingsOf(stand));
  const { alerts }: { alerts: { details: { message: string } }[] } = JSON.parse(out);
  expect(alerts.map(({ details }) => details.message)).toContain(EVIL);
});

it('this list has every command that only reads', async () => {
  const names = new Set(READS.map(([name]) => name));
  const changing = [
    'connect',
    'import',
    'configure',
    'hold',
    'resume',
    'credits',
    'reply',
    'withdraw',
    'reconcile',
    'restart',
    'recover',
    'disconnect',
    'brake',
    'order',
    'group',
    'erase',
    'seal',
    'sign',
    'completion',
  ];
  const starting = ['dev', 'demo', 'worker', 'server', 'migrate', 'mcp'];
  const top = (await safeband([])).out.matchAll(/^ {2}([a-z][a-z-]+)(?= )/gm);
  const missing = [...top]
    .map(([, name = '']) => name)
    .filter((name) => ![...names, ...changing, ...starting].includes(name));
  expect(missing).toEqual([]);
});
