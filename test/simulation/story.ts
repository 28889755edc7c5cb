/**
 * A story has all inputs of a world as plain data, which exist before the world begins. Each input has
 * its own seed for its details, so that the shrinker can leave out an input without changing others.
 */
import type { Ramp } from '../../src/domain/account/policy.js';
import type { PolicyChange } from '../../src/domain/commands/policyChange.js';
import type { SendingWindow, Weekday } from '../../src/domain/account/sendingWindow.js';
import { isCampaignId } from '../../src/domain/primitives/ids.js';
import { named } from './names.js';
import { Random } from './random.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const ACTIONS = [
  'send',
  'send what is rejected',
  'hand-sent',
  'bypass',
  'configure',
  'hold',
  'resume',
  'settle',
  'leave',
  'reconcile',
  'race',
  'edit',
  'delete',
  'otherProgram',
  'die before write',
  'die after write',
  'die in task',
  'stall',
  'terminate',
  'reset',
  'continue',
  'away',
  'answer lost',
  'commit lost',
  'late commit',
  'clock back',
  'credits',
  'reply',
] as const;
export type Action = (typeof ACTIONS)[number];
export type Input = {
  readonly at: number;
  readonly member: number;
  readonly action: Action;
  readonly seed: number;
};
/** The number that another system reports as sent, which may be wrong. */
export type Imported = { readonly inmailsSentToday?: number; readonly deliveredToday?: number };
export type Story = {
  readonly seed: number;
  readonly begin: number;
  readonly end: number;
  /** How each account starts, and whether it shares its identity with the one before. */
  readonly members: readonly {
    readonly policy: PolicyChange & Imported;
    readonly isTwin: boolean;
  }[];
  readonly inputs: readonly Input[];
};

/** How often each input happens, for an account and a day. */
const OFTEN: readonly (readonly [Action, number])[] = [
  ['hand-sent', 0.5],
  ['bypass', 0.25],
  ['configure', 0.35],
  ['hold', 0.12],
  ['resume', 0.25],
  ['settle', 0.4],
  ['leave', 0.1],
  ['reconcile', 0.3],
  ['race', 1.2],
  ['edit', 0.25],
  ['delete', 0.12],
  ['otherProgram', 0.03],
  ['die before write', 0.2],
  ['die after write', 0.4],
  ['die in task', 0.5],
  ['stall', 0.12],
  ['terminate', 0.16],
  ['reset', 0.04],
  ['continue', 0.3],
  ['away', 0.3],
  ['answer lost', 0.2],
  ['commit lost', 0.2],
  ['late commit', 0.2],
  ['clock back', 0.12],
];

/** Returns the story of a seed: 3 account-days, of one account or of three. */
export function storyOf(seed: number): Story {
  const random = new Random(seed);
  // Most stories are near the end of a month, so that a breaker ends within the story.
  const firstDay = Date.UTC(2026, 10, 23) / DAY + random.pick([0, 5, 6, 7, 7]);
  const begin = firstDay * DAY + random.pick([0, 1, 9, 9, 15]) * HOUR;
  const shape = random.pick([
    [1, 3],
    [1, 3],
    [1, 3],
    [3, 1],
  ]);
  const [members = 1, days = 3] = shape;
  const end = begin + days * DAY;
  const inputs: Input[] = [];
  const isChurning = random.chance(0.04);
  for (let member = 0; member < members; member += 1) {
    const at = (): number => begin + MINUTE + Math.floor(random.next() * (end - begin));
    for (const time of sendTimes(random, begin, days)) {
      inputs.push({ at: time, member, action: 'send', seed: random.seed() });
    }
    const rejected = isChurning ? 32 : 0;
    for (let n = 0; n < rejected; n += 1) {
      const action = 'send what is rejected';
      inputs.push({ at: begin + 2 * HOUR + n * 2 * MINUTE, member, action, seed: random.seed() });
    }
    for (const [action, often] of OFTEN) {
      for (let left = often * days; random.chance(left); left -= 1) {
        inputs.push({ at: at(), member, action, seed: random.seed() });
      }
    }
  }
  inputs.push(...creditsOf(seed, members, begin, end));
  inputs.sort((a, b) => a.at - b.at);
  const starts = Array.from({ length: members }, (_, n) => ({
    policy: {
      ...policyOf(random),
      ...importedOf(random),
      campaigns: campaignsOf(seed + n),
      mode: modeOf(seed + n),
      velocity: velocityOf(seed + n),
      learntCap: learntOf(seed + n),
    },
    isTwin: n > 0 && random.chance(0.15),
  }));
  return { seed, begin, end, members: starts, inputs };
}

/** Balances of credits and replies, in every seventh seed; the other seeds have the same worlds as without them. */
function creditsOf(seed: number, members: number, begin: number, end: number): Input[] {
  if (seed % 7 !== 3) return [];
  const random = new Random(seed + 1);
  return Array.from({ length: members * 10 }, (_, n) => {
    const at = begin + MINUTE + Math.floor(random.next() * (end - begin));
    const action = n < members * 4 ? 'credits' : 'reply';
    return { at, member: n % members, action, seed: random.seed() };
  });
}

