/** "Can it send?": each reason in its words, and "Not before" as the gate really answers. */
import { expect, it } from 'vitest';
import { disconnect, hold } from '../../../../src/domain/commands/administer.js';
import { fail } from '../../../../src/domain/commands/fail.js';
import { reserve } from '../../../../src/domain/commands/reserve.js';
import {
  canSendLine,
  type Sender,
} from '../../../../src/domain/diagnostics/canSend/canSendLine.js';
import { reasonWords } from '../../../../src/domain/diagnostics/canSend/reasonWords.js';
import { DENIAL_REASONS } from '../../../../src/domain/gate/gate.js';
import type { Tier } from '../../../../src/domain/primitives/tier.js';
import { viewOf } from '../../../../src/domain/entity/entity.js';
import { HOUR_MS } from '../../../../src/domain/primitives/time.js';
import { canSendAt, canSendOf } from '../../../../src/domain/wire/canSend.js';
import { peekWire, type PeekWire } from '../../../../src/domain/wire/decisions.js';
import { anAccount, at, r } from '../../../support/scenario.js';

const NOW = at('06:56');
const denied = (reason: (typeof DENIAL_REASONS)[number], retryAt: string | null): PeekWire => ({
  granted: false,
  reason,
  retryAt,
});
const granted = (remainingToday: number, more: object = {}): PeekWire => ({
  granted: true,
  quotaDay: '2026-11-24',
  leaseExpiresAt: LATER,
  remainingToday,
  repeated: false,
  ...more,
});
/** The grant of an account in shadow mode. */
const shadowed = (reason: (typeof DENIAL_REASONS)[number], retryAt: string | null): PeekWire =>
  granted(0, { wouldDeny: { reason, retryAt } });
const utc = () => 0;
const [LATER, MIDNIGHT] = ['2026-11-24T08:08:00.000Z', '2026-11-25T00:00:00.000Z'];
const NOTHING = {
  mode: 'enforce' as const,
  tier: 'premium' as Tier,
  caps: { daily: 25, weekly: 125 },
  hold: null,
  cooldown: null,
  timezone: 'UTC',
};
const by = (actor: string, reason = 'asked') => ({ hold: { actor, reason } });
const restricted = by('safeband', 'restricted, reported for reservation r1');

const LINES: readonly (readonly [line: string, peek: PeekWire, more?: Partial<Sender>])[] = [
  ['Cannot send: it is disconnected', denied('disconnected', null)],
  ['Stopped by LinkedIn: a person has to look', denied('held', null), restricted],
  ['Stopped by ada: a person has to resume it', denied('held', null), by('ada')],
  ['Stopped by Safeband: a person has to resume it', denied('held', null), by('safeband')],
  [
    'Not before 25 Nov, 00:00 UTC (in 17 h 04 min): its InMail credits are used up',
    denied('no_credits', MIDNIGHT),
  ],
  [
    'Not before 08:08 UTC (in 1 h 12 min): LinkedIn asked for a pause',
    denied('cooldown', LATER),
    { cooldown: { cause: 'throttled' } },
  ],
  [
    'Cannot send: LinkedIn asked for a pause, and then a person has to act',
    denied('cooldown', null),
    { cooldown: { cause: 'throttled' } },
  ],
  ['Cannot send: it waits for a successful reconcile', denied('unverified', LATER)],
  [
    'Cannot send: the Free tier has no InMail',
    denied('tier_has_no_inmail', null),
    { tier: 'free', caps: { daily: 0, weekly: 0 } },
  ],
  [
    'Not before 25 Nov, 00:00 UTC (in 17 h 04 min): the daily cap of the campaign is used up',
    denied('campaign_cap', MIDNIGHT),
  ],
  [
    'Not before 25 Nov, 00:00 UTC (in 17 h 04 min): its weekly cap is used up',
    denied('weekly_cap', MIDNIGHT),
  ],
  [
    'Not before 25 Nov, 00:00 UTC (in 17 h 04 min): its ramp step of today is used up',
    denied('ramp_cap', MIDNIGHT),
  ],
  [
    'Not before 25 Nov, 00:00 UTC (in 17 h 04 min): its cap by the sends of the last days is used up',
    denied('velocity_cap', MIDNIGHT),
  ],
  [
    'Not before 25 Nov, 00:00 UTC (in 17 h 04 min): the ceiling after a refusal by LinkedIn is used up',
    denied('learnt_cap', MIDNIGHT),
  ],
  [
    'Not before 25 Nov, 00:00 UTC (in 17 h 04 min): its daily cap is used up',
    denied('daily_cap', MIDNIGHT),
  ],
  [
    'Cannot send: its daily cap is 0',
    denied('daily_cap', null),
    { caps: { daily: 0, weekly: 125 } },
  ],
  [
    'Cannot send: its weekly cap is 0',
    denied('weekly_cap', null),
    { caps: { daily: 25, weekly: 0 } },
  ],
  [
    'Not before 25 Nov, 00:00 UTC (in 17 h 04 min): it has taken as many slots as it may, with any outcome',
    denied('churn_cap', MIDNIGHT),
  ],
  [
    'Not before 08:08 UTC (in 1 h 12 min): outside its sending hours',
    denied('outside_window', LATER),
  ],
  [
    'Not before 25 Nov, 00:00 UTC (in 17 h 04 min): its recipient was contacted already',
    denied('recipient_contacted', MIDNIGHT),
  ],
  [
    'Not before 08:08 UTC (in 1 h 12 min): its pacing waits between two sends',
    denied('paced', LATER),
  ],
  ['Can send now in shadow mode (3 left today)', granted(2), { mode: 'shadow' }],
  [
    'Granted in shadow mode; would be denied until 25 Nov, 00:00 UTC: its daily cap is used up',
    shadowed('daily_cap', MIDNIGHT),
    { mode: 'shadow' },
  ],
  [
    'Granted in shadow mode; would be denied: it is held',
    shadowed('held', null),
    { mode: 'shadow' },
  ],
];

