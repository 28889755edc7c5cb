/** Stories: what callers, clocks and machines may do to one account, as plain data. */
import fc from 'fast-check';
import type { RefCampaign, RefPacing, RefVelocity } from './kept.js';

const DAY = 86_400_000;
const MINUTE = 60_000;

export type Step =
  | { do: 'pass'; ms: number }
  | { do: 'toMidnight'; offsetMs: number }
  | {
      do: 'reserve';
      id: string;
      recipient: string | undefined;
      again: boolean;
      campaign: string | undefined;
      free: boolean;
      leaseSeconds: number;
      /** For how long the ask may wait; undefined: it wants its decision at once. */
      waitMs: number | undefined;
      priority: number;
    }
  | { do: 'withdraw'; id: string }
  /** The time passes until the line has to be served. */
  | { do: 'toTurn' }
  | { do: 'deliver'; id: string; chat: string; msg: string | undefined }
  | { do: 'fail'; id: string; kind: Kind; retryAfterSeconds: number }
  | { do: 'observe'; chat: string; msg: string; recipient: string | undefined; agoMs: number }
  | { do: 'settle'; id: string }
  | { do: 'credits'; balance: number; agoMs: number }
  | { do: 'reply'; chat: string; agoMs: number }
  | { do: 'configure'; change: Change }
  | { do: 'hold' }
  | { do: 'resume' }
  /** Everything goes through JSON, as continue-as-new does it. */
  | { do: 'continue' }
  | { do: 'save' }
  /** A new workflow, from the rows. */
  | { do: 'restart'; isClean: boolean };
type Kind = 'not_attempted' | 'rejected' | 'throttled' | 'no_credits' | 'restricted' | 'unknown';
type Change = {
  tier?: 'free' | 'premium' | 'sales_navigator';
  dailyCap?: number | null;
  weeklyCap?: number | null;
  ramp?: readonly number[] | null;
  creditsRenewOn?: number | null;
  pacing?: RefPacing | null;
  campaigns?: readonly RefCampaign[] | null;
  mode?: 'enforce' | 'shadow' | null;
  velocity?: RefVelocity | null;
  learntCap?: boolean | null;
};

const ids = Array.from({ length: 8 }, (_, i) => `r${i}`);
const id = fc.constantFrom(...ids, 'constructor', 'toString');
const chat = fc.constantFrom('c1', 'c2', 'c3', 'c4', 'c5', '__proto__');
const msg = fc.constantFrom('m1', 'm2', 'm3');
const recipient = fc.constantFrom('ann', 'ANN', 'bob', 'eve', undefined, undefined);
/** Most ids have one campaign, so that a repeated reserve is seldom a conflict. */
const campaign = fc.constantFrom('k1', 'k1', 'k1', 'k2', undefined);
const campaigns = fc.constantFrom<readonly RefCampaign[] | null>(
  [{ campaignId: 'k1', dailyCap: 1 }],
  [{ campaignId: 'k2', weight: 3 }],
  [
    { campaignId: 'k2', dailyCap: 0 },
    { campaignId: 'k1', dailyCap: 2 },
  ],
  [],
  null,
);
const velocity = fc.constantFrom<RefVelocity | null>(
  { factor: 1, floor: 1 },
  { factor: 1.5, floor: 1 },
  { factor: 2, floor: 2 },
  null,
);
const lease = fc.constantFrom(1, 60, 900, 7_200, 86_400);
const kind = fc.constantFrom<Kind>(
  'not_attempted',
  'rejected',
  'rejected',
  'unknown',
  'unknown',
  'throttled',
  'no_credits',
  'restricted',
);
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ dailyCap: fc.constantFrom(0, 1, 2, 3, 5, 26, null) }),
  fc.record({ weeklyCap: fc.constantFrom(1, 3, 6, 10, null) }),
  fc.record({ ramp: fc.constantFrom([1, 2, 3], [2, 4], null) }),
  fc.record({ creditsRenewOn: fc.constantFrom(15, 25, 31, null) }),
  fc.record({
    pacing: fc.constantFrom(
      { minGapSeconds: 60 },
      { minGapSeconds: 3_600, jitterPercent: 50 },
      { minGapSeconds: 1, perHour: 2 },
      { minGapSeconds: 86_400, jitterPercent: 90, perHour: 1 },
      null,
    ),
  }),
  fc.record({ campaigns }),
  fc.record({ mode: fc.constantFrom('shadow' as const, 'enforce' as const, null) }),
  fc.record({ velocity }),
  fc.record({ learntCap: fc.constantFrom(true, true, false, null) }),
  fc.record({
    tier: fc.constantFrom('free' as const, 'premium' as const, 'sales_navigator' as const),
  }),
);

