/** "What would another cap have done?": the same asks by the same gate, under another policy. */
import { describe, expect, it } from 'vitest';
import { accountRow } from '../../../../src/domain/records/toRecords.js';
import { openingDays, type Policy } from '../../../../src/domain/account/policy.js';
import type { EventRow, ReservationRow } from '../../../../src/domain/records/records.js';
import { dayOf } from '../../../../src/domain/primitives/time.js';
import {
  whatIfOf,
  type WhatIf,
  type WhatIfRows,
} from '../../../../src/domain/diagnostics/whatIf/whatIf.js';
import { windowIntervals } from '../../../../src/calendar/openings.js';
import { anAccount, at, c, m, r } from '../../../support/scenario.js';
import type { PastRows } from '../../../../src/domain/diagnostics/asOf/accountAt.js';
import { parseWhatIf } from '../../../../src/domain/diagnostics/whatIf/question.js';

const MINUTE = 60_000;
const FROM = at('00:00');
const DAY_2 = at('2026-11-25T00:00:00.000Z');

/** A request that was granted, and delivered a minute later by default. */
const send = (name: string, when: number, more: Partial<ReservationRow> = {}): ReservationRow => ({
  table: 'reservations',
  reservationId: r(name),
  quotaDay: dayOf(when),
  state: 'delivered',
  campaignId: null,
  recipientId: null,
  reservedAt: when,
  leaseExpiresAt: when + 15 * MINUTE,
  settledAt: when + MINUTE,
  reason: null,
  journaled: true,
  chatId: c(`chat-${name}`),
  messageId: null,
  isAdopted: false,
  carriedInto: null,
  ...more,
});
const hourly = (count: number, from: number): readonly ReservationRow[] =>
  Array.from({ length: count }, (_, n) => send(`s${from}-${n}`, from + n * 60 * MINUTE));
const manual = (count: number, when: number): readonly EventRow[] =>
  Array.from({ length: count }, (_, n) => ({
    table: 'inmail_events',
    reservationId: null,
    chatId: c(`hand-${n}`),
    messageId: m('m'),
    source: 'external',
    quotaDay: dayOf(when),
    deliveredAt: when,
    isCounted: true,
  }));

const openingsFor = ({ sendingWindow: window, timezone, ...policy }: Policy) =>
  window &&
  (windowIntervals({
    window,
    timezone,
    from: FROM,
    days: 9 + openingDays({ ...policy, sendingWindow: window, timezone }),
  }) ??
    null);

function rowsOf(more: Partial<WhatIfRows>): WhatIfRows {
  const { account } = anAccount({}, { now: FROM }).entity;
  const base = { ...accountRow(account, 1), owner: 'own', ownerVersion: 1 };
  const past: PastRows = {
    base,
    keptSince: FROM,
    savedAt: FROM,
    readAt: FROM,
    reservations: [],
    found: [],
    events: [],
    days: [],
    changes: [],
    checkedAt: FROM,
    nextRunAt: null,
    openings: null,
    moments: [],
  };
  return {
    past,
    from: FROM,
    to: FROM + 3 * 24 * 60 * MINUTE,
    asks: [],
    ungranted: new Set(),
    older: [],
    externals: [],
    changes: [],
    shocks: [],
    imports: [],
    denials: [],
    notes: [],
    ...more,
  };
}
function tried(change: object, more: Partial<WhatIfRows>): WhatIf {
  const wanted = parseWhatIf(change, 30, FROM);
  if ('refused' in wanted) throw new Error(wanted.message);
  const result = whatIfOf(rowsOf(more), wanted, openingsFor);
  if ('refused' in result) throw new Error(result.message);
  return result;
}

