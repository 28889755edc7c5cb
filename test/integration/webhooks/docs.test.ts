/** docs/webhooks.md matches the sender: each payload, and the check in both languages. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../../../dev/child.js';
import { signWebhook } from '../../../src/client/index.js';
import {
  webhookBody,
  WEBHOOK_TYPES,
  type WebhookEvent,
} from '../../../src/domain/wire/webhookEvents.js';
import { createPool, rowsOf } from '../../../src/postgres/pool.js';
import { addEndpoint, pingEndpoint } from '../../../src/postgres/webhooks/endpoints.js';
import { slackBody } from '../../../src/webhooks/slack.js';
import { writeEnds } from '../../../src/postgres/webhooks/outbox.js';
import { at } from '../../support/scenario.js';
import { freshDatabase } from '../../support/stand.js';

const project = path.resolve(import.meta.dirname, '../../..');
const scratch = path.join(project, '.safeband', `docs-${process.pid}`);
let blocks: readonly { readonly language: string; readonly text: string }[];
beforeAll(async () => {
  const doc = await readFile(path.join(project, 'docs', 'webhooks.md'), 'utf8');
  const found = doc.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm);
  blocks = [...found].map(([, language = '', text = '']) => ({ language, text }));
  await mkdir(scratch, { recursive: true });
});
afterAll(() => rm(scratch, { recursive: true }));
const blocksOf = (wanted: string): readonly string[] =>
  blocks.filter(({ language }) => language === wanted).map(({ text }) => text);

/** A day of the account of the examples, as its workflow's saves write it. */
const DAY: readonly string[] = [
  `insert into safeband.accounts (account_id, tier, counter_day, state, owner, owner_version,
     version, updated_at, inmails_sent_today, group_name)
   values ('acme-anna', 'recruiter', '2026-11-24', 'active', 'chain', 1, 1,
     '2026-11-24T09:00:00Z', 39, 'eu-sales')`,
  `inmails_sent_today = 40, updated_at = '2026-11-24T09:10:00Z'`,
  `insert into safeband.alerts (account_id, kind, severity, quota_day, details, raised_at)
   values ('acme-anna', 'drift', 'warning', '2026-11-24', '{"drift": 87, "counter": 104, "after": 17,
     "parts": [{"cause": "edited_by_hand", "count": 87, "reservations": []}]}',
     '2026-11-24T09:20:00Z')`,
  `cooldown_until = '2026-11-24T10:20:00Z', cooldown_cause = 'overshoot',
   inmails_sent_today = 17, updated_at = '2026-11-24T09:20:00Z'`,
  `update safeband.alerts set resolved_at = '2026-11-24T09:30:00Z'`,
  `hold_actor = 'safeband', hold_reason = 'restricted, reported for reservation q4-0001',
   hold_since = '2026-11-24T11:00:00Z', updated_at = '2026-11-24T11:00:00Z'`,
  `hold_actor = null, hold_reason = null, hold_since = null,
   updated_at = '2026-11-24T11:10:00Z'`,
  `breaker_until = '2026-12-01T00:00:00Z', updated_at = '2026-11-24T11:15:00Z'`,
  `counter_day = '2026-11-25', inmails_sent_today = 0, carried = 1, ramp_day = 2,
   updated_at = '2026-11-25T00:00:40Z'`,
  `insert into safeband.reservations (account_id, reservation_id, quota_day, state, reserved_at,
     lease_expires_at, journaled, number)
   values ('acme-anna', 'q4-0007', '2026-11-25', 'in_flight', '2026-11-25T00:00:40Z',
     '2026-11-25T00:15:40Z', false, 1)`,
  ...[
    ['q4-0007', 'granted', 'daily_cap', '2026-11-25T00:00:40Z'],
    ['q4-0008', 'denied', 'expired', '2026-11-25T06:00:00Z'],
  ].map(
    ([id, state, reason, decided]) =>
      `insert into safeband.waiting (account_id, reservation_id, state, campaign_id, lease_seconds,
         journaled, again, priority, valid_until, asked_at, reason, decided_at, number)
       values ('acme-anna', '${id}', '${state}', 'q4', 900, false, false, 5,
         '2026-11-25T06:00:00Z', '2026-11-24T15:00:00Z', '${reason}', '${decided}', 1)`,
  ),
  `state = 'disconnected', in_flight = 1, updated_at = '2026-11-25T08:00:00Z'`,
  `insert into safeband.brakes (brake_id, group_name, engaged_at, engaged_by, engaged_reason)
   values ('5f0c9a1d2e3b4c6d', 'eu-sales', '2026-11-24T14:03:00Z', 'ada', 'wrong texts')`,
  `update safeband.brakes set released_at = '2026-11-24T14:40:00Z', released_by = 'ada',
     released_reason = 'texts corrected'`,
];

