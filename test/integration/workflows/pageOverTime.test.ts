/** The support article's sentences about time: cooldown, sending windows, midnight. */
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient } from '../../../src/client/index.js';
import type { StatusWire } from '../../../src/domain/wire/responses.js';
import {
  all,
  ask,
  askRead,
  edit,
  query,
  run,
  update,
  sent,
  statusOf,
  type Known,
} from '../../support/account.js';
import { PATIENT } from '../../support/patience.js';
import { createStand, type Stand } from '../../support/stand.js';
import { fastForward, secondsToMidnight } from '../../support/time.js';
import type { DecisionWire, PeekWire } from '../../../src/domain/wire/decisions.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

let stand: Stand;
beforeAll(async () => {
  stand = await createStand();
});
afterAll(() => stand.close());

const isoOf = (ms: number): string => new Date(ms).toISOString();
const peek = (account: WorkflowHandle, at: string): Promise<PeekWire> =>
  query(account, 'peek', { at });
/**
 * How many seconds a skip ends after a timer: a skip that ends while the timer's task runs would
 * continue to the next timer.
 */
const SKIP_BEYOND = 20;
const skipTo = async (account: WorkflowHandle, at: string): Promise<void> => {
  const { asOf } = await statusOf(account);
  await fastForward(
    stand.client,
    account.workflowId,
    Math.ceil((Date.parse(at) - Date.parse(asOf)) / 1_000) + SKIP_BEYOND,
  );
};
const retryOf = (decision: DecisionWire): string => {
  if (decision.granted || decision.retryAt === null) throw new Error('nothing to wait for');
  return decision.retryAt;
};

/** Connects an account whose counter was 104 with 17 sent, so that its last run started a cooldown. */
async function resting(): Promise<Known & { readonly until: string }> {
  const { id, account } = await sent(stand, 17);
  await edit(stand, id, 'inmails_sent_today = 104');
  expect(await run(account)).toMatchObject({ healed: true, cooled: true });
  const { cooldown } = await statusOf(account);
  if (!cooldown) throw new Error('the account has no cooldown');
  await run(account); // then the decisions of the run before are in the account's row
  return { id, account, until: cooldown.until };
}

describe('After an overshoot the account is in cooldown for an hour.', () => {
  it('The cooldown ends automatically, to the millisecond, without a person.', async () => {
    const { id, account, until } = await resting();
    const refused = { granted: false, reason: 'cooldown', retryAt: until };
    expect(await ask(account, 'campaign-1', { campaignId: 'autumn' })).toMatchObject(refused);
    expect(await peek(account, isoOf(Date.parse(until) - 1))).toMatchObject(refused);
    expect(await peek(account, until)).toMatchObject({ granted: true });
    const { rows } = await stand.pool.query(
      `select at.name, state from (values ('before', $2::timestamptz - interval '1 ms'),
         ('at its end', $2::timestamptz)) as at (name, instant),
         lateral safeband.account_status_at(at.instant) s where s.account_id = $1`,
      [id, until],
    );
    expect(rows).toEqual([
      { name: 'before', state: 'cooldown' },
      { name: 'at its end', state: 'active' },
    ]);
    await skipTo(account, until);
    expect(await statusOf(account)).toMatchObject({ state: 'active', cooldown: null });
    expect(await askRead(account, 'campaign-1', { campaignId: 'autumn' })).toMatchObject({
      granted: true,
    });
    const people = `select kind, actor from safeband.account_changes
      where account_id = $1 and actor not in ('safeband', 'connect')`;
    expect(await all(stand, people, id)).toEqual([]);
  });
});

/** A zone with half an hour and without daylight saving: 05:30 ahead of UTC on every day. */
const ZONE = 'Asia/Kolkata';
const ZONE_MS = 5.5 * HOUR_MS;
const DAY_NAMES = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const localTime = (ms: number): string => isoOf(ms + ZONE_MS).slice(11, 16);
const localDay = (ms: number): string => DAY_NAMES[new Date(ms + ZONE_MS).getUTCDay()] ?? '';