describe('a cap', () => {
  it('with a lower cap, the rest of the sends of a day waits for the next day', () => {
    const asks = [...hourly(6, at('09:00')), ...hourly(2, DAY_2 + 9 * 60 * MINUTE)];
    const result = tried({ dailyCap: 4 }, { asks });
    expect(result).toMatchObject({ asked: 8, onTime: 6, deferred: 2, stillWaiting: 0 });
    // From 13:00 and 14:00 to midnight.
    expect(result.deferredMinutes).toEqual({ median: 660, longest: 660 });
    expect(result.days.map(({ asked, granted, deferred }) => [asked, granted, deferred])).toEqual([
      [6, 4, 2],
      [2, 4, 0],
      [0, 0, 0],
    ]);
    expect(result.policy).toMatchObject({ tier: 'sales_navigator', dailyCap: 4 });
  });

  it('a cap of 0 lets no send go', () => {
    const result = tried({ dailyCap: 0 }, { asks: hourly(3, at('09:00')) });
    expect(result).toMatchObject({
      onTime: 0,
      deferred: 3,
      stillWaiting: 3,
      deferredMinutes: null,
    });
  });

  it('a released send frees its room under a cap at once', () => {
    const given = { state: 'released', reason: 'rejected', chatId: null } as const;
    const asks = [
      send('a', at('09:00'), { ...given, settledAt: at('09:30') }),
      send('b', at('09:10')),
    ];
    const result = tried({ dailyCap: 1 }, { asks });
    expect(result.deferredMinutes).toEqual({ median: 20, longest: 20 });
  });

  it('a cap with room returns how many denied sends may also have been sent', () => {
    const day = dayOf(FROM);
    const denials = [{ day, denials: { daily_cap: 30, cooldown: 9, outside_window: 2 } }];
    const result = tried({ dailyCap: 25 }, { asks: hourly(5, at('09:00')), denials });
    expect(result.days[0]).toMatchObject({ asked: 5, denied: 32, mayAlsoGo: 20 });
  });
});

it('a ramp begins at its first step, and advances after a day with a delivery', () => {
  const asks = [...hourly(3, at('09:00')), ...hourly(3, DAY_2 + 9 * 60 * MINUTE)];
  const result = tried({ ramp: { dailyCaps: [1, 2] } }, { asks });
  expect(result.days.map(({ granted }) => granted)).toEqual([1, 2, 3]);
});

it('sends outside of a window wait for its next opening, in its own zone', () => {
  const sendingWindow = { days: ['tue', 'wed'], start: '10:00', end: '12:00' };
  const change = { sendingWindow, timezone: 'Europe/Berlin' };
  // Open from 09:00 to 11:00 UTC.
  const result = tried(change, { asks: hourly(4, at('08:00')) });
  expect(result).toMatchObject({ asked: 4, onTime: 2, deferred: 2 });
  expect(result.deferredMinutes).toEqual({ median: 22 * 60, longest: 22 * 60 });
  expect(result.days.map(({ granted }) => granted)).toEqual([3, 1, 0]);
});

