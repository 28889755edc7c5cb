/** What the article about a gap is written from, and what it is (`why.ts`). */
import type { Account } from '../../account/account.js';
import type { AlertKind } from '../../account/alertKinds.js';
import type { GapCause } from '../../gap/breakdown.js';
import type { Stop } from './blockers.js';
import type { Evidence } from '../../records/snapshot.js';
import type { Instant, UtcDay } from '../../primitives/time.js';

/** What an account's rows say, read at one instant. */
export type WhyRows = {
  /** As its rows tell it (`accountFromRecords.ts`). */
  readonly account: Account;
  readonly row: {
    readonly version: number;
    readonly day: UtcDay;
    readonly counter: number;
    /** Another than a save has written it, or one of its reservations (R14). */
    readonly isEdited: boolean;
    /** Null: it is cold, and the audit looks after it (R8). */
    readonly hotSince: Instant | null;
  };
  readonly found: Evidence;
  readonly alerts: readonly {
    readonly kind: AlertKind;
    readonly day: UtcDay;
    readonly times: number;
    readonly raisedAt: Instant;
  }[];
  /** Of the last 24 hours, newest first; `sentences` as the run wrote them. */
  readonly corrections: readonly { readonly at: Instant; readonly sentences: readonly string[] }[];
};

export type WhyPart = {
  readonly text: string;
  /** How much of the gap; negative where the event log has more, 0 where neither had it. */
  readonly count: number;
  readonly cause: GapCause;
  readonly isNormal: boolean;
  /** Null: only a proof, a person or the next run can tell. */
  readonly rightAt: string | null;
  readonly reservations: readonly string[];
};
export type WhyContext = {
  readonly text: string;
  readonly kind:
    Stop['kind'] | 'unsaved' | 'edited' | 'carried' | 'external' | 'late' | 'alert' | 'correction';
  /** When it ends, where it ends by itself; else when it came. */
  readonly at: string | null;
};
/** Plain JSON: the contract's instants and days as text. */
export type Why = {
  readonly accountId: string;
  readonly asOf: string;
  readonly quotaDay: string;
  readonly counter: number;
  /** Rows of that day in the event log, external ones included. */
  readonly logged: number;
  readonly headline: string;
  /** They add up to `counter` less `logged`. */
  readonly parts: readonly WhyPart[];
  readonly beside: readonly WhyContext[];
};
