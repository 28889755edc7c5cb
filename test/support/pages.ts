/** The data of an account's page, and the same with script in every text. */
import type { BrakePart } from '../../src/http/pages/fleet/brake.js';
import type { AccountData } from '../../src/http/pages/account/accountData.js';
import type { Frame } from '../../src/http/pages/ui/layout.js';
import { numbersOfRow } from '../../src/http/pages/ui/numbers.js';
import type { StatusRow } from '../../src/postgres/read/reads.js';
import { dayOf } from '../../src/domain/primitives/time.js';
import { at } from './scenario.js';
import type { Why } from '../../src/domain/diagnostics/why/model.js';

const [NOON, DAY] = [at('12:00'), dayOf(at('12:00'))];

export const HOSTILE = `"'><script>alert(1)</script><img src=x onerror=alert(2)>`;
/** Values that no user writes: names of the contract's closed lists, and instants. */
const KEPT = /^(\d{4}-\d\d-\d\d(T|$)|[a-z_]+$)/;

/** Returns the data with script in each text that a user may have written. */
export function hostile<T>(value: T): T;
export function hostile(value: unknown): unknown {
  if (typeof value === 'string') return KEPT.test(value) ? value : `${value}${HOSTILE}`;
  if (Array.isArray(value)) return value.map((one: unknown) => hostile(one));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, hostile(one)]));
}

export const frame = (): Frame => ({
  assets: {
    css: '/assets/a.css',
    morph: '/assets/m.js',
    live: '/assets/l.js',
    controls: '/assets/c.js',
    icon: '/i.svg',
  },
  now: NOON,
  caller: { keyId: '1', name: 'Mara ', role: 'operator', accounts: null, groups: null },
  flash: 'Done. ',
});

export const statusRow = (): StatusRow => ({
  accountId: 'Anna-1',
  tier: 'sales_navigator',
  state: 'held',
  mode: 'enforce',
  group: null,
  day: DAY,
  counter: 3,
  inFlight: 1,
  uncertain: 0,
  delivered: 1,
  external: 1,
  imported: 0,
  unexplained: 0,
  carried: 1,
  drift: 1,
  remaining: 46,
  caps: { daily: 50, weekly: 250, ramp: 50, velocity: null, learnt: null },
  weekUsed: 4,
  rampDay: 2,
  cooldown: { until: at('13:00'), cause: 'overshoot' },
  hold: { reason: 'The customer asked. ', actor: 'Mara K. ', since: at('11:30') },
  breakerUntil: null,
  version: 7,
  updatedAt: NOON,
  lastCheckedAt: at('11:55'),
  timezone: 'Europe/Berlin',
  canSend: HELD,
  edited: {
    row: 104,
    counted: 3,
    columns: ['Inmails_sent_today'],
    correctedAt: at('12:10').toString(),
    line: 'It has 104. ',
  },
});
const HELD = {
  canSend: false,
  reason: 'held',
  notBefore: null,
  left: 0,
  needsPerson: true,
  until: null,
} as const;

const slot = (name: string, more: object) => ({
  reservationId: name,
  state: 'in_flight' as const,
  day: DAY,
  campaignId: null,
  reservedAt: at('08:00'),
  leaseExpiresAt: at('12:10'),
  settledAt: null,
  reason: null,
  chatId: null,
  again: false,
  wouldDeny: null,
  ...more,
});

