/** The values of test/support/values.ts on the real servers, by Signal, Update and HTTP. */
import type { WorkflowHandle } from '@temporalio/client';
import type { TObject } from 'typebox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as bodies from '../../../src/http/schemas/messages.js';
import { MINUTE_MS, SECOND_MS } from '../../../src/domain/primitives/time.js';
import { run, statusOf, update } from '../../support/account.js';
import { failureTypeOf } from '../../support/failure.js';
import { createHttpStand, type HttpStand } from '../../support/http.js';
import {
  NO_INSTANTS,
  PAUSES,
  WRONG_TYPES,
  at,
  withoutSeconds,
  writtenAt,
} from '../../support/values.js';

let stand: HttpStand;
let key: string;
beforeAll(async () => {
  stand = await createHttpStand({ limits: { requestsPerMinute: 1_000_000 } });
  key = await stand.key('operator');
});
afterAll(() => stand.close());

const WAYS = ['Signal', 'Update', 'HTTP'] as const;
type Way = (typeof WAYS)[number];
type Known = { readonly id: string; readonly account: WorkflowHandle };
const connected = async (): Promise<Known> => {
  const id = stand.newAccount();
  return { id, account: await stand.connect(id) };
};

/** Sends one message and returns the type of its refusal, or `none`. A Signal is never refused. */
async function send(way: Way, { id, account }: Known, name: string, payload: object) {
  if (way === 'Signal') {
    await account.signal(name, payload);
    return 'none';
  }
  if (way === 'Update') {
    return failureTypeOf(() => update(account, name, payload));
  }
  const answer = await stand.ask(key, `/v1/accounts/${id}/${name}`, payload);
  return answer.statusCode === 200 ? 'none' : answer.json<{ code: string; field?: string }>().code;
}

const alertsOf = async ({ id }: Known, kind: string): Promise<number> => {
  const { rows } = await stand.pool.query<{ times: number }>(
    'select sum(times)::int as times from safeband.alerts where account_id = $1 and kind = $2',
    [id, kind],
  );
  return rows[0]?.times ?? 0;
};
const PERSON = { reason: 'checked', actor: 'ada' };
/** Messages with their required fields, in an order in which the account accepts all of them. */
const LEAST: readonly (readonly [name: string, body: TObject, least: (id: string) => object])[] = [
  ['connect', bodies.connect, (accountId) => ({ accountId, tier: 'premium' })],
  ['sendReserve', bodies.sendReserve, () => ({ reservationId: 'one' })],
  ['sendFailed', bodies.sendFailed, () => ({ reservationId: 'one', kind: 'unknown' })],
  ['sendDelivered', bodies.sendDelivered, () => ({ reservationId: 'one', chatId: 'c' })],
  [
    'sendObserved',
    bodies.sendObserved,
    () => ({ chatId: 'd', messageId: 'm', sentAt: new Date().toISOString() }),
  ],
  ['configure', bodies.configure, () => ({})],
  [
    'settleByOperator',
    bodies.settleByOperator,
    () => ({ reservationId: 'one', outcome: 'delivered', chatId: 'c', ...PERSON }),
  ],
  ['hold', bodies.order, () => PERSON],
  ['resume', bodies.resume, () => PERSON],
  ['reconcileNow', bodies.nothing, () => ({})],
  ['disconnect', bodies.order, () => ({ reason: 'left' })],
];

