/** Accounts in mixed states, in mid-life: what callers, clocks and people have done to them. */
import fc from 'fast-check';
import { isOpen, type FailureKind } from '../../../../src/domain/account/account.js';
import { deliver } from '../../../../src/domain/commands/deliver.js';
import { fail } from '../../../../src/domain/commands/fail.js';
import {
  isAccountId,
  isCampaignId,
  type CampaignId,
} from '../../../../src/domain/primitives/ids.js';
import { observe } from '../../../../src/domain/commands/observe.js';
import { configure, hold } from '../../../../src/domain/commands/administer.js';
import type { PolicyChange } from '../../../../src/domain/commands/policyChange.js';
import {
  DAY_MS,
  dayOf,
  HOUR_MS,
  MINUTE_MS,
  startOf,
} from '../../../../src/domain/primitives/time.js';
import type { SendingWindow } from '../../../../src/domain/account/sendingWindow.js';
import { Life } from '../../../support/life.js';
import { anAccount, at, c, m, must, r } from '../../../support/scenario.js';

type Step =
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'toMidnight'; readonly ms: number }
  | {
      readonly do: 'reserve';
      readonly leaseSeconds: number;
      readonly campaignId: CampaignId | undefined;
    }
  | { readonly do: 'deliver'; readonly nth: number }
  | {
      readonly do: 'fail';
      readonly nth: number;
      readonly kind: FailureKind;
      readonly retryAfterSeconds: number;
    }
  | { readonly do: 'observe'; readonly count: number; readonly agoMs: number }
  /** That many slots taken and given back: the day's grants have a cap, too (R3). */
  | { readonly do: 'churn'; readonly times: number }
  | { readonly do: 'hold' }
  | { readonly do: 'configure'; readonly change: PolicyChange };
export type Stage = {
  readonly name: string;
  readonly now: number;
  readonly policy: PolicyChange;
  readonly steps: readonly Step[];
  /** A ceiling that the account has learnt before (R25); `heldDays`: how long it cannot grow. */
  readonly ceiling: { readonly cap: number; readonly heldDays: number } | null;
};

const window: fc.Arbitrary<SendingWindow> = fc.constantFrom<SendingWindow>(
  { days: ['mon', 'tue', 'wed', 'thu', 'fri'], start: '09:00', end: '17:30' },
  { days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], start: '22:00', end: '02:30' },
  { days: ['sat', 'sun'], start: '01:15', end: '02:45' },
  { days: ['mon', 'thu', 'sat'], start: '18:30', end: '01:00' },
  { days: ['wed'], start: '00:00', end: '00:00' },
);
const zone = fc.constantFrom(
  'UTC',
  'America/New_York',
  'Europe/London',
  'Australia/Lord_Howe',
  'Africa/Cairo',
  'America/Santiago',
);
const pace: fc.Arbitrary<PolicyChange['pacing']> = fc.record({
  minGapSeconds: fc.constantFrom(1, 90, 5_400, 86_400),
  jitterPercent: fc.constantFrom(0, 50, 90),
  perHour: fc.constantFrom(undefined, 1, 2),
});
/** The campaign that may have a cap, and another one. */
export const CAMPAIGN = must(isCampaignId, 'k1');
const OTHER = must(isCampaignId, 'k2');
const capped = (dailyCap: number): PolicyChange['campaigns'] => [
  { campaignId: OTHER, dailyCap: 0 },
  { campaignId: CAMPAIGN, dailyCap },
];