/** Returns sends: single, in bursts, and around midnight. */
function sendTimes(random: Random, begin: number, days: number): number[] {
  const times: number[] = [];
  for (let day = 0; day < days; day += 1) {
    const start = begin + day * DAY;
    const midnight = Math.ceil((start + 1) / DAY) * DAY;
    for (let n = random.between(3, 10); n > 0; n -= 1) {
      times.push(start + Math.floor(random.next() * DAY));
    }
    for (let n = random.between(0, 4); n > 0; n -= 1) {
      times.push(midnight + random.between(-12 * MINUTE, 3 * MINUTE));
    }
    if (random.chance(0.5)) {
      const burst = start + Math.floor(random.next() * DAY);
      for (let n = random.between(2, 5); n > 0; n -= 1)
        times.push(burst + random.between(0, 1_500));
    }
  }
  return times;
}

function importedOf(random: Random): Imported {
  if (!random.chance(0.12)) return {};
  const deliveredToday = random.between(0, 2);
  return { inmailsSentToday: deliveredToday + random.pick([0, 0, 1, 9]), deliveredToday };
}

const ALL: readonly Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const DAYTIME: SendingWindow = { days: ALL, start: '08:00', end: '19:00' };
const NIGHTS: SendingWindow = { days: ['mon', 'tue', 'sun'], start: '22:00', end: '02:00' };
const STEEP: Ramp = { dailyCaps: [1, 2, 4] };
const SHORT: Ramp = { dailyCaps: [2, 3] };
const FLAT: Ramp = { dailyCaps: [3, 5, 8] };

const SLOW: PolicyChange['pacing'] = { minGapSeconds: 1_200, jitterPercent: 50 };
const HOURLY: PolicyChange['pacing'] = { minGapSeconds: 1, perHour: 2 };

const K1 = named(isCampaignId, 'k1');
const K2 = named(isCampaignId, 'k2');
const SMALL: PolicyChange['campaigns'] = [{ campaignId: K1, dailyCap: 1 }];
const STOPPED: PolicyChange['campaigns'] = [
  { campaignId: K2, dailyCap: 0 },
  { campaignId: K1, dailyCap: 3 },
];

const WEIGHTED: PolicyChange['campaigns'] = [
  { campaignId: K1, weight: 3 },
  { campaignId: K2, weight: 2 },
];

/** Every tenth seed has caps of campaigns, and every fifth seed has weights. */
const campaignsOf = (seed: number): PolicyChange['campaigns'] => {
  if (seed % 5 === 1) return WEIGHTED;
  return seed % 10 === 0 ? (seed % 20 === 0 ? SMALL : STOPPED) : null;
};

/** Every tenth seed begins in shadow mode, and a change may end it. */
const modeOf = (seed: number): PolicyChange['mode'] => (seed % 10 === 5 ? 'shadow' : null);
/** Every tenth seed has a velocity, as with the caps of campaigns. */
const velocityOf = (seed: number): PolicyChange['velocity'] =>
  seed % 10 === 3 ? { factor: 1.5, floor: 1 } : null;

/** Two of ten seeds have a learnt ceiling. */
const learntOf = (seed: number): PolicyChange['learntCap'] =>
  seed % 10 === 7 || seed % 10 === 1 ? true : null;

function policyOf(random: Random): PolicyChange {
  const isFree = random.chance(0.03);
  return {
    tier: isFree ? 'free' : random.pick(['premium', 'sales_navigator', 'recruiter']),
    dailyCap: isFree ? null : random.pick([2, 3, 4, 6, 8, 8, null]),
    weeklyCap: isFree || random.chance(0.8) ? null : random.between(3, 9),
    ramp: !isFree && random.chance(0.2) ? random.pick([STEEP, SHORT, FLAT]) : null,
    sendingWindow: random.chance(0.15) ? random.pick([DAYTIME, NIGHTS]) : null,
    pacing: random.chance(0.2) ? random.pick([SLOW, HOURLY]) : null,
  };
}

/** Returns a change of the policy during the day. */
export function changeOf(random: Random): PolicyChange {
  const which = random.next();
  if (which < 0.3) return { dailyCap: random.pick([0, 1, 2, 5, 8, null]) };
  if (which < 0.45) return { weeklyCap: random.pick([3, 6, 10, null]) };
  if (which < 0.6) return { ramp: random.pick([STEEP, SHORT, null]) };
  if (which < 0.75) return { sendingWindow: random.pick([DAYTIME, NIGHTS, null]) };
  if (which < 0.85) return { pacing: random.pick([SLOW, HOURLY, null]) };
  if (which < 0.88) return { campaigns: random.pick([SMALL, STOPPED, null]) };
  if (which < 0.91) return { mode: random.pick(['enforce', 'shadow']) };
  return { tier: random.pick(['free', 'premium', 'sales_navigator']) };
}
