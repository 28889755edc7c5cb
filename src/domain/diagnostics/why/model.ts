/** The input and the shape of the article about a gap (`why.ts`). */
import type { Account } from '../../account/account.js';
import type { AlertKind } from '../../account/alertKinds.js';
import type { EditedNow } from '../asOf/editedRow.js';
import type { GapCause } from '../../gap/breakdown.js';
import type { Stop } from './blockers.js';
import type { CustomerWords } from './customer.js';
import type { CanSend } from '../../wire/canSend.js';
import type { Evidence } from '../../records/snapshot.js';
import type { ReservationId } from '../../primitives/ids.js';
import type { Instant, UtcDay } from '../../primitives/time.js';

/** The rows of an account, read at one instant. */
export type WhyRows = {
  /** The account as its rows describe it (`accountFromRecords.ts`). */
  readonly account: Account;
  readonly row: {
    readonly version: number;
    /** Null: the row, and those of its reservations, are as they were saved (R14). */
    readonly edited: EditedNow | null;
    /** Null: the account is cold, so the fleet audit checks it (R8). */
    readonly hotSince: Instant | null;
  };
  readonly found: Evidence;
  readonly alerts: readonly {
    readonly kind: AlertKind;
    readonly day: UtcDay;
    readonly times: number;
    readonly raisedAt: Instant;
  }[];
  /** Reservations of the day whose caller contacted the recipient once more (R20). */
  readonly again: readonly ReservationId[];
  /** Grants of the day that the gate would have denied, by reason (R23). */
  readonly wouldDeny: readonly { readonly reason: string; readonly count: number }[];
  /** Corrections of the last 24 hours, newest first, with the sentences of the reconcile. */
  readonly corrections: readonly { readonly at: Instant; readonly sentences: readonly string[] }[];
};

export type WhyPart = {
  readonly text: string;
  /** The share of the gap; negative if the event log has more, 0 if neither had it. */
  readonly count: number;
  readonly cause: GapCause;
  readonly isNormal: boolean;
  /** When it changes next, if no message comes. Null: a proof, a person or an audit decides. */
  readonly changesAt: string | null;
  readonly reservations: readonly string[];
};
export type WhyContext = {
  readonly text: string;
  readonly kind:
    | Stop['kind']
    | 'unsaved'
    | 'edited'
    | 'carried'
    | 'external'
    | 'again'
    | 'shadow'
    | 'late'
    | 'alert'
    | 'correction';
  /** When it ends, if it ends automatically; otherwise when it began. */
  readonly at: string | null;
};
/** Plain JSON: the contract's instants and days as text. */
export type Why = {
  /** The day in the words of the account's owner; it names no id. */
  readonly customer: CustomerWords;
  /** Can it send? */
  readonly canSend: CanSend & { readonly line: string };
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
