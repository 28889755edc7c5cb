/** Sends messages to an account, and reads its state, for tests. */
import { setTimeout } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { expect, vi } from 'vitest';
import type { ReservationWire, StatusWire } from '../../src/domain/wire/responses.js';
import type { Findings } from '../../src/temporal/protocol.js';
import { query, update } from './calls.js';
import type { Stand } from './stand.js';
import { PATIENCE } from './patience.js';
import { fastForward, secondsToMidnight } from './time.js';
import type { DecisionWire } from '../../src/domain/wire/decisions.js';

export { query, update };

export type Known = { readonly id: string; readonly account: WorkflowHandle };

export const ask = (
  account: WorkflowHandle,
  reservationId: string,
  more: object = {},
): Promise<DecisionWire> => update(account, 'sendReserve', { reservationId, ...more });

const isUnavailable = (error: unknown): boolean => {
  const { cause } = error instanceof Error ? error : { cause: undefined };
  return cause instanceof ApplicationFailure && cause.type === 'Unavailable';
};

/** Together longer than the ten seconds until an account checks the database again. */
const READS_MAX = 40;
const READ_PAUSE_MS = 500;
/**
 * Repeats an ask while Postgres was not read in time. The account waits four or five seconds for a
 * check or for past recipients, which a slow machine may need. An ask that was not decided took no
 * slot, so a caller repeats it.
 */
export async function untilRead<T>(message: () => Promise<T>, triesMax = READS_MAX): Promise<T> {
  for (let n = 1; ; n += 1) {
    try {
      const answer = await message();
      const isUnread = JSON.stringify(answer).includes('"unverified"');
      if (!isUnread || n === triesMax) return answer;
    } catch (error) {
      if (!isUnavailable(error) || n === triesMax) throw error;
    }
    await setTimeout(READ_PAUSE_MS);
  }
}

/** Asks an account that may have to read Postgres first. */
export const askRead = (
  account: WorkflowHandle,
  reservationId: string,
  more: object = {},
): Promise<DecisionWire> => untilRead(() => ask(account, reservationId, more));

export const statusOf = (account: WorkflowHandle): Promise<StatusWire> => query(account, 'status');

export async function stateOf(account: WorkflowHandle, reservationId: string): Promise<string> {
  return (await query<ReservationWire>(account, 'reservation', { reservationId })).state;
}

/** Reads the rows of a statement whose `$1` is the account's id. */
export const all = async (
  { pool }: Pick<Stand, 'pool'>,
  sql: string,
  id: string,
): Promise<readonly unknown[]> => (await pool.query(sql, [id])).rows;

/** Edits the account's row, such as `inmails_sent_today = 104`. */
export const edit = async (
  { pool }: Pick<Stand, 'pool'>,
  id: string,
  change: string,
): Promise<void> => {
  await pool.query(`update safeband.accounts set ${change} where account_id = $1`, [id]);
};

/** Waits for the account's own save: 2 s after a delivery, 10 s after anything else. */
export const whenSaved = async (account: WorkflowHandle): Promise<void> => {
  const unsaved = async (): Promise<number> => (await statusOf(account)).unsaved;
  // Not `expect.poll`, which fails if another test of the same file ends meanwhile.
  await vi.waitFor(async () => expect(await unsaved()).toBe(0), { ...PATIENCE, interval: 500 });
};

/**
 * The save comes after ten seconds. The rest is for its own work: if that ends after the skipped
 * time, the server (1.32.0) skips on to the next timer, which is the account's reconcile.
 */
const SAVE_SECONDS = 20;
/**
 * Skips the time to the account's own save, and waits for it. The account's clock is up to twenty
 * seconds ahead of that of Postgres afterwards.
 */
export const skipToSave = async (account: WorkflowHandle): Promise<void> => {
  if ((await statusOf(account)).unsaved > 0) {
    await fastForward(account.client, account.workflowId, SAVE_SECONDS);
  }
  await whenSaved(account);
};

/** Maximum tries of a run: a slow machine may need longer than the ten seconds of an answer. */
const RUNS_MAX = 5;

/** Reconciles once; when it answers, everything that was unsaved before is in Postgres. */
export async function run(account: WorkflowHandle, triesMax = RUNS_MAX): Promise<Findings> {
  for (let n = 1; ; n += 1) {
    try {
      return await update<Findings>(account, 'reconcileNow');
    } catch (error) {
      if (!isUnavailable(error) || n === triesMax) throw error;
    }
  }
}

/** Skips to the next day if the UTC day of the account has fewer than `secondsLeft`. */
export async function withRoom(
  { client }: Pick<Stand, 'client'>,
  account: WorkflowHandle,
  secondsLeft: number,
): Promise<void> {
  const toMidnight = secondsToMidnight((await statusOf(account)).asOf);
  if (toMidnight < secondsLeft) await fastForward(client, account.workflowId, toMidnight);
}

const TICK_SECONDS = 10 * 60 + 5;
/**
 * Lets the own tick of a hot account come. In the last minutes of a day it would end the day, and
 * with it the numbers that a test compares: then a caller asks for the run.
 */
export async function tick(
  { client }: Pick<Stand, 'client'>,
  account: WorkflowHandle,
): Promise<void> {
  const hasRoom = secondsToMidnight((await statusOf(account)).asOf) > TICK_SECONDS + 300;
  if (hasRoom) await fastForward(client, account.workflowId, TICK_SECONDS);
  else await run(account);
}

/**
 * Connects an account with that many deliveries, all of them in Postgres, in a day that has at
 * least `secondsLeft`.
 */
export async function sent(
  stand: Stand,
  count: number,
  start: object = {},
  secondsLeft = 0,
): Promise<Known> {
  const id = stand.newAccount();
  const account = await stand.connect(id, start);
  if (secondsLeft > 0) await withRoom(stand, account, secondsLeft);
  const requests = Array.from({ length: count }, (_, n) => ({ reservationId: `s${n}` }));
  if (count > 0) await update(account, 'sendReserveBatch', { requests });
  for (const { reservationId } of requests) {
    await account.signal('sendDelivered', { reservationId, chatId: `chat-${reservationId}` });
  }
  await run(account);
  return { id, account };
}

/** Reads the corrections of each run: before, after, the manually edited columns. */
export const CORRECTIONS = `select before, after, explanation->'editedColumns' as edited
  from safeband.corrections where account_id = $1 order by at`;

export type Part = { readonly cause: string; readonly count: number };