export const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({
      do: fc.constant('reserve' as const),
      id,
      recipient,
      again: fc.boolean(),
      campaign,
      free: fc.constantFrom(false, false, false, true),
      leaseSeconds: lease,
      waitMs: fc.constantFrom(
        undefined,
        undefined,
        30 * MINUTE,
        10 * 60 * MINUTE,
        2 * DAY,
        9 * DAY,
      ),
      priority: fc.constantFrom(5, 5, 5, 0, 9),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('withdraw' as const), id }) },
  { weight: 2, arbitrary: fc.constant<Step>({ do: 'toTurn' }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('deliver' as const),
      id,
      chat,
      msg: fc.oneof(msg, fc.constant(undefined)),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('fail' as const),
      id,
      kind,
      retryAfterSeconds: fc.constantFrom(0, 10, 9_000, 900_000),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('observe' as const),
      chat,
      msg,
      recipient,
      agoMs: fc.constantFrom(
        -5_000,
        0,
        30_000,
        2 * MINUTE,
        DAY,
        2 * DAY,
        2 * DAY + 1,
        90 * DAY - MINUTE,
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('reply' as const),
      chat,
      agoMs: fc.constantFrom(-5_000, 0, 0, 1, 2 * MINUTE, DAY),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('settle' as const), id }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('credits' as const),
      balance: fc.constantFrom(0, 1, 2, 3, 70, 149),
      agoMs: fc.constantFrom(-5_000, 0, 0, 30 * MINUTE, DAY, 2 * DAY, 2 * DAY + 1),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('configure' as const), change }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Step>({ do: 'hold' }, { do: 'resume' }, { do: 'resume' }),
  },
  { weight: 2, arbitrary: fc.constantFrom<Step>({ do: 'continue' }, { do: 'save' }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('restart' as const), isClean: fc.boolean() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      ms: fc.constantFrom(
        1,
        999,
        1_000,
        10 * MINUTE,
        60 * MINUTE,
        5 * 60 * MINUTE,
        DAY,
        3 * DAY,
        9 * DAY,
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('toMidnight' as const),
      offsetMs: fc.constantFrom(-1, 0, 1, -500, 4_000),
    }),
  },
);

export const story = fc.record({
  /** 2026-11-29 is near the month's end, so that the breaker closes within a story. */
  begin: fc.constantFrom(Date.UTC(2026, 10, 29, 9), Date.UTC(2026, 11, 31, 23, 50)),
  tier: fc.constantFrom('premium' as const, 'sales_navigator' as const),
  dailyCap: fc.constantFrom(null, 2, 3, 4),
  weeklyCap: fc.constantFrom(null, null, 5, 8),
  ramp: fc.constantFrom(null, null, [1, 2], [2, 3, 4]),
  pacing: fc.constantFrom<RefPacing | null>(
    null,
    null,
    { minGapSeconds: 1, perHour: 1 },
    { minGapSeconds: 7_200 },
  ),
  campaigns: fc.oneof(
    { weight: 2, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: campaigns },
  ),
  velocity: fc.oneof(
    { weight: 2, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: velocity },
  ),
  learntCap: fc.constantFrom(true, null),
  steps: fc.array(step, { minLength: 1, maxLength: 80, size: 'max' }),
  mode: fc.oneof(
    { weight: 5, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.constant('shadow' as const) },
  ),
});
export type Story = Parameters<Parameters<typeof story.map>[0]>[0];
