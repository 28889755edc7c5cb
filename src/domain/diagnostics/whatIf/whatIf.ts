/**
 * "What would another cap have done?" (R17): the asks of some weeks, replayed by the gate under
 * another policy (`replay.ts`), beside what they really did.
 */
import type { Account } from '../../account/account.js';
import type { DenialReason } from '../../gate/gate.js';
import type { IntervalsFor, Scenario, Played, Rest } from './scenario.js';
import { replay } from './simulate.js';
import { changedPolicy, raisedCap, type PolicyChange } from '../../commands/administer.js';
import {
  dayOf,
  isoDay,
  isoInstant,
  MINUTE_MS,
  type Instant,
  type UtcDay,
} from '../../primitives/time.js';
import { policyWire, type PolicyWire } from '../../wire/responses.js';
import { accountAt, type PastRows } from '../asOf/accountAt.js';
import type { Refusal } from '../../account/refusals.js';
import { eventsOf } from '../../records/changeLog.js';

export type RestWire = { readonly at: string; readonly until: string; readonly cause: string };
export type WhatIfDay = {
  readonly day: string;
  /** Sends that asked on that day and were granted then. */
  readonly asked: number;
  /** Sends that would have been granted on that day, those that had waited included. */
  readonly granted: number;
  /** Of those asked, how many would have waited. */
  readonly deferred: number;
  /** Denials of that day for want of room or an open window; one send may have asked often. */
  readonly denied: number;
  /** So many of these could have gone: the smaller of them and of the room that was left. */
  readonly mayAlsoGo: number;
};
/** Plain JSON: the contract's instants and days as text. */
export type WhatIf = {
  readonly accountId: string;
  readonly from: string;
  readonly to: string;
  /** What was tried: the policy at the beginning, with the change. */
  readonly policy: PolicyWire;
  readonly asked: number;
  readonly onTime: number;
  readonly deferred: number;
  /** Of those deferred, what had not been granted by the end. */
  readonly stillWaiting: number;
  /** Of those that were granted later, in minutes; null: there was none. */
  readonly deferredMinutes: { readonly median: number; readonly longest: number } | null;
  readonly cooldowns: {
    readonly were: readonly RestWire[];
    readonly would: readonly RestWire[];
    readonly avoided: number;
    readonly caused: number;
  };
  readonly days: readonly WhatIfDay[];
  readonly notes: readonly string[];
};
export type WhatIfRows = Omit<Scenario, 'begun'> & {
  /** As of the beginning. */
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
    policy: policyWire(changedPolicy(begun.policy, change)),
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
    cooldowns: compared(restsOf(rows, begun), played.cooldowns),
    days: daysOf(rows, sends, played),
    notes,
  };
}

/** The account at the beginning; before its rows were kept, as it was set when they began. */
function begunAt(rows: PastRows, from: Instant): Account {
  const { base } = rows;
  if (base.updatedAt <= from) return accountAt(rows, from);
  const counts = { external: 0, imported: 0, unexplained: 0, cooledAtCounter: 0 };
  const stops = { cooldowns: [], hold: null, breakerUntil: null, state: 'connected' } as const;
  const bare = { ...base, ...counts, ...stops, day: dayOf(from), updatedAt: from };
  return accountAt({ ...rows, base: bare, changes: [] }, from);
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

/** The cooldowns that there were. */
const restsOf = ({ changes, from, to }: WhatIfRows, begun: Account): readonly Rest[] =>
  changes
    .filter(({ at }) => at >= from && at < to)
    .flatMap((change) =>
      eventsOf(change, begun).flatMap((event) =>
        event.type === 'CooldownStarted'
          ? [{ ...event.cooldown, at: change.at, reason: event.reason }]
          : [],
      ),
    );

/** One of the same cause that overlaps is the same one, as is a pause asked for the same send. */
function compared(were: readonly Rest[], would: readonly Rest[]): WhatIf['cooldowns'] {
  const isSame = (one: Rest, other: Rest): boolean =>
    one.cause === other.cause &&
    ((one.at < other.until && other.at < one.until) ||
      (one.cause === 'throttled' && one.reason === other.reason));
  const isIn = (one: Rest, others: readonly Rest[]): boolean =>
    others.some((other) => isSame(one, other));
  return {
    were: were.map(restWire),
    would: would.map(restWire),
    avoided: were.filter((one) => !isIn(one, would)).length,
    caused: would.filter((one) => !isIn(one, were)).length,
  };
}
const restWire = ({ at, until, cause }: Rest): RestWire => ({
  at: isoInstant(at),
  until: isoInstant(until),
  cause,
});

const FOR_ROOM: readonly string[] = [
  'weekly_cap',
  'ramp_cap',
  'daily_cap',
  'outside_window',
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