describe('Sends of a campaign that fall into the cooldown move; none is dropped.', () => {
  const everyDay = (): readonly string[] => DAY_NAMES;
  it.each([
    ['a window later today', 3 * HOUR_MS, everyDay],
    ['a window that closes in the rest', DAY_MS - HOUR_MS, everyDay],
    ['a window on one day of the week', 3 * DAY_MS, (opensAt: number) => [localDay(opensAt)]],
  ])("They go at the next opening in the account's own zone: %s.", async (_, opensIn, days) => {
    const { account, until } = await resting();
    const now = Date.parse((await statusOf(account)).asOf);
    const opensAt = now - (now % MINUTE_MS) + opensIn;
    await update(account, 'configure', {
      timezone: ZONE,
      sendingWindow: {
        days: days(opensAt),
        start: localTime(opensAt),
        end: localTime(opensAt + 1.5 * HOUR_MS),
      },
    });
    const expected = isoOf(opensAt);
    expect(expected > until).toBe(true);
    const shifted = (): Promise<DecisionWire> =>
      askRead(account, 'campaign-1', { campaignId: 'autumn' });
    await expect
      .poll(shifted)
      .toMatchObject({ granted: false, reason: 'cooldown', retryAt: expected });
    expect(await peek(account, isoOf(opensAt - 1))).toMatchObject({ granted: false });
    await skipTo(account, until);
    const later = await shifted();
    expect(later).toMatchObject({ granted: false, reason: 'outside_window' });
    expect(retryOf(later)).toBe(expected);
    await skipTo(account, expected);
    expect(await shifted()).toMatchObject({ granted: true, reservationId: 'campaign-1' });
  });
});

describe('At midnight UTC the counter starts again.', () => {
  /** The allowed readings: the old day with its numbers and step, or the new day with its own. */
  const WHOLE = ['counter 2, day 1, step 1', 'counter 0, day 2, step 2'];

  /** Reads in a loop until it is stopped; returns each different reading once. */
  function watch(read: () => Promise<string | undefined>): () => Promise<readonly string[]> {
    const views = new Set<string>();
    const loop = { isOn: true };
    const watching = (async () => {
      while (loop.isOn) {
        const view = await read();
        if (view !== undefined) views.add(view);
      }
    })();
    return async () => {
      loop.isOn = false;
      await watching;
      return [...views].toSorted();
    };
  }

  it('A reader in a loop never sees a part of the reset without the rest.', async () => {
    const { id, account } = await sent(stand, 2, { ramp: { dailyCaps: [3, 6, 9] } });
    const safeband = createClient({ client: stand.client, ...PATIENT });
    const before = await statusOf(account);
    const viewOf = (counter: number, day: string, step: number): string =>
      `counter ${counter}, day ${day === before.quotaDay ? 1 : 2}, step ${step}`;
    const fromRow = (source: string) => async (): Promise<string | undefined> => {
      const { rows } = await stand.pool.query<{ counter: number; day: string; step: number }>(
        `select inmails_sent_today as counter, counter_day::text as day, ramp_day as step
           from ${source} where account_id = $1`,
        [id],
      );
      return rows[0] && viewOf(rows[0].counter, rows[0].day, rows[0].step);
    };
    const fromQuery = async (): Promise<string> => {
      const status: StatusWire = await safeband.status(id);
      return viewOf(status.counter, status.quotaDay, status.rampDay);
    };
    const stops = [
      watch(fromRow('safeband.accounts')),
      watch(fromRow('safeband.account_status')),
      watch(fromQuery),
    ];
    await fastForward(stand.client, account.workflowId, secondsToMidnight(before.asOf));
    await expect.poll(fromRow('safeband.accounts')).toBe(WHOLE[1]);
    for (const stop of stops) expect(await stop()).toEqual(WHOLE.toSorted());
  });
});