describe('a cooldown', () => {
  it('what-if starts a cooldown if manual sends are far over the lower cap', () => {
    const externals = manual(12, at('10:00'));
    expect(tried({ dailyCap: 50 }, { externals }).cooldowns.would).toEqual([]);
    // The cap in force when the day began stays its highest; the next day has the new one alone.
    const next = manual(12, DAY_2 + 10 * 60 * MINUTE);
    const { cooldowns } = tried({ dailyCap: 9 }, { externals: next });
    expect(cooldowns).toMatchObject({ avoided: 0, caused: 1, would: [{ cause: 'overshoot' }] });
  });

  it('what-if avoids a cooldown if a manually edited number is under the higher cap', () => {
    const { account } = anAccount({ dailyCap: 10 }, { now: FROM }).entity;
    const base = { ...accountRow(account, 1), owner: 'own', ownerVersion: 1 };
    const started = at('10:00');
    const changes = [
      {
        kind: 'cooldown',
        actor: 'safeband',
        reason: '20 of a cap of 10',
        details: { until: '2026-11-24T11:00:00.000Z', cause: 'overshoot' },
        at: started,
      },
    ] as const;
    const shocks = [{ at: started, count: 20 }];
    const rows = rowsOf({ changes, shocks });
    const past = { ...rows.past, base };
    expect(tried({ dailyCap: 10 }, { ...rows, past }).cooldowns).toMatchObject({
      avoided: 0,
      caused: 0,
      would: [{ at: '2026-11-24T10:00:00.000Z', until: '2026-11-24T11:00:00.000Z' }],
    });
    expect(tried({ dailyCap: 30 }, { ...rows, past }).cooldowns).toMatchObject({ avoided: 1 });
  });

  it('a cooldown that LinkedIn asked for comes with the send that was throttled', () => {
    const asks = hourly(2, at('09:00'));
    const [, last] = asks;
    const changes = [
      {
        kind: 'cooldown',
        actor: 'safeband',
        reason: 'in any words',
        details: {
          until: '2026-11-24T12:00:05.000Z',
          cause: 'throttled',
          reservationId: last?.reservationId ?? '',
        },
        at: at('10:00') + 5_000,
      },
    ] as const;
    const { cooldowns } = tried({ dailyCap: 1 }, { asks, changes });
    expect(cooldowns).toMatchObject({ avoided: 0, caused: 0 });
    expect(cooldowns.would).toEqual([
      { at: '2026-11-25T00:00:05.000Z', until: '2026-11-25T02:00:05.000Z', cause: 'throttled' },
    ]);
  });
});

it('a hold by a person also stops the replay, until the resume', () => {
  const change = { actor: 'ada', reason: 'a check', details: {} };
  const changes = [
    { ...change, kind: 'hold', at: at('09:30') },
    { ...change, kind: 'resume', at: at('12:30') },
  ] as const;
  // They were really sent before the hold, and after it.
  const asks = [...hourly(1, at('09:00')), ...hourly(1, at('13:00'))];
  expect(tried({ dailyCap: 9 }, { asks, changes })).toMatchObject({ onTime: 2 });
  const sendingWindow = { days: ['tue'], start: '10:00', end: '20:00' };
  expect(tried({ sendingWindow }, { asks, changes }).deferredMinutes).toEqual({
    median: 210,
    longest: 210,
  });
});

it('a send that is a reservation’s and in the log as external counts once', () => {
  const externals = manual(1, at('09:05')).map((row) => ({ ...row, chatId: c('chat-own') }));
  const asks = [
    send('own', at('09:00'), { chatId: c('chat-own'), messageId: m('m') }),
    send('next', at('10:00')),
  ];
  expect(tried({ dailyCap: 2 }, { asks, externals })).toMatchObject({ onTime: 2, deferred: 0 });
});

it('a disconnected account is connected again before its next grant', () => {
  const change = { actor: 'ada', reason: 'gone', details: {} };
  const changes = [{ ...change, kind: 'disconnect', at: at('09:30') }] as const;
  const asks = [...hourly(1, at('09:00')), ...hourly(2, at('13:00'))];
  expect(tried({ dailyCap: 9 }, { asks, changes })).toMatchObject({ onTime: 3, stillWaiting: 0 });
});

it('refuses what configure refuses, and names the field', () => {
  const refusal = (change: object, days = 30) => parseWhatIf(change, days, FROM);
  expect(refusal({})).toMatchObject({ refused: 'InvalidInput' });
  expect(refusal({ dailyCap: -1 })).toMatchObject({
    refused: 'InvalidInput',
    message: expect.stringContaining('dailyCap should be'),
  });
  expect(refusal({ timezone: 'Mars/Base' })).toMatchObject({ refused: 'InvalidInput' });
  for (const days of [0, 91, 1.5]) {
    expect(refusal({ dailyCap: 1 }, days)).toMatchObject({
      refused: 'InvalidInput',
      message: expect.stringContaining('days should be'),
    });
  }
  expect(whatIfOf(rowsOf({}), { dailyCap: 51 }, openingsFor)).toMatchObject({
    refused: 'CapAboveSafeBand',
  });
});
