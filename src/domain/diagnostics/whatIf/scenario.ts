/** The past weeks of an account, and the result of their replay. */
import type { Account, Cooldown } from '../../account/account.js';
import type { Policy } from '../../account/policy.js';
import type { EventRow, ReservationRow } from '../../records/records.js';
import type { Instant, UtcDay } from '../../primitives/time.js';
import type { WindowIntervals } from '../../account/sendingWindow.js';
import type { WrittenChange } from '../../records/changeLog.js';

export type Scenario = {
  /** The account at the beginning. */
  readonly begun: Account;
  readonly from: Instant;
  readonly to: Instant;
  /** Reservations in the order of their reserves, with their outcomes. */
  readonly asks: readonly ReservationRow[];
  /** Ids of those that the account never granted: no policy stops them. */
  readonly ungranted: ReadonlySet<string>;
  /** Reservations from before the beginning, with their outcomes. */
  readonly older: readonly ReservationRow[];
  readonly externals: readonly EventRow[];
  readonly changes: readonly WrittenChange[];
  /** Additions to the counter by a manual edit or a start, which a reconcile found. */
  readonly shocks: readonly { readonly at: Instant; readonly count: number }[];
  readonly imports: readonly { readonly day: UtcDay; readonly count: number }[];
};
export type Pause = Cooldown & { readonly at: Instant; readonly reason: string };
export type Sent = { readonly reservationId: string; readonly at: Instant };
export type Played = {
  readonly grants: readonly Sent[];
  readonly cooldowns: readonly Pause[];
  /** The room that each day had left at its end. */
  readonly left: readonly { readonly day: UtcDay; readonly remaining: number }[];
};
/** Returns when a window is open, computed for the whole time. */
export type IntervalsFor = (policy: Policy) => WindowIntervals | null;
