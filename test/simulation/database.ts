/**
 * The Postgres of one account, as src/postgres and src/activities/account.ts use it. Rows have keys,
 * and only a higher number changes a row. Only its owner changes the account's row, and never to an
 * older version (R14). The journal has open transactions, and `void` rows as a fence (R6).
 */
import type { Account, FailureKind, Slot } from '../../src/domain/account/account.js';
import type { ReservationId } from '../../src/domain/primitives/ids.js';
import type { Verdict } from '../../src/domain/reconcile/reconcile.js';
import type {
  AccountRow,
  DayRow,
  Entry,
  EventRow,
  ReservationRow,
  WaitingRow,
} from '../../src/domain/records/records.js';
import type {
  Attempt,
  CommittedRun,
  ReadBack,
  Evidence,
  Write,
} from '../../src/domain/records/snapshot.js';
import type { Saved } from '../../src/activities/ports.js';
import type { Domain } from '../support/domain.js';
import type { ManualEdit } from '../../src/domain/account/counter.js';

/** A row and the number of its write. */
type Numbered<Row> = { readonly row: Row; readonly number: number };
/** A row of the journal. While `isOpen`, only its transaction sees the row. */
type Journaled = Attempt & { readonly isOpen: boolean };
export type Request = {
  readonly owner: string;
  readonly row: AccountRow;
  readonly entries: readonly Entry[];
  readonly handled: string | null;
  /** A run that changes nothing has no number. */
  readonly write?: Write;
};
export type RunRequest = Request & {
  readonly runId: string;
  readonly account: Account;
  readonly at: number;
};
export type RunAnswer =
  | Extract<Saved, { saved: false }>
  | {
      readonly saved: true;
      readonly verdict: Verdict;
      readonly found: Evidence;
      readonly foreign: ManualEdit | null;
      /** It was committed before. */
      readonly isAgain: boolean;
    };

const REMEMBERED = 2;

export class Database {
  #row: AccountRow | null = null;
  owner = '';
  #ownerVersion = 0;
  #last: Write = { number: 0, mark: '' };
  #lastRun: (CommittedRun & { readonly ran: Extract<RunAnswer, { saved: true }> }) | null = null;
  /** Columns that were edited manually since the last save; null if none were. */
  edited: readonly string[] | null = null;
  /** The manual edit, until the workflow knows the run that reported it. */
  #edits: ManualEdit | null = null;
  #editCount = 0;
  readonly reservations = new Map<string, Numbered<ReservationRow>>();
  readonly attempts = new Map<string, Journaled>();
  readonly events: EventRow[] = [];
  readonly days = new Map<number, Numbered<DayRow>>();
  readonly waiting = new Map<string, Numbered<WaitingRow>>();
  /** The chats with a recorded reply (R24). */
  readonly replies = new Set<string>();
  /** Increases with each change that an audit could find. */
  changes = 0;
  readonly alerts = new Map<string, number>();
  readonly #proofs = new Set<string>();
  readonly #keys = new Set<string>();
  #highest = 0;

  /** The account's row; null if there is none. */
  get account(): AccountRow | null {
    return this.#row;
  }

  readBack(day: number): ReadBack {
    const row = this.#row;
    const account = row && { ...row, owner: this.owner, ownerVersion: this.#ownerVersion };
    const since = Math.min(day, account?.day ?? day);
    const closed = [...this.days.values()]
      .map(({ row: one }) => one)
      .filter(({ quotaDay }) => quotaDay > since - 7 && quotaDay < day);
    return {
      account,
      highestNumber: this.#highest,
      reservations: this.#reservationsOf(since),
      attempts: this.#attemptsOf(day),
      events: this.#eventsOf(day),
      days: closed,
      lastWrite: this.#last.number,
      lastRun: this.#lastRun,
      waiting: this.#waitingOf(),
      later: { alerts: [], changes: [] },
    };
  }

  /** Asks that wait, and granted ones whose slot is in flight (R21). */
  #waitingOf(): WaitingRow[] {
    const isOpen = ({ row }: Numbered<WaitingRow>): boolean => {
      if (row.state === 'waiting') return true;
      const slot = this.reservations.get(row.reservationId)?.row;
      const isIts = slot?.state === 'in_flight' && slot.reservedAt >= row.askedAt;
      return row.state === 'granted' && isIts;
    };
    return [...this.waiting.values()]
      .filter(isOpen)
      .toSorted((a, b) => a.row.askedAt - b.row.askedAt || a.number - b.number)
      .map(({ row }) => row);
  }