it.each(LINES.map(([line, peek, more = {}]) => [line, peek, more] as const))(
  'the line is "%s"',
  (line, peek, more) => {
    expect(canSendLine({ ...NOTHING, ...more, canSend: canSendOf(peek, null) }, NOW, utc)).toBe(
      line,
    );
  },
);

it('every reason of the contract is in the table, and in words of its own', () => {
  const inTable = new Set(LINES.flatMap(([, peek]) => (peek.granted ? [] : [peek.reason])));
  expect([...inTable, 'expired'].toSorted()).toEqual([...DENIAL_REASONS].toSorted());
  expect(new Set(DENIAL_REASONS.map(reasonWords)).size).toBe(DENIAL_REASONS.length);
  expect(reasonWords('a_newer_one')).toBe('a_newer_one');
});

it.each([
  ['08:08 in Europe/Berlin (07:08 UTC, in 12 min 00 s)', 'Europe/Berlin', 1, '07:08:00.000'],
  ['08:08:01 in Europe/Berlin (07:08:01 UTC, in 12 min 00 s)', 'Europe/Berlin', 1, '07:08:00.001'],
  [
    '25 Nov, 08:30 in Asia/Tokyo (24 Nov, 23:30 UTC, in 16 h 34 min)',
    'Asia/Tokyo',
    9,
    '23:30:00.000',
  ],
])('an instant in the zone of the account is "%s"', (time, timezone, hours, clock) => {
  const canSend = canSendOf(denied('outside_window', `2026-11-24T${clock}Z`), null);
  const offsetAt = () => hours * HOUR_MS;
  expect(canSendLine({ ...NOTHING, timezone, canSend }, NOW, offsetAt)).toBe(
    `Not before ${time}: outside its sending hours`,
  );
});

it('an account that can send shows what is left today, and what the gate then grants', () => {
  const account = anAccount().when(reserve, { reservationId: r('a') });
  const { left, canSend } = canSendAt(account.entity.account, account.now);
  expect([canSend, left, account.status.remaining]).toEqual([true, 49, 49]);
  expect(account.status.canSend.left).toBe(49);
});

it('"not before" is the instant at which the gate grants, and not a millisecond earlier', () => {
  const accounts = [
    anAccount({ dailyCap: 1 }).when(reserve, { reservationId: r('a') }),
    anAccount({ ramp: { dailyCaps: [1] } }).when(reserve, { reservationId: r('a') }),
    anAccount()
      .when(reserve, { reservationId: r('a') })
      .when(fail, { reservationId: r('a'), kind: 'throttled', retryAfterSeconds: 7_200 }),
    anAccount()
      .when(reserve, { reservationId: r('a') })
      .when(fail, { reservationId: r('a'), kind: 'no_credits' }),
  ];
  for (const account of accounts) {
    const { notBefore, needsPerson, reason } = account.status.canSend;
    expect([reason, needsPerson]).not.toContain(null);
    const instant = Date.parse(notBefore ?? '');
    const peekAt = (when: number) =>
      peekWire(viewOf(account.entity, account.now, when), when, true);
    expect(peekAt(instant - 1)).toMatchObject({ granted: false });
    expect(peekAt(instant)).toMatchObject({ granted: true });
  }
});

it('an account that only a person can help has no instant', () => {
  const stopped = [
    anAccount({ tier: 'free' }),
    anAccount().when(hold, { reason: 'asked', actor: 'ada' }),
    anAccount().when(disconnect, { reason: 'left', actor: 'ada' }),
  ];
  for (const { status } of stopped) {
    expect(status.canSend).toMatchObject({ canSend: false, notBefore: null, needsPerson: true });
  }
});
