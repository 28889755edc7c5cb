/**
 * Reads the status of an account (R17). HTTP, command line and pages show the result: the
 * answer of the account's workflow, or, if the workflow does not answer or has ended, the same
 * status from the account's rows. Both name their source and their age. Temporal's client is not
 * imported, because the command line loads it only when a command needs it.
 */
import type { EditedRow } from '../domain/diagnostics/asOf/editedRow.js';
import {
  editOfStatus,
  statusOfRows,
  type Logged,
} from '../domain/diagnostics/asOf/statusFromRecords.js';
import { isoDay, isoInstant, parseInstant, type Instant } from '../domain/primitives/time.js';
import type { StatusWire } from '../domain/wire/responses.js';
import { inSnapshot, type Pool } from '../postgres/pool.js';
import { readAccountRows, readRowSide, type RowSide } from '../postgres/diagnostics/accountRows.js';
import { canSendRead, type CanSendRead } from './canSend.js';

/** How long an answer of the workflow waits for what Postgres adds to it. */
const ROW_MS = 1_000;

/** The answer of the workflow, and when it was read. */
export type Answered = { readonly status: StatusWire; readonly readAt: Instant };
/** `ended`: no workflow of the account is known; `away`: Temporal or the workers do not answer. */
export type Unanswered = { readonly why: 'ended' | 'away'; readonly message: string };

/** The additions to the contract's status: plain JSON, as HTTP and command line print it. */
type Origin = {
  readonly source: 'workflow' | 'postgres';
  /** Seconds since the source was read. */
  readonly ageSeconds: number;
  /** When a save last wrote the account's row; null: Postgres was not read. */
  readonly savedAt: string | null;
  /** The event log of the quota day; null: Postgres was not read. */
  readonly eventLog: (Logged & { readonly drift: number }) | null;
  /** The manual edit of the row, and what the gate counts. */
  readonly edited: EditedRow | null;
  /** The last reconcile of the account, or the last audit of all accounts. */
  readonly lastCheckedAt: string | null;
};
export type StatusRead = Omit<StatusWire, 'unsaved' | 'canSend'> & {
  readonly canSend: CanSendRead;
  /** Null: only the workflow knows it. */
  readonly unsaved: number | null;
} & Origin;

/** Asks the workflow. Throws all errors except `AccountUnknown` and `Unavailable`. */
export async function askStatus(
  ask: () => Promise<StatusWire>,
  now: () => Instant,
): Promise<Answered | Unanswered> {
  const readAt = now();
  try {
    return knowing({ status: await ask(), readAt });
  } catch (error) {
    const isOfClient = error instanceof Error && error.name === 'SafebandError' && 'type' in error;
    if (!isOfClient) throw error;
    const { type, message } = error;
    if (type === 'AccountUnknown') return { why: 'ended', message };
    if (type === 'Unavailable') return { why: 'away', message };
    throw error;
  }
}

/**
 * Returns the answer of a worker of this version. During a deployment, an older worker answers
 * without `canSend`; then the rows are read, as if it had not answered.
 */
export function knowing(answer: Answered): Answered | Unanswered {
  const { canSend }: Partial<StatusWire> = answer.status;
  return canSend ? answer : { why: 'away', message: 'an older worker answered' };
}

/**
 * Returns the status of that answer, or of the rows without one; undefined: there is no such
 * account. An answer of the workflow is returned also while Postgres does not answer (`pool` null:
 * it is not set), because the account then still knows its numbers.
 */
export async function readStatusWith(
  pool: Pool | null,
  accountId: string,
  answer: Answered | Unanswered,
  now: Instant,
): Promise<StatusRead | undefined> {
  if (!('status' in answer)) return pool === null ? undefined : fromRows(pool, accountId, now);
  const { status: asked, readAt } = answer;
  const status = { ...asked, canSend: canSendRead(asked, now) };
  const side = pool && (await inTime(readRowSide(pool, accountId, now), ROW_MS));
  const ageSeconds = Math.max(0, Math.floor((now - readAt) / 1_000));
  return shown(status, side ?? null, { source: 'workflow', ageSeconds });
}

function fromRows(pool: Pool, accountId: string, now: Instant): Promise<StatusRead | undefined> {
  return inSnapshot(pool, async (db) => {
    const rows = await readAccountRows(db, accountId, now);
    if (!rows) return undefined;
    const found = statusOfRows(rows, now);
    const status = { ...found, canSend: canSendRead(found, now) };
    const read = shown(status, rows.side, { source: 'postgres', ageSeconds: 0 });
    return { ...read, unsaved: null };
  });
}

/** Adds to a status the manual edit of the row, if there is one, and the event log. */
function shown(
  status: StatusWire & { readonly canSend: CanSendRead },
  side: RowSide | null,
  origin: Pick<Origin, 'source' | 'ageSeconds'>,
): StatusRead {
  if (side === null) {
    const lastCheckedAt = status.lastReconciledAt;
    return { ...status, ...origin, savedAt: null, eventLog: null, edited: null, lastCheckedAt };
  }
  const { delivered, external } = status;
  const isSameDay = isoDay(side.loggedDay) === status.quotaDay;
  const logged = isSameDay ? side.logged : { delivered, external };
  const edited = editOfStatus(status, side, instantOf(status));
  const drift = status.counter - logged.delivered - logged.external - status.imported;
  return {
    ...status,
    ...origin,
    savedAt: isoInstant(side.savedAt),
    eventLog: { ...logged, drift },
    edited,
    lastCheckedAt: latest(status.lastReconciledAt, side.lastCheckedAt),
  };
}

const instantOf = ({ asOf }: StatusWire): Instant => parseInstant(asOf) ?? 0;

/** Returns the later instant. Instants as text have the same order as instants. */
function latest(reconciledAt: string | null, checkedAt: Instant | null): string | null {
  if (checkedAt === null) return reconciledAt;
  const checked = isoInstant(checkedAt);
  return reconciledAt !== null && reconciledAt > checked ? reconciledAt : checked;
}

/** Returns the result of Postgres within that time; undefined: it is late, or it failed. */
async function inTime<T>(work: Promise<T>, limitMs: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), limitMs);
  });
  try {
    return await Promise.race([work.catch(() => undefined), limit]);
  } finally {
    clearTimeout(timer);
  }
}