it('the document shows the payload of each event', async () => {
  const { url, drop } = await freshDatabase();
  const pool = createPool(url);
  const { endpointId } = await addEndpoint(pool, {
    url: 'https://example.com/hooks',
    events: WEBHOOK_TYPES,
    accounts: null,
    by: 'a test',
    at: at('2026-11-24T08:00:00.000Z'),
  });
  for (const step of DAY) {
    const isChange = !/^(insert|update)/.test(step);
    await pool.query(
      isChange ? `update safeband.accounts set recorded_at = clock_timestamp(), ${step}` : step,
    );
  }
  await writeEnds(pool, at('2026-12-01T00:00:01.000Z'));
  await pingEndpoint(pool, endpointId, at('2026-11-24T12:00:00.000Z'));
  // An event keeps its group, so that each try sends the same bytes.
  await pool.query(
    `update safeband.accounts set recorded_at = clock_timestamp(), group_name = 'us-sales'`,
  );
  const sql = `select jsonb_build_object('eventId', event_id, 'type', type, 'accountId', account_id,
    'group', group_name, 'at', safeband.ms_of(at), 'data', data) as row from safeband.webhook_events order by type`;
  const events = await rowsOf<WebhookEvent>(pool, sql, []);
  const shapeOf = (text: string): object => ({
    ...JSON.parse(text),
    id: expect.stringMatching(/^evt_[0-9a-f]{32}$/),
  });
  const byType = (a: string, b: string): number =>
    JSON.parse(a).type < JSON.parse(b).type ? -1 : 1;
  const shown = blocksOf('json').toSorted(byType);
  expect(events.map((event) => JSON.parse(webhookBody(event)))).toEqual(shown.map(shapeOf));
  expect(shown.length).toBe(WEBHOOK_TYPES.length + 1);
  const inOrder = blocksOf('json').map((text) => JSON.parse(text).type);
  const messages = inOrder.flatMap((wanted) => events.filter(({ type }) => type === wanted));
  expect(blocksOf('text')).toEqual([messages.map((event) => `${slackBody(event)}\n`).join('')]);
  await pool.end();
  await drop();
});

const secretOf = (letter: string): string =>
  `whsec_${Buffer.from(letter.repeat(32)).toString('base64')}`;
const OWN = secretOf('a');
const NEXT = secretOf('b');
const FOREIGN = secretOf('c');

it.each([
  ['ts', process.execPath, ['--import', 'tsx']],
  ['python', 'python3', []],
])(
  'the receiver in %s accepts each event of ours once, and refuses all others',
  async (language, command, args) => {
    const port = await freePort(0, 'a test', () => undefined);
    const file = path.join(scratch, language === 'ts' ? 'receiver.ts' : 'receiver.py');
    const text = blocksOf(language)[0] ?? '';
    const client = path.join(project, 'src', 'client', 'webhooks.ts');
    expect(text).toContain('8090');
    await writeFile(file, text.replace('safeband/client', client).replace('8090', String(port)));
    const child: ChildProcess = spawn(command, [...args, file], {
      env: { ...process.env, WEBHOOK_SECRETS: `${OWN} ${NEXT}` },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let printed = '';
    child.stdout?.on('data', (chunk: Buffer) => (printed += chunk.toString('utf8')));
    const now = Math.floor(Date.now() / 1_000);
    const post = async (id: string, { by = [OWN], sentAt = now, tampered = '' } = {}) => {
      const body = JSON.stringify({
        id,
        type: 'ping',
        timestamp: '',
        accountId: `ü-${id}`,
        data: {},
      });
      const signature = by.map((one) => signWebhook({ id, sentAt, body }, one)).join(' ');
      const { status } = await fetch(`http://127.0.0.1:${port}/`, {
        method: 'POST',
        headers: {
          'webhook-id': id,
          'webhook-timestamp': String(sentAt),
          'webhook-signature': signature,
        },
        body: body + tampered,
      });
      return status;
    };
    await expect.poll(() => post('one').catch(() => 0)).toBe(204);
    expect(await post('one')).toBe(204); // a copy: accepted, and not handled a second time
    expect(await post('two', { by: [FOREIGN, NEXT] })).toBe(204); // during a rotation
    expect(await post('forged', { by: [FOREIGN] })).toBe(401);
    expect(await post('forged', { by: [] })).toBe(401);
    expect(await post('tampered', { tampered: ' ' })).toBe(401);
    expect(await post('replayed', { sentAt: now - 400 })).toBe(401);
    expect(await post('postdated', { sentAt: now + 400 })).toBe(401);
    expect(printed.match(/ü-\w+/g)).toEqual(['ü-one', 'ü-two']);
    const gone = new Promise((resolve) => {
      child.once('exit', resolve);
    });
    child.kill();
    await gone;
  },
);