/** An account with a slot in each state, a manual send, a correction, a hold and an alert. */
export function accountData(): AccountData {
  return {
    numbers: numbersOfRow(statusRow(), NOON),
    origin: { from: 'rows', readAt: NOON, message: 'No answer.' },
    slots: ['2026-11-24T13:00:00.000Z'],
    denials: { outside_window: 12, daily_cap: 3 },
    open: [
      {
        reservationId: 'R-1',
        state: 'in_flight',
        quotaDay: '2026-11-24',
        reservedAt: '2026-11-24T08:00:00.000Z',
        leaseExpiresAt: '2026-11-24T12:10:00.000Z',
      },
    ],
    waiting: 0,
    line: [],
    credits: null,
    settings: {
      tier: 'sales_navigator',
      timezone: 'Europe/Berlin',
      dailyCap: null,
      weeklyCap: null,
      ramp: [30, 50],
      sendingWindow: { days: ['mon'], start: '09:00', end: '17:00' },
      creditsRenewOn: 15,
      recipientMemoryDays: null,
      recipientScope: 'account',
      pacing: null,
      campaigns: null,
      mode: 'enforce',
      velocity: null,
      group: null,
      learntCap: false,
    },
    rows: {
      day: DAY,
      now: NOON,
      reservations: [
        slot('R-1', {}),
        slot('R-2', { state: 'delivered', reservedAt: at('08:01'), chatId: 'C-2' }),
        slot('R-3', {
          state: 'released',
          reservedAt: at('08:02'),
          settledAt: at('08:05'),
          reason: 'Rejected!',
        }),
      ],
      events: [
        {
          eventId: 1,
          reservationId: 'R-2',
          chatId: 'C-2',
          source: 'pipeline',
          deliveredAt: at('08:03'),
        },
        {
          eventId: 2,
          reservationId: null,
          chatId: 'C-9',
          source: 'external',
          deliveredAt: at('09:00'),
        },
      ],
      corrections: [
        {
          number: 1,
          day: DAY,
          before: 104,
          after: 3,
          layer: 'operation',
          columns: ['Inmails_sent_today'],
          sentences: ['It was 104. '],
          at: at('11:55'),
        },
      ],
      changes: [
        {
          number: 1,
          kind: 'hold',
          actor: 'Mara K. ',
          reason: 'Asked. ',
          details: {},
          at: at('11:30'),
        },
      ],
      alerts: [
        {
          alertId: 1,
          accountId: 'Anna-1',
          group: null,
          kind: 'drift',
          severity: 'warning',
          day: DAY,
          details: { sentences: ['It is apart. '] },
          times: 2,
          openedAt: at('11:40'),
          raisedAt: at('11:40'),
          acknowledged: null,
          resolvedAt: null,
          closed: null,
          isConnected: true,
        },
      ],
    },
    days: [
      {
        day: DAY - 1,
        counter: 20,
        delivered: 18,
        uncertain: 1,
        external: 1,
        imported: 0,
        unexplained: 0,
        late: 1,
      },
    ],
  };
}

export const article = (): Why => ({
  customer: {
    sent: 2,
    maybe: 1,
    left: 0,
    today: [{ text: 'You have sent 2 InMails today. ', at: null }],
    stop: [{ text: 'It can send at 13:00 UTC (14:00 in X). ', at: '2026-11-24T13:00:00.000Z' }],
    details: [{ text: '2 were sent automatically. ', at: null }],
  },
  canSend: { ...HELD, line: 'Stopped by Mara K.: a person has to resume it' },
  accountId: 'Anna-1',
  asOf: '2026-11-24T12:00:00.000Z',
  quotaDay: '2026-11-24',
  counter: 3,
  logged: 2,
  headline: 'The counter is 3. ',
  parts: [
    {
      text: '1 is in flight. ',
      count: 1,
      cause: 'in_flight',
      isNormal: true,
      changesAt: '2026-11-24T12:20:00.000Z',
      reservations: ['R-1'],
    },
  ],
  beside: [{ text: 'It is cooling down. ', kind: 'cooldown', at: '2026-11-24T13:00:00.000Z' }],
});

const BRAKED_AT = '2026-11-24T11:00:00.000Z';
const BRAKED_BY = { actor: 'ada', reason: 'wrong texts' };
/** A brake that is on, and one that was released. */
export const BRAKE_PART: BrakePart = {
  brakes: {
    held: [
      { brakeId: '5f0c9a1d2e3b4c6d', group: null, since: BRAKED_AT, ...BRAKED_BY, holdOrders: [] },
    ],
    history: [
      {
        brakeId: '5f0c9a1d2e3b4c6e',
        group: null,
        since: BRAKED_AT,
        ...BRAKED_BY,
        released: { at: BRAKED_AT, ...BRAKED_BY },
        holdOrders: [],
      },
    ],
  },
  mayBrake: () => true,
  groups: [],
  form: {},
  failure: null,
};
/** What the page *Fleet* shows with its accounts. */
export const FLEET = {
  lastHeartbeatAt: NOON,
  recovery: null,
  runs: 3,
  group: null,
  groups: [],
  brake: BRAKE_PART,
};

/** What one audit found. */
export const HEARTBEAT = {
  runId: 'audit-1',
  ranAt: NOON,
  durationMs: 1,
  accountsChecked: 9,
  isAlerted: true,
  found: { drifting: 2, woken: 3, missing: 4, lateReconciles: 1, lateResets: 5 },
};