describe.each(WAYS)('by %s', (way) => {
  it('null is an absent field, in every message', async () => {
    const known = await connected();
    for (const [name, { properties }, leastOf] of LEAST) {
      const least = leastOf(known.id);
      const nulls = Object.keys(properties).map((field) => [field, null] as const);
      const payload = { ...Object.fromEntries(nulls), ...least };
      expect([name, await send(way, known, name, payload)]).toEqual([name, 'none']);
    }
    await expect
      .poll(
        async () =>
          (
            await stand.pool.query('select state from safeband.accounts where account_id = $1', [
              known.id,
            ])
          ).rows,
      )
      .toEqual([{ state: 'disconnected' }]);
    expect(await alertsOf(known, 'bad_signal')).toBe(0);
  });

  it('an instant is read in each form; an unreadable one is refused or is now', async () => {
    const known = await connected();
    const minute = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - 10 * MINUTE_MS;
    const good = [
      ...writtenAt(minute + 7 * SECOND_MS).map(
        ([text, ms]) => [text, minute + 7_000 + ms] as const,
      ),
      ...withoutSeconds(minute).map((text) => [text, minute] as const),
    ];
    const observed = (n: string, sentAt: unknown) => ({ chatId: `c${n}`, messageId: 'm', sentAt });
    for (const [n, [text]] of good.entries()) {
      expect([text, await send(way, known, 'sendObserved', observed(`${n}`, text))]).toEqual([
        text,
        'none',
      ]);
    }
    const before = Date.now();
    const bad = [...NO_INSTANTS, null, undefined];
    for (const [n, raw] of bad.entries()) {
      const refused = await send(way, known, 'sendObserved', observed(`bad${n}`, raw));
      expect([raw, refused]).toEqual([raw, way === 'Signal' ? 'none' : 'InvalidInput']);
    }
    await run(known.account); // saves events and alerts
    const counted = good.length + (way === 'Signal' ? bad.length : 0);
    const rows = await logOf(known);
    const times = new Map(rows.map(({ chat_id: chat, delivered_at: when }) => [chat, when]));
    for (const [n, [text, instant]] of good.entries()) {
      expect([text, times.get(`c${n}`)?.getTime()]).toEqual([text, instant]);
    }
    expect(times.size).toBe(counted);
    if (way !== 'Signal') return;
    for (const n of bad.keys()) {
      expect(times.get(`cbad${n}`)?.getTime()).toBeGreaterThanOrEqual(before - SECOND_MS);
    }
    expect(await alertsOf(known, 'bad_signal')).toBe(bad.length);
  });

  it('a report `throttled` starts a cooldown of its duration, or of an hour', async () => {
    const known = await connected();
    for (const [n, [raw, seconds]] of PAUSES.entries()) {
      const before = Date.now();
      const report = { reservationId: `r${n}`, kind: 'throttled', retryAfterSeconds: raw };
      const refused = await send(way, known, 'sendFailed', report);
      expect([raw, refused]).toEqual([raw, way === 'Signal' ? 'none' : 'ReservationUnknown']);
      const untilNow = async (): Promise<number> => {
        const { cooldown } = await statusOf(known.account);
        return cooldown === null ? 0 : at(cooldown.until);
      };
      // The server uses the clock of this machine, and rounds its timestamps.
      await expect.poll(untilNow).toBeGreaterThanOrEqual(before + seconds * SECOND_MS - 50);
      expect([raw, (await untilNow()) <= Date.now() + seconds * SECOND_MS + 50]).toEqual([
        raw,
        true,
      ]);
    }
  });

  it('a value of another type is refused by its name, or dropped with an alert', async () => {
    const known = await connected();
    for (const [n, [name, field, raw]] of WRONG_TYPES.entries()) {
      const least = LEAST.find((one) => one[0] === name)?.[2](known.id) ?? {};
      const payload = { ...least, ...('reservationId' in least ? { reservationId: `w${n}` } : {}) };
      const refused = await send(way, known, name, { ...payload, [field]: raw });
      expect([name, field, raw, refused]).toEqual([
        name,
        field,
        raw,
        way === 'Signal' ? 'none' : 'InvalidInput',
      ]);
    }
    await run(known.account); // saves the alerts
    expect(await alertsOf(known, 'bad_signal')).toBe(way === 'Signal' ? WRONG_TYPES.length : 0);
    const { counter } = await statusOf(known.account);
    const reserves = WRONG_TYPES.filter(([name]) => name === 'sendReserve').length;
    expect(counter).toBe(way === 'Signal' ? reserves : 0);
  });
});

type Logged = { readonly chat_id: string; readonly delivered_at: Date };
async function logOf({ id }: Known): Promise<readonly Logged[]> {
  const { rows } = await stand.pool.query<Logged>(
    'select chat_id, delivered_at from safeband.inmail_events where account_id = $1',
    [id],
  );
  return rows;
}
