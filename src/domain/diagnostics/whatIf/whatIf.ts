/**
 * "What would another cap have done?" (R17): the reserves of some weeks, replayed by the gate under
 * another policy (`simulate.ts`), compared with what really happened.
 */
import type { Account } from '../../account/account.js';
import type { DenialReason } from '../../gate/gate.js';
import type { IntervalsFor, Scenario, Played, Pause } from './scenario.js';
import { replay } from './simulate.js';
import { changedPolicy, raisedCap, type PolicyChange } from '../../commands/policyChange.js';
import {
  dayOf,
  isoDay,
  isoInstant,
  MINUTE_MS,
  type Instant,
  type UtcDay,
} from '../../primitives/time.js';
import { policyWire, type PolicyWire } from '../../commands/policyAnswer.js';
import { accountAt, type PastRows } from '../asOf/accountAt.js';
import type { Refusal } from '../../account/refusals.js';
import { eventsOf } from '../../records/changeLog.js';

export type PauseWire = { readonly at: string; readonly until: string; readonly cause: string };
export type WhatIfDay = {
  readonly day: string;
  /** Sends that asked on that day and were granted then. */
  readonly asked: number;
  /** Sends that the replay grants on that day, including those that had waited. */
  readonly granted: number;
  /** Sends that asked on that day and would have waited. */
  readonly deferred: number;
  /** Denials of that day for lack of room or outside the window; a send may ask repeatedly. */
  readonly denied: number;
  /** Denied sends that had room: `denied` or the room left, whichever is smaller. */
  readonly mayAlsoGo: number;
};
/** Plain JSON: the contract's instants and days as text. */
export type WhatIf = {
  readonly accountId: string;
  readonly from: string;
  readonly to: string;
  /** The policy of the replay: the one at the beginning, with the change. */
  readonly policy: PolicyWire;
  readonly asked: number;
  readonly onTime: number;
  readonly deferred: number;
  /** Deferred sends without a grant at the end. */
  readonly stillWaiting: number;
  /** How long sends waited for a later grant, in minutes; null: no send did. */
  readonly deferredMinutes: { readonly median: number; readonly longest: number } | null;
  readonly cooldowns: {
    readonly were: readonly PauseWire[];
    readonly would: readonly PauseWire[];
    readonly avoided: number;
    readonly caused: number;
  };
  readonly days: readonly WhatIfDay[];
  readonly notes: readonly string[];
};
export type WhatIfRows = Omit<Scenario, 'begun'> & {
  /** The rows at the beginning. */
  readonly past: PastRows;
  /** Denials of closed days, by reason. */
  readonly denials: readonly {
    readonly day: UtcDay;
    readonly denials: { readonly [reason: string]: number };
  }[];
  readonly notes: readonly string[];
};

export function whatIfOf(
  rows: WhatIfRows,
  change: PolicyChange,
  openingsFor: IntervalsFor,
): WhatIf | Refusal {
  const { from, to, notes } = rows;
  const begun = begunAt(rows.past, from);
  const raised = raisedCap(begun.policy, change);
  if (raised) return { refused: 'CapAboveSafeBand', message: raised };
  const played = replay({ ...rows, begun }, change, openingsFor);
  const sends = sendsOf(rows, played);
  const late = sends.filter(({ grantedAt, askedAt }) => grantedAt === null || grantedAt > askedAt);
  const waits = late
    .flatMap(({ grantedAt, askedAt }) => (grantedAt === null ? [] : [grantedAt - askedAt]))
    .toSorted((a, b) => a - b);
  return {
    accountId: begun.accountId,
    from: isoInstant(from),
    to: isoInstant(to),
    policy: policyWire(changedPolicy(begun.policy, { ...change, mode: 'enforce' })),
    asked: sends.length,
    onTime: sends.length - late.length,
    deferred: late.length,
    stillWaiting: late.filter(({ grantedAt }) => grantedAt === null).length,
    deferredMinutes:
      waits.length === 0
        ? null
        : {
            median: minutes(waits[Math.floor(waits.length / 2)] ?? 0),
            longest: minutes(waits.at(-1) ?? 0),
          },
    cooldowns: compared(pausesOf(rows, begun), played.cooldowns),
    days: daysOf(rows, sends, played),
    notes,
  };
}

