/** "What did the gate see at 14:03:07?": an account rewound to an instant, from rows alone. */
import { describe, expect, it } from 'vitest';
import { changeRow, eventsOf } from '../../../../src/domain/records/changeLog.js';
import type { Event } from '../../../../src/domain/account/events.js';
import { accountRow } from '../../../../src/domain/records/toRecords.js';
import { stateOfRows, type StateAt } from '../../../../src/domain/diagnostics/asOf/stateAt.js';
import type { KeptRow } from '../../../../src/domain/diagnostics/asOf/reservationTimeline.js';
import { dayOf } from '../../../../src/domain/primitives/time.js';
import { anAccount, at, c, m, r, rows } from '../../../support/scenario.js';
import type { PastRows } from '../../../../src/domain/diagnostics/asOf/accountAt.js';

const DAY = dayOf(at('09:00'));
const { account } = anAccount().entity;

const kept = (state: KeptRow['state'], settled: string | null, more = {}): KeptRow => ({
  table: 'reservations',
  reservationId: r('x'),
  quotaDay: DAY,
  state,
  campaignId: null,
  recipientId: null,
  reservedAt: at('10:00'),
  leaseExpiresAt: at('10:15'),
  settledAt: settled === null ? null : at(settled),
  reason: state === 'delivered' ? null : 'unknown',
  journaled: true,
  chatId: state === 'delivered' ? c('cx') : null,
  messageId: null,
  isAdopted: false,
  carriedInto: null,
  number: 1,
  savedAt: null,
  ...more,
});

function pastOf(reservations: readonly KeptRow[], more: Partial<PastRows> = {}): PastRows {
  return {
    base: { ...accountRow(account, 1), owner: 'own', ownerVersion: 1 },
    keptSince: at('09:00'),
    savedAt: at('2026-11-29T00:00:00.000Z'),
    readAt: at('2026-11-29T00:00:00.000Z'),
    reservations,
    found: [],
    events: [],
    days: [],
    changes: [],
    checkedAt: at('09:00'),
    nextRunAt: null,
    openings: null,
    moments: [],
    ...more,
  };
}
const stateThen = (past: PastRows, when: string): StateAt => stateOfRows(past, at(when));

describe('a slot', () => {
  /** Uncertain at 10:20, released by a run at 11:00, and reported as delivered at 12:00. */
  const life = [
    kept('uncertain', '10:20', { number: 2 }),
    kept('released', '11:00', { number: 3 }),
    kept('delivered', '10:01', { number: 4, savedAt: at('12:00') }),
  ];
  const table = `
    when   counter  inFlight  uncertain  delivered
    09:59  0        0         0          0
    10:00  1        1         0          0
    10:19  1        1         0          0
    10:20  1        0         1          0
    11:00  0        0         0          0
    11:59  0        0         0          0
    12:00  1        0         0          1
  `;
  it.each(rows(table))('a slot at $when counts $counter', ({ when = '', ...numbers }) => {
    const { status } = stateThen(pastOf(life), when);
    const { counter, inFlight, uncertain, delivered } = status;
    expect({ counter, inFlight, uncertain, delivered }).toEqual(
      Object.fromEntries(Object.entries(numbers).map(([name, text]) => [name, Number(text)])),
    );
  });

  it('a slot without a grant counts from the run that found it', () => {
    const found = [{ reservationId: r('x'), foundAt: at('10:30'), isGranted: false }];
    const past = pastOf([kept('delivered', '10:01')], { found });
    expect(stateThen(past, '10:29').status.counter).toBe(0);
    expect(stateThen(past, '10:30').status).toMatchObject({ counter: 1, delivered: 1 });
  });

  it('a slot whose delivery a run found is in flight until that run', () => {
    const found = [{ reservationId: r('x'), foundAt: at('10:30'), isGranted: true }];
    const past = pastOf([kept('delivered', '10:01', { savedAt: at('10:31') })], { found });
    expect(stateThen(past, '10:29').status).toMatchObject({ inFlight: 1, delivered: 0 });
    expect(stateThen(past, '10:30').status).toMatchObject({ inFlight: 0, delivered: 1 });
  });

  it.each([
    ['in flight', kept('in_flight', null, { number: 3 }), { inFlight: 1, uncertain: 0 }],
    ['uncertain', kept('uncertain', '10:05', { number: 3 }), { inFlight: 0, uncertain: 1 }],
    ['delivered', kept('delivered', '10:05', { number: 3 }), { inFlight: 0, delivered: 1 }],
  ])('a slot that a manual edit released counts as %s, as before', (_, row, numbers) => {
    // A manual edit of the state leaves the proof of a delivery in its row.
    const edited = kept('released', '10:05', { number: 2, chatId: row.chatId });
    const shown = stateThen(pastOf([edited, row]), '10:20');
    expect(shown.status).toMatchObject({ counter: 1, ...numbers });
    expect(shown.before.map(({ kind }) => kind)).not.toContain('released');
  });

  it('a slot that was carried over two midnights was carried over the first', () => {
    const second = '2026-11-26T00:00:00.000Z';
    const past = pastOf([kept('uncertain', second, { carriedInto: DAY + 2 })]);
    expect(stateThen(past, '23:59').status).toMatchObject({ counter: 1, carried: 0 });
    const next = stateThen(past, '2026-11-25T08:00:00.000Z').status;
    expect(next).toMatchObject({ quotaDay: '2026-11-25', counter: 0, carried: 1, remaining: 49 });
  });

  it('a slot of an id that was used again also keeps the day of its first use', () => {
    const again = kept('in_flight', null, {
      quotaDay: DAY + 4,
      reservedAt: at('2026-11-28T10:00:00.000Z'),
      number: 9,
    });
    const past = pastOf([kept('delivered', '10:01'), again]);
    expect(stateThen(past, '11:00').status).toMatchObject({ counter: 1, delivered: 1 });
    expect(stateThen(past, '2026-11-28T11:00:00.000Z').status).toMatchObject({
      counter: 1,
      inFlight: 1,
      weekUsed: 2,
    });
  });
});