  #reservationsOf(since: number): ReservationRow[] {
    const found: Numbered<ReservationRow>[] = [];
    for (const one of this.reservations.values()) {
      const { quotaDay, state, carriedInto } = one.row;
      const isKnown = quotaDay >= since - REMEMBERED || state === 'in_flight';
      if (isKnown || (carriedInto ?? 0) >= since) found.push(one);
    }
    return found
      .toSorted((a, b) => a.row.reservedAt - b.row.reservedAt || a.number - b.number)
      .map(({ row }) => row);
  }

  #attemptsOf(day: number): Attempt[] {
    const found: Attempt[] = [];
    for (const row of this.attempts.values()) {
      if (row.isOpen) continue;
      const isOldAndOpen =
        row.quotaDay < day - REMEMBERED &&
        this.reservations.get(row.reservationId)?.row.state === 'in_flight';
      if (row.quotaDay >= day - REMEMBERED || isOldAndOpen) found.push(row);
    }
    return found;
  }

  #eventsOf(day: number): EventRow[] {
    return this.events.filter(
      ({ quotaDay, reservationId }) =>
        quotaDay >= day - REMEMBERED ||
        this.reservations.get(reservationId ?? '')?.row.state === 'in_flight',
    );
  }

  /** Returns true if `owner` may now write the row. */
  claim(
    row: AccountRow,
    owner: string,
    found: { readonly owner: string; readonly version: number } | null,
  ): boolean {
    const stored = this.#row;
    if (stored) {
      const isFound = found !== null && this.owner === found.owner;
      const isMine = this.owner === owner || (isFound && stored.version === found.version);
      if (stored.version > row.version || !isMine) return false;
    }
    const isAgain = stored !== null && this.owner === owner && found === null;
    if (!isAgain) this.#ownerVersion = row.version;
    this.owner = owner;
    this.#row = row;
    this.edited = null;
    this.changes += 1;
    return true;
  }

  save({ owner, row, entries, handled, write }: Request): Saved {
    const stored = this.#row;
    const isMet = write !== undefined && this.owner === owner && this.#last.number >= write.number;
    if (isMet && this.#last.number === write.number && this.#last.mark === write.mark) {
      const foreign = this.#edits?.id === handled ? null : this.#edits;
      return { saved: true, refused: 0, foreign };
    }
    if (!stored || isMet || this.owner !== owner || stored.version > row.version) {
      return this.#refused(owner);
    }
    if (write) this.#last = write;
    const columns = this.edited?.filter((name) => isDifferent(name, stored, row));
    const known = this.#edits?.id === handled ? null : this.#edits;
    const foreign = columns ? joined(this.#found(stored, columns), known) : known;
    this.#edits = foreign;
    this.#row = row;
    this.edited = null;
    this.changes += 1;
    const logged = this.events.length;
    for (const entry of entries) this.#write(entry);
    const events = entries.filter((entry) => entry.row.table === 'inmail_events').length;
    const again = logged + events - this.events.length;
    return { saved: true, refused: 0, foreign, ...(again > 0 ? { known: again } : {}) };
  }

  #refused(owner: string): Extract<Saved, { saved: false }> {
    const lastWrite = this.owner === owner ? { lastWrite: this.#last.number } : {};
    return { saved: false, owner: this.owner, version: this.#row?.version ?? 0, ...lastWrite };
  }

  /** Returns the outcome of a run; null if it was not committed and never will be. */
  recall(owner: string, runId: string, write: Write): CommittedRun | null | undefined {
    if (this.owner !== owner) return undefined;
    if (this.#lastRun?.runId === runId) return this.#lastRun;
    if (this.#last.number >= write.number && this.#last.mark !== write.mark) return undefined;
    this.#last = write;
    return null;
  }

  #found({ day, counter, highestCap }: AccountRow, columns: readonly string[]): ManualEdit {
    const id = `edit ${(this.#editCount += 1)}`;
    return { id, day, counter, cap: columns.includes('highestCap') ? null : highestCap, columns };
  }

  #write({ number, row }: Entry): void {
    this.#highest = Math.max(this.#highest, number);
    if (row.table === 'reservations') {
      const old = this.reservations.get(row.reservationId);
      if (!old || old.number < number) this.reservations.set(row.reservationId, { row, number });
    } else if (row.table === 'account_days') {
      const old = this.days.get(row.quotaDay);
      if (!old || old.number < number) this.days.set(row.quotaDay, { row, number });
    } else if (row.table === 'waiting') {
      const old = this.waiting.get(row.reservationId);
      if (!old || old.number < number) this.waiting.set(row.reservationId, { row, number });
    } else if (row.table === 'inmail_events') {
      this.append(row, number);
    } else if (row.table === 'replies') {
      this.replies.add(row.chatId);
    } else if (row.table === 'alerts') {
      this.alerts.set(row.kind, (this.alerts.get(row.kind) ?? 0) + row.times);
    }
  }

  /** Writes a delivery; without its reservation key, if that key is taken (R14). */
  append(row: EventRow, number: number | null = null): void {
    const proof = `${row.chatId} ${row.messageId ?? ''}`;
    if (this.#proofs.has(proof)) return;
    this.#proofs.add(proof);
    this.changes += 1;
    const { reservationId } = row;
    const isTaken = reservationId !== null && this.#keys.has(reservationId);
    if (reservationId !== null) this.#keys.add(reservationId);
    this.events.push({ ...row, number, ...(isTaken ? { reservationId: null } : {}) });
  }

  /** One reconcile, in one transaction. */
  run(domain: Domain, request: RunRequest): RunAnswer {
    const { account, at, runId, row, entries, write } = request;
    if (write && this.#lastRun?.runId === runId) return { ...this.#lastRun.ran, isAgain: true };
    const saved = this.save(request);
    if (!saved.saved) return saved;
    for (const slot of account.slots) if (isUnbegun(slot, at)) this.#fence(slot, at);
    const found = {
      reservations: this.#reservationsOf(account.day),
      attempts: this.#attemptsOf(account.day),
      events: this.#eventsOf(account.day - 3),
    };
    const { foreign } = saved;
    const verdict = domain.reconcile(account, found, foreign, at);
    for (const { kind } of verdict.alerts) {
      this.alerts.set(kind, (this.alerts.get(kind) ?? 0) + 1);
    }
    const ran = { saved: true, verdict, found, foreign, isAgain: false } as const;
    const { events, cooled } = verdict;
    const findings = { drift: 0, healed: false, alerted: verdict.alerts.length > 0, cooled };
    const answer = { saved: true, runId, events, foreign, ...findings } as const;
    const through = entries.at(-1)?.number ?? 0;
    const numbers = { number: write?.number ?? 0, version: row.version, through };
    if (write) this.#lastRun = { runId, ...numbers, at, answer, ran };
    return ran;
  }

  #fence({ reservationId, quotaDay }: Slot, at: number): void {
    if (this.attempts.has(reservationId)) return;
    const nothing = { chatId: null, messageId: null, errorCode: null };
    const row = { reservationId, quotaDay, attemptedAt: at, outcome: 'void' as const, ...nothing };
    this.attempts.set(reservationId, { ...row, isOpen: false });
  }

  /** Does the pipeline's INSERT; returns false if the key is taken. */
  begin(reservationId: ReservationId, quotaDay: number, at: number, isOpen = false): boolean {
    if (this.attempts.has(reservationId)) return false;
    this.changes += 1;
    const nothing = { outcome: null, chatId: null, messageId: null, errorCode: null };
    this.attempts.set(reservationId, {
      reservationId,
      quotaDay,
      attemptedAt: at,
      ...nothing,
      isOpen,
    });
    return true;
  }

  /** Ends a transaction that was held open. */
  end(reservationId: string, isCommitted: boolean): void {
    this.changes += 1;
    const row = this.attempts.get(reservationId);
    if (row && isCommitted) this.attempts.set(reservationId, { ...row, isOpen: false });
    else this.attempts.delete(reservationId);
  }

  /** An outcome is written once. */
  note(
    reservationId: string,
    outcome:
      | Pick<Attempt, 'outcome' | 'chatId' | 'messageId'>
      | { readonly outcome: 'failed'; readonly errorCode: FailureKind },
  ): void {
    this.changes += 1;
    const row = this.attempts.get(reservationId);
    if (row && row.outcome === null) this.attempts.set(reservationId, { ...row, ...outcome });
  }

  /** Edits a row, as a person in psql does. */
  edit(change: Partial<AccountRow>, owner = this.owner): void {
    if (!this.#row) return;
    this.#row = { ...this.#row, ...change };
    this.owner = owner;
    this.edited = [...(this.edited ?? []), ...Object.keys(change)];
    this.changes += 1;
  }

  delete(reservationId: string): void {
    if (this.reservations.delete(reservationId)) this.edited ??= [];
    this.changes += 1;
  }
}

/** True if the lease ended without a report, and the caller writes a journal row before the call. */
const isUnbegun = (slot: Slot, at: number): boolean =>
  slot.state === 'in_flight' && slot.journaled && at >= slot.leaseExpiresAt;

function isDifferent(name: string, old: AccountRow, row: AccountRow): boolean {
  if (name === 'counter') return old.counter !== row.counter;
  return name === 'imported' ? old.imported !== row.imported : true;
}

function joined(found: ManualEdit, known: ManualEdit | null): ManualEdit {
  if (!known) return found;
  const larger = known.counter > found.counter ? known : found;
  const columns = [...new Set([...found.columns, ...known.columns])].toSorted();
  return { ...larger, id: found.id, columns };
}