/** Returns the account at the beginning; before its first kept row, with that row's settings. */
function begunAt(rows: PastRows, from: Instant): Account {
  const { base } = rows;
  if (base.updatedAt <= from) return accountAt(rows, from);
  const counts = { external: 0, imported: 0, unexplained: 0, cooledAtCounter: 0 };
  const stops = { cooldowns: [], hold: null, breakerUntil: null, state: 'connected' } as const;
  const bare = { ...base, ...counts, ...stops, day: dayOf(from), updatedAt: from };
  return { ...accountAt({ ...rows, base: bare, changes: [] }, from), learnt: null };
}

const minutes = (ms: number): number => Math.ceil(ms / MINUTE_MS);

type Send = { readonly askedAt: number; readonly grantedAt: number | null };

function sendsOf({ asks, from, to }: WhatIfRows, { grants }: Played): readonly Send[] {
  const grantedAt = new Map(grants.map(({ reservationId, at }) => [reservationId, at]));
  return asks
    .filter(({ reservedAt }) => reservedAt >= from && reservedAt < to)
    .map(({ reservationId, reservedAt }) => ({
      askedAt: reservedAt,
      grantedAt: grantedAt.get(reservationId) ?? null,
    }));
}

/** Returns the cooldowns that really happened. */
const pausesOf = ({ changes, from, to }: WhatIfRows, begun: Account): readonly Pause[] =>
  changes
    .filter(({ at }) => at >= from && at < to)
    .flatMap((change) =>
      eventsOf(change, begun).flatMap((event) =>
        event.type === 'CooldownStarted'
          ? [{ ...event.cooldown, at: change.at, reason: event.reason }]
          : [],
      ),
    );

/**
 * Compares the cooldowns. Two are the same if they have one cause and overlap, or if LinkedIn asked
 * for both because of one send.
 */
function compared(were: readonly Pause[], would: readonly Pause[]): WhatIf['cooldowns'] {
  const isSame = (one: Pause, other: Pause): boolean =>
    one.cause === other.cause &&
    ((one.at < other.until && other.at < one.until) ||
      (one.cause === 'throttled' && one.reason === other.reason));
  const isIn = (one: Pause, others: readonly Pause[]): boolean =>
    others.some((other) => isSame(one, other));
  return {
    were: were.map(pauseWire),
    would: would.map(pauseWire),
    avoided: were.filter((one) => !isIn(one, would)).length,
    caused: would.filter((one) => !isIn(one, were)).length,
  };
}
const pauseWire = ({ at, until, cause }: Pause): PauseWire => ({
  at: isoInstant(at),
  until: isoInstant(until),
  cause,
});

const FOR_ROOM: readonly string[] = [
  'campaign_cap',
  'weekly_cap',
  'ramp_cap',
  'velocity_cap',
  'learnt_cap',
  'daily_cap',
  'outside_window',
  'paced',
] satisfies readonly DenialReason[];

function daysOf(rows: WhatIfRows, sends: readonly Send[], played: Played): readonly WhatIfDay[] {
  const days: WhatIfDay[] = [];
  for (let day = dayOf(rows.from); day <= dayOf(rows.to - 1); day += 1) {
    const asked = sends.filter(({ askedAt }) => dayOf(askedAt) === day);
    const counts = rows.denials.find((one) => one.day === day)?.denials ?? {};
    const denied = Object.entries(counts).reduce(
      (sum, [reason, count]) => sum + (FOR_ROOM.includes(reason) ? count : 0),
      0,
    );
    const left = played.left.find((one) => one.day === day)?.remaining ?? 0;
    days.push({
      day: isoDay(day),
      asked: asked.length,
      granted: sends.filter(({ grantedAt }) => grantedAt !== null && dayOf(grantedAt) === day)
        .length,
      deferred: asked.filter(({ grantedAt, askedAt }) => grantedAt !== askedAt).length,
      denied,
      mayAlsoGo: Math.min(denied, left),
    });
  }
  return days;
}