it('counts a manual send from when it was sent, and a late report from its save', () => {
  const sent = (name: string, savedAt: number | null) => ({
    table: 'inmail_events' as const,
    reservationId: null,
    chatId: c(name),
    messageId: m('m'),
    source: 'external' as const,
    quotaDay: DAY,
    deliveredAt: at('10:00'),
    isCounted: true,
    number: 2,
    savedAt,
  });
  const late = sent('late', at('11:00'));
  const events = [sent('soon', at('10:00') + 15_000), sent('unknown', null), late];
  const counters = ['09:59', '10:00', '10:59', '11:00'].map(
    (when) => stateThen(pastOf([], { events }), when).status.counter,
  );
  expect(counters).toEqual([0, 2, 2, 3]);
});

it('knows holds, cooldowns and policies to the millisecond, after the save before', () => {
  const change = { actor: 'ada', reason: 'a check', details: {} };
  const changes = [
    { ...change, kind: 'hold', at: at('10:00') },
    { ...change, kind: 'resume', at: at('10:05') },
  ] as const;
  const states = (when: string): string =>
    stateThen(pastOf([], { changes: changes.filter((one) => one.at <= at(when)) }), when).status
      .state;
  expect(states('09:59')).toBe('active');
  expect(states('10:00')).toBe('held');
  expect(states('10:05')).toBe('active');
});

it('reads a change back as what had happened', () => {
  const until = at('12:00');
  const policy = { ...account.policy, dailyCap: 9, ramp: { dailyCaps: [1, 2] } };
  const happened: readonly (Event & Parameters<typeof changeRow>[0])[] = [
    {
      type: 'CooldownStarted',
      cooldown: { until, cause: 'throttled' },
      counter: 0,
      reason: 'throttled, reported for reservation x',
      reservationId: 'x',
    },
    { type: 'CooldownEnded', cause: 'unclean_end', actor: 'ada' },
    { type: 'BreakerOpened', until },
    { type: 'RampRestarted' },
    { type: 'Held', hold: { reason: 'a check', actor: 'ada', since: at('10:00') } },
    { type: 'Resumed', actor: 'ada', reason: 'looked' },
    { type: 'PolicyChanged', policy, rampDay: 1, actor: 'ada' },
    { type: 'PolicyChanged', policy, rampDay: 1, actor: 'ada', reason: 'slower' },
    { type: 'Connected', actor: 'ada' },
    { type: 'Disconnected', actor: 'ada', reason: 'gone' },
  ];
  for (const event of happened) {
    expect(eventsOf(changeRow(event, at('10:00'), account.policy), account)).toEqual([event]);
  }
  const settled = { type: 'SettledByOperator', actor: 'ada', details: {} } as const;
  expect(eventsOf(changeRow(settled, at('10:00'), account.policy), account)).toEqual([]);
});

it('lists what happened around it, and the answer that a reserve would have had', () => {
  const moments = [{ at: at('10:10'), kind: 'run', text: 'A run looked.' }] as const;
  const shown = stateThen(pastOf([kept('uncertain', '10:20')], { moments }), '10:05');
  expect(shown.before).toEqual([
    {
      at: '2026-11-24T10:00:00.000Z',
      kind: 'reserved',
      reservationId: 'x',
      text: 'Reservation x took a slot.',
    },
  ]);
  expect(shown.after.map(({ kind, text }) => [kind, text])).toEqual([
    ['run', 'A run looked.'],
    ['uncertain', 'Reservation x became uncertain (unknown).'],
  ]);
  expect(shown.decision).toMatchObject({ granted: true, remainingToday: 48 });
  expect(shown).toMatchObject({ isExact: true, notes: [], standsOn: '2026-11-24T09:00:00.000Z' });
});

it('names what is not exact: before rows were kept, and after the last save', () => {
  const early = stateThen(pastOf([]), '08:00');
  expect(early.isExact).toBe(false);
  expect(early.notes[0]).toContain('kept since 2026-11-24T09:00:00.000Z');
  const late = stateThen(pastOf([], { savedAt: at('09:30'), readAt: at('09:31') }), '09:31');
  expect(late.notes[0]).toContain('last saved at 2026-11-24T09:30:00.000Z');
  const idle = stateThen(pastOf([], { savedAt: at('09:30'), readAt: at('09:32') }), '09:31');
  expect(idle.isExact).toBe(true);
});

it('states that the history of that time was deleted', () => {
  const shown = (readAt: string) => stateThen(pastOf([], { readAt: at(readAt) }), '10:00').notes;
  expect(shown('2027-02-22T10:00:00.000Z')).toEqual([]);
  expect(shown('2027-02-22T10:00:00.001Z')).toEqual([expect.stringContaining('for 90 days')]);
});