const policy: fc.Arbitrary<PolicyChange> = fc.record({
  dailyCap: fc.constantFrom(1, 2, 3, 5, 7, null),
  weeklyCap: fc.constantFrom(null, null, 2, 4, 6, 9),
  ramp: fc.constantFrom(null, null, { dailyCaps: [1, 2, 3] }, { dailyCaps: [2, 6] }),
  sendingWindow: fc.oneof(
    { weight: 2, arbitrary: fc.constant(null) },
    { weight: 3, arbitrary: window },
  ),
  timezone: zone,
  pacing: fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: pace }),
  campaigns: fc.constantFrom(null, null, null, capped(1), capped(3)),
  velocity: fc.constantFrom(null, null, null, { factor: 1, floor: 1 }, { factor: 1.5, floor: 1 }),
});
const settings: fc.Arbitrary<PolicyChange> = fc.oneof(
  fc.record({ dailyCap: fc.constantFrom(0, 1, 4) }),
  fc.record({ weeklyCap: fc.constantFrom(0, 3, null) }),
  fc.record({ sendingWindow: window, timezone: zone }),
  fc.record({ pacing: pace }),
  fc.record({ campaigns: fc.constantFrom(null, capped(0), capped(2)) }),
  fc.record({ tier: fc.constantFrom('free' as const, 'free' as const, 'premium' as const) }),
);
const nth = fc.nat(3);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('reserve' as const),
      leaseSeconds: fc.constantFrom(60, 900, 900, 7_200, 86_400),
      campaignId: fc.constantFrom(CAMPAIGN, CAMPAIGN, OTHER, undefined),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('deliver' as const), nth }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('fail' as const),
      nth,
      kind: fc.constantFrom<FailureKind>(
        'unknown',
        'unknown',
        'rejected',
        'throttled',
        'no_credits',
      ),
      retryAfterSeconds: fc.constantFrom(0, 7_200, 100_000, 600_000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('observe' as const),
      count: fc.constantFrom(1, 1, 2, 4, 9),
      agoMs: fc.constantFrom(0, 0, HOUR_MS, DAY_MS),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.oneof(fc.nat(3 * HOUR_MS), fc.constantFrom(MINUTE_MS, 9 * HOUR_MS, DAY_MS)),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('toMidnight' as const),
      ms: fc.oneof(fc.integer({ min: -20 * MINUTE_MS, max: 20 * MINUTE_MS }), fc.constant(-1)),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('churn' as const),
      times: fc.constantFrom(19, 21, 21),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.oneof(
      { weight: 1, arbitrary: fc.constant<Step>({ do: 'hold' }) },
      {
        weight: 5,
        arbitrary: fc.record({ do: fc.constant('configure' as const), change: settings }),
      },
    ),
  },
);
export const stage: fc.Arbitrary<Stage> = fc.record({
  name: fc.constantFrom('acme', 'b', 'lord-howe', 'x1'),
  now: fc
    .tuple(
      fc.constantFrom(
        '03-05',
        '03-27',
        '04-02',
        '04-22',
        '09-04',
        '10-23',
        '10-28',
        '11-24',
        '12-30',
      ),
      fc.nat(DAY_MS - 1),
    )
    .map(([day, ms]) => at(`2026-${day}T00:00:00.000Z`) + ms),
  policy,
  steps: fc.array(step, { maxLength: 14 }),
  ceiling: fc.constantFrom(null, null, { cap: 1, heldDays: 0 }, { cap: 3, heldDays: 1 }),
});

let count = 0;
/** An id that no account has met. */
export const newId = (): string => `n${(count += 1)}`;

function played(life: Life, one: Step): Life {
  const { now, account } = life;
  if (one.do === 'wait') return life.until(now + one.ms);
  if (one.do === 'toMidnight') {
    return life.until(Math.max(now, startOf(dayOf(now) + 1) + one.ms));
  }
  if (one.do === 'reserve') return life.asks(newId(), one.leaseSeconds, one.campaignId);
  if (one.do === 'hold') return life.when(hold, { reason: 'x', actor: 'ada' });
  if (one.do === 'configure') return life.when(configure, one.change);
  if (one.do === 'churn') return churned(life, one.times);
  if (one.do === 'observe') {
    return Array.from({ length: one.count }).reduce<Life>((before) => {
      const id = newId();
      return before.when(observe, { chatId: c(id), messageId: m(id), sentAt: now - one.agoMs });
    }, life);
  }
  const open = account.slots.filter(isOpen);
  const slot = open[one.nth % Math.max(1, open.length)];
  // A report about an id that is not known has its effect, too (R5).
  const reservationId = slot?.reservationId ?? r(newId());
  if (one.do === 'deliver') return life.when(deliver, { reservationId, chatId: c(newId()) });
  const { kind, retryAfterSeconds } = one;
  return life.when(fail, { reservationId, kind, retryAfterSeconds });
}

const churned = (life: Life, times: number): Life =>
  Array.from({ length: times }).reduce<Life>((before) => {
    const asked = before.asks(newId());
    const slot = asked.isGranted ? asked.account.slots.at(-1) : undefined;
    const report = slot && { reservationId: slot.reservationId, kind: 'rejected' as const };
    return report ? asked.when(fail, report) : asked;
  }, life);

/** The account after all that has happened to it. */
export function livedThrough({ name, now, policy: set, steps, ceiling }: Stage): Life {
  const learntCap = ceiling !== null;
  const { entity } = anAccount({ accountId: must(isAccountId, name), ...set, learntCap }, { now });
  const learnt = ceiling && { cap: ceiling.cap, until: dayOf(now) + ceiling.heldDays };
  const begun = { ...entity, account: { ...entity.account, learnt } };
  return steps.reduce(played, Life.begin(begun, now));
}
