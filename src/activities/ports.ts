/**
 * Everything that the workflows do to the world: types only. The comment of each activity states
 * why it is safe to run twice, because Temporal repeats activities. Business times are arguments:
 * no activity reads a clock for them (R16).
 */
import type { Account } from '../domain/account/account.js';
import type { AccountId, ChatId, RecipientId, ReservationId } from '../domain/primitives/ids.js';
import type { LoggedChat } from '../domain/commands/reply.js';
import type { AccountRow, Entry } from '../domain/records/records.js';
import type {
  CommittedRun,
  Place,
  RanAnswer,
  ReadBack,
  StoredAccount,
  Write,
} from '../domain/records/snapshot.js';
import type { ReadAsk } from '../domain/entity/atOnce.js';
import type { Instant, UtcDay } from '../domain/primitives/time.js';
import type { WindowIntervals, SendingWindow } from '../domain/account/sendingWindow.js';
import type { FromBackup } from '../domain/entity/endings.js';
import type { ManualEdit } from '../domain/account/counter.js';
import type { ClaimedContacts, ContactClaims, LeftClaim } from '../domain/fleet/contactClaims.js';
import type { BrakeChange } from '../domain/fleet/brake.js';
import type { RunMessage } from '../domain/entity/lastRunMessages.js';

/** The chain of runs that may write an account's rows, by its first run id (R14). */
export type Owner = string;

export type Claim = {
  readonly owner: Owner;
  /** The row that `readBack` found; null: no row. The claim fails if the row has changed since. */
  readonly found: { readonly owner: Owner; readonly version: number } | null;
  readonly row: AccountRow;
  /** True if the identity was compared before, by its spelling. */
  readonly isAgain?: boolean;
  /** Absent in runs of older code. */
  readonly place?: Place;
};
export type Claimed =
  | { readonly claimed: false }
  /** `rivals`: other accounts of the same member, or with an id that differs only in case (R13). */
  | { readonly claimed: true; readonly rivals: readonly string[] };

export type Save = {
  readonly owner: Owner;
  /** Absent from workflows older than 0.2. */
  readonly write?: Write;
  readonly row: AccountRow;
  /** At most 200, ascending. */
  readonly entries: readonly Entry[];
  /** True: nothing else is unsaved. Only if the account compares with its group (R20). */
  readonly isAll?: true;
  /**
   * The account needs a reconcile after this save: the fleet audit alerts if that reconcile is late
   * (R8).
   */
  readonly isHot: boolean;
  /** The id of the last manual edit that the workflow has recorded (R14). */
  readonly handled: string | null;
  /** Absent in runs of older code. */
  readonly place?: Place;
};
export type Saved =
  /**
   * The rows are in Postgres. `foreign`: a manual edit that the account's row contained. `known`:
   * how many of the events the log had already; absent for none.
   */
  | {
      readonly saved: true;
      readonly refused: number;
      readonly foreign: ManualEdit | null;
      readonly known?: number;
    }
  /**
   * The row belongs to another owner, or is newer than this save: nothing was written (R14).
   * `lastWrite`: the number of the row's last write. If it is not below the number of this write,
   * the same workflow wrote it, in a task that was lost or in a later one. `isRestored`: the row
   * lacks a write that was answered, because Postgres was restored from a backup.
   */
  | {
      readonly saved: false;
      readonly owner: Owner;
      readonly version: number;
      readonly lastWrite?: number;
      readonly isRestored?: true;
    };

/** The spread of midnight that the worker's setting asks for (R7); absent: the usual one. */
export type WithSpread = { readonly midnightSpreadMs?: number };

export type Run = Save & {
  readonly runId: string;
  /** The account with all unsaved changes. */
  readonly account: Account;
  readonly at: Instant;
};
export type Ran = RanAnswer | Extract<Saved, { readonly saved: false }>;

export type Recall = {
  readonly owner: Owner;
  readonly accountId: AccountId;
  readonly runId: string;
  readonly write: Write;
};
/** `run`: null if the reconcile was not committed; then it can never be committed later. */
export type Recalled =
  | { readonly saved: true; readonly run: CommittedRun | null }
  | Extract<Saved, { readonly saved: false }>;

export type LastRunAsk = {
  readonly accountId: AccountId;
  /** Where reading begins, and how much the row includes. */
  readonly stored: Pick<StoredAccount, 'owner' | 'savedRunId' | 'runId' | 'runEvents'> &
    Partial<Pick<StoredAccount, 'state' | 'updatedAt'>>;
  /** The run that asks, and the first of its chain. */
  readonly own: { readonly runId: string; readonly firstRunId: string };
  /** How many messages were read before: the next portion begins after them. */
  readonly after: number;
};
export type LastRunPortion = {
  readonly heard: readonly RunMessage[];
  readonly isLast: boolean;
  /** Why a part of the history cannot be read; null: it was read to its end. */
  readonly unread: string | null;
  readonly isClean: boolean;
  /** Absent if the rows are as the last workflow left them. */
  readonly backup?: FromBackup;
};

export type AuditAsk = {
  readonly runId: string;
  readonly at: Instant;
  /** How far the database's clock is ahead of the workflows' (R16). */
  readonly skewMs: number;
};
/** The result of an audit, as numbers of accounts. */
export type Audited = {
  readonly checked: number;
  readonly drifting: number;
  readonly woken: number;
  /** Hot, and without a reconcile for 20 minutes. */
  readonly silent: number;
  readonly lateResets: number;
  /** Connected, and without a workflow: started again. */
  readonly missing: number;
  /** To be woken, and not reached: the next audit finds them again. */
  readonly unreached: number;
  /** Their workflow tasks fail. */
  readonly failing: number;
  /** Their run could not be replayed: it was terminated, and the account started again. */
  readonly restarted: number;
};

