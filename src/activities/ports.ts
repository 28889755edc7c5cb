/**
 * Everything that the workflows do to the world: types only. Each activity says why it is safe to
 * run twice, because Temporal will. Business times are arguments; none reads a clock for them
 * (R16).
 */
import type { Account } from '../domain/account/account.js';
import type { AccountId } from '../domain/primitives/ids.js';
import type { AccountRow, Entry } from '../domain/records/records.js';
import type {
  CommittedRun,
  Place,
  RanAnswer,
  ReadBack,
  ReadPart,
  StoredAccount,
  Write,
} from '../domain/records/snapshot.js';
import type { Instant, UtcDay } from '../domain/primitives/time.js';
import type { WindowIntervals, SendingWindow } from '../domain/account/sendingWindow.js';
import type { ManualEdit } from '../domain/account/manualEdit.js';
import type { RunMessage } from '../domain/entity/lastRunMessages.js';

/** Who may write an account's rows: the first run id of a workflow's chain (R14). */
export type Owner = string;

export type Claim = {
  readonly owner: Owner;
  /** What `readBack` found; null: no row. The claim fails where the row has moved since. */
  readonly found: { readonly owner: Owner; readonly version: number } | null;
  readonly row: AccountRow;
  /** The identity was compared before, by its spelling; absent: it was not. */
  readonly isAgain?: boolean;
  /** Absent in runs of older code. */
  readonly place?: Place;
};
export type Claimed =
  | { readonly claimed: false }
  /** `rivals`: other accounts of the same member, or an id that differs only in case (R13). */
  | { readonly claimed: true; readonly rivals: readonly string[] };

export type Save = {
  readonly owner: Owner;
  /** Absent from workflows of before 0.2. */
  readonly write?: Write;
  readonly row: AccountRow;
  /** At most 200, ascending. */
  readonly entries: readonly Entry[];
  /** The account needs a run after it: the audit of the fleet looks out for that run (R8). */
  readonly isHot: boolean;
  /** What of a hand's edits the workflow knows to be told (R14). */
  readonly handled: string | null;
  /** Absent in runs of older code. */
  readonly place?: Place;
};
export type Saved =
  /**
   * The rows are in Postgres. `foreign`: what the account's row held that nobody here wrote;
   * `known`: how many of the events the log had already, where there are any.
   */
  | {
      readonly saved: true;
      readonly refused: number;
      readonly foreign: ManualEdit | null;
      readonly known?: number;
    }
  /**
   * The row belongs to another owner, or is newer than this save: nothing was written (R14).
   * `lastWrite`: the number of the row's last write; not below this one's, it was a write of the
   * same workflow, of a task that was lost, or a later one.
   */
  | {
      readonly saved: false;
      readonly owner: Owner;
      readonly version: number;
      readonly lastWrite?: number;
    };

export type Run = Save & {
  readonly runId: string;
  /** As it stands with everything unsaved. */
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
/** `run`: null where the run was not committed, and never will be. */
export type Recalled =
  | { readonly saved: true; readonly run: CommittedRun | null }
  | Extract<Saved, { readonly saved: false }>;

export type LastRunAsk = {
  readonly accountId: AccountId;
  /** Where reading begins, and what the row includes. */
  readonly stored: Pick<StoredAccount, 'owner' | 'savedRunId' | 'runId' | 'runEvents'>;
  /** The run that asks, and the first of its chain. */
  readonly own: { readonly runId: string; readonly firstRunId: string };
  /** How many messages it has: the next portion begins after them. */
  readonly after: number;
};
export type LastRunPortion = {
  readonly heard: readonly RunMessage[];
  readonly isLast: boolean;
  /** Why some of the history cannot be read; null: it was read to its end. */
  readonly unread: string | null;
  readonly isClean: boolean;
};

export type AuditAsk = {
  readonly runId: string;
  readonly at: Instant;
  /** How far the database's clock is ahead of the workflows' (R16). */
  readonly skewMs: number;
};
/** What an audit found: numbers of accounts. */
export type Audited = {
  readonly checked: number;
  readonly drifting: number;
  readonly woken: number;
  /** Hot, and without a run for 20 minutes. */
  readonly silent: number;
  readonly lateResets: number;
  /** Connected, and without a workflow: started again. */
  readonly missing: number;
  /** To be woken, and not reached: the next audit finds them again. */
  readonly unreached: number;
  /** Whose workflow tasks fail. */
  readonly failing: number;
  /** Whose run could not be replayed: given up, and started again. */
  readonly restarted: number;
};

/** Tries of one sender of webhooks. */
export type WebhooksSent = { readonly delivered: number; readonly failed: number };

export interface Activities {
  /**
   * Reads what Postgres knows of an account, in one snapshot (R13).
   * Safe to run again: it only reads.
   */
  readBack(ask: {
    readonly accountId: AccountId;
    readonly day: UtcDay;
    /** Also alerts and changes above this number. */
    readonly after?: number;
    /** This part alone, of an answer that had it `left`; else as much as one answer takes. */
    readonly part?: ReadPart;
  }): Promise<ReadBack>;

  /**
   * Makes this chain of runs the owner of the account's row, and looks for rivals, under a lock.
   * Safe to run again: an owner that claims once more gets the same answer.
   */
  claim(claim: Claim): Promise<Claimed>;

  /**
   * Moves the account's row forward and writes what is not saved, in one transaction.
   * Safe to run again: a write that is committed already is answered as it was, one with a lower
   * number than the row's last write writes nothing, and each row is written under its number.
   */
  save(save: Save): Promise<Saved>;

  /**
   * Reconciles an account (R8), in one transaction: saves, puts up the fence of leases that are
   * over, reads the witnesses, decides (`domain/reconcile/reconcile.ts`), and writes heartbeat, corrections
   * and alerts. What it decided is for the workflow to apply.
   * Safe to run again: a run that is committed already is answered as it was.
   */
  reconcile(run: Run): Promise<Ran>;

  /**
   * Answers what a run has committed whose answer was lost; one that has not committed never will.
   * Safe to run again: it only raises the number of the row's last write.
   */
  recall(ask: Recall): Promise<Recalled>;

  /**
   * Reads what the closed runs of the account's last workflow took and did not save, out of their
   * history in Temporal (R13), in portions.
   * Safe to run again: it only reads.
   */
  readLastRun(ask: LastRunAsk): Promise<LastRunPortion>;

  /** Reads the database's clock. Safe to run again: it only reads. */
  readClock(): Promise<Instant>;

  /**
   * Audits the fleet (R8): reads all connected accounts beside the event log, wakes those whose
   * numbers disagree, starts those again that have no workflow or one that cannot be replayed,
   * raises and closes alerts, and leaves one heartbeat.
   * Safe to run again: a woken account reconciles itself once more and finds nothing, a workflow is
   * started once, alerts and heartbeat are written once a run.
   */
  auditFleet(ask: AuditAsk): Promise<Audited>;

  /**
   * Sends webhooks that are due, each endpoint's in order, for that long.
   * Safe to run again: what was taken is written down after each try; a try that nobody wrote down
   * is made again under the same id, and two senders never work at once.
   */
  sendWebhooks(ask: { readonly forMs: number }): Promise<WebhooksSent>;

  /**
   * Works out when a sending window is open, as UTC intervals (R11). Touches nothing.
   */
  expandWindow(ask: {
    readonly window: SendingWindow;
    readonly timezone: string;
    readonly from: Instant;
    /** How many days from `from` on. */
    readonly days: number;
  }): Promise<WindowIntervals>;
}
