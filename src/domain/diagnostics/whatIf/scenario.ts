/** Some weeks of an account, as they were, and what a replay makes of them. */
import type { Account, Cooldown } from '../../account/account.js';
import type { Policy } from '../../account/policy.js';
import type { EventRow, ReservationRow } from '../../records/records.js';
import type { Instant, UtcDay } from '../../primitives/time.js';
import type { WindowIntervals } from '../../account/sendingWindow.js';
import type { WrittenChange } from '../../records/changeLog.js';

export type Scenario = {
  /** As it was at the beginning. */
  readonly begun: Account;
  readonly from: Instant;
  readonly to: Instant;
  /** Reservations by when they were asked, as they ended. */
  readonly asks: readonly ReservationRow[];
  /** Of them, those that nobody had granted: no policy stops them. */
  readonly ungranted: ReadonlySet<string>;
  /** Those of before, as they ended. */
  readonly older: readonly ReservationRow[];
  readonly externals: readonly EventRow[];
  readonly changes: readonly WrittenChange[];
  /** Numbers that a hand or a start had put on the counter, and that a run found. */
  readonly shocks: readonly { readonly at: Instant; readonly count: number }[];
  readonly imports: readonly { readonly day: UtcDay; readonly count: number }[];
};
export type Rest = Cooldown & { readonly at: Instant; readonly reason: string };
export type Sent = { readonly reservationId: string; readonly at: Instant };
export type Played = {
  readonly grants: readonly Sent[];
  readonly cooldowns: readonly Rest[];
  /** What each day had left at its end. */
  readonly left: readonly { readonly day: UtcDay; readonly remaining: number }[];
};
/** When a window is open, worked out for the whole time. */
export type IntervalsFor = (policy: Policy) => WindowIntervals | null;