/** How many tries of one sender of webhooks succeeded and failed. */
export type WebhooksSent = {
  readonly delivered: number;
  readonly failed: number;
  /** True if there is no endpoint. Older workers do not answer it. */
  readonly isIdle?: boolean;
};

/** A reservation that has contacted a recipient, or may have. */
export type FoundContact = {
  readonly recipient: number;
  readonly reservationId: ReservationId;
  readonly quotaDay: UtcDay;
};

export interface Activities {
  /**
   * Reads what Postgres knows of an account, in one snapshot (R13). A start that needs nothing else
   * for its decision gets the row claimed, too.
   * Safe to run again: it only reads, or claims as `claim` does.
   */
  readBack(ask: ReadAsk): Promise<ReadBack>;

  /**
   * Makes this chain of runs the owner of the account's row, and finds rivals, under a lock.
   * Safe to run again: an owner that claims again gets the same answer.
   */
  claim(claim: Claim): Promise<Claimed>;

  /**
   * Updates the account's row and writes what is not saved, in one transaction.
   * Safe to run again: a write that is committed already gets the same answer, a write with a lower
   * number than the row's last write writes nothing, and each row is written under its number.
   */
  save(save: Save): Promise<Saved & WithSpread>;

  /**
   * Reconciles an account (R8), in one transaction: saves, writes `void` rows for leases that have
   * ended, reads the evidence, decides (`domain/reconcile/reconcile.ts`), and writes heartbeat,
   * corrections and alerts. The workflow applies the decision.
   * Safe to run again: a reconcile that is committed already gets the same answer.
   */
  reconcile(run: Run): Promise<Ran & WithSpread>;

  /**
   * Returns what a reconcile has committed, if its answer was lost. A reconcile that is not
   * committed by then can never be. Safe to run again: it only raises the number of the row's last
   * write.
   */
  recall(ask: Recall): Promise<Recalled>;

  /**
   * Reads the messages that the account's last workflow took and did not save, from the history of
   * its closed runs in Temporal (R13), in portions.
   * Safe to run again: it only reads.
   */
  readLastRun(ask: LastRunAsk): Promise<LastRunPortion>;

  /** Reads the database's clock. Safe to run again: it only reads. */
  readClock(): Promise<Instant>;

  /**
   * Audits the fleet (R8): compares all connected accounts with the event log, wakes the accounts
   * whose numbers disagree, starts accounts again that have no workflow or a workflow that cannot
   * be replayed, raises and closes alerts, and writes one heartbeat.
   * Safe to run again: a woken account reconciles again and finds nothing, a workflow starts once,
   * and alerts and heartbeat are written once a run.
   */
  auditFleet(ask: AuditAsk): Promise<Audited>;

  /**
   * Sends due webhooks for that long, in order for each endpoint; ends if there is no endpoint.
   * Safe to run again: each try is recorded when it ends. A try that was not recorded is made again
   * under the same id, and two senders never work at once.
   */
  sendWebhooks(ask: { readonly forMs: number }): Promise<WebhooksSent>;

  /** Waits for an endpoint of webhooks, at most so long. Safe to run again: it only reads. */
  awaitEndpoint(ask: { readonly forMs: number }): Promise<{ readonly isThere: boolean }>;

  /**
   * Writes a change of the brake to its trace (R27).
   * Safe to run again: each brake has one row, and its release is written once.
   */
  noteBrake(change: BrakeChange): Promise<object>;

  /**
   * Executes an order on many accounts for a minute (R30).
   * Safe to run again: an account with an outcome is not asked again, and an account that was asked
   * without an outcome gets the same message with the same id.
   */
  runOrder(ask: { readonly orderId: string }): Promise<{ readonly isOver: boolean }>;

  /**
   * Finds the latest reservation of each recipient that is not released, since a quota day (R20).
   * `recipient` is the place in the ask. Safe to run again: it only reads.
   */
  findContacts(ask: {
    readonly accountId: AccountId;
    /** At most 200, or those of one batch. */
    readonly recipients: readonly RecipientId[];
    readonly since: UtcDay;
  }): Promise<{ readonly found: readonly FoundContact[] }>;

  /**
   * Claims recipients of the group for asks of this account, and finds who works with them (R20).
   * Safe to run again: the same ask renews its claim, and a late try replaces no later claim.
   */
  claimContacts(
    ask: ContactClaims & { readonly recipients: readonly RecipientId[] },
  ): Promise<ClaimedContacts & { readonly found: readonly FoundContact[] }>;

  /** Gives claims back. Safe to run again: a later claim of the account stays. */
  leaveContacts(ask: {
    readonly accountId: AccountId;
    readonly claims: readonly LeftClaim[];
  }): Promise<object>;

  /**
   * Finds, for each reply, the InMail of its chat, and if a reply in it is recorded (R24), in the
   * order of the ask. Safe to run again: it only reads.
   */
  findReplies(ask: {
    readonly accountId: AccountId;
    readonly replies: readonly { readonly chatId: ChatId; readonly at: Instant }[];
  }): Promise<{ readonly found: readonly LoggedChat[] }>;

  /**
   * Returns when a sending window is open, as UTC intervals (R11).
   * Safe to run again: it only computes.
   */
  expandWindow(ask: {
    readonly window: SendingWindow;
    readonly timezone: string;
    readonly from: Instant;
    /** How many days, beginning with `from`. */
    readonly days: number;
  }): Promise<WindowIntervals>;
}
