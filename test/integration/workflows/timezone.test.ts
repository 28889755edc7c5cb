/**
 * The zone of the worker's machine has no effect: the same messages get the same answers,
 * and the same history is replayed to the same state, under UTC, Tokyo and New York (R11).
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import { createClient } from '../../../src/client/index.js';
import { DAY_MS, isoInstant } from '../../../src/domain/primitives/time.js';
import type { StatusWire } from '../../../src/domain/wire/responses.js';
import { TASK_QUEUE } from '../../../src/temporal/protocol.js';
import { askRead, query, update } from '../../support/account.js';
import { PATIENT } from '../../support/patience.js';
import { createStand, type Stand } from '../../support/stand.js';
import { fastForward, secondsToMidnight } from '../../support/time.js';
import { startWorkerProcess, stop } from '../../support/workerProcess.js';
import type { DecisionWire } from '../../../src/domain/wire/decisions.js';

const ZONES = ['Asia/Tokyo', 'America/New_York'];
let stand: Stand;
/** The account whose history was recorded under UTC. */
let recorded: string;
let underUtc: { readonly answers: readonly unknown[]; readonly rows: unknown };

beforeAll(async () => {
  stand = await createStand({ taskQueue: TASK_QUEUE });
  recorded = stand.newAccount();
  underUtc = await underZone('UTC', async () => ({
    answers: await answersOf(recorded),
    rows: await rowsOf(recorded),
  }));
});
afterAll(() => stand.close());

/** Does the work while the real worker runs in that zone. */
async function underZone<T>(timezone: string, live: () => Promise<T>): Promise<T> {
  const worker = await startWorkerProcess(stand.databaseUrl, { timezone });
  try {
    return await live();
  } finally {
    await stop(worker);
  }
}

const statusOf = (id: string): Promise<StatusWire> =>
  createClient({ client: stand.client, ...PATIENT }).status(id);
const slotsOf = (account: WorkflowHandle, count: number): Promise<readonly string[]> =>
  query(account, 'nextSlots', { count });
/** `expect.poll` is for tests only; this story runs before them. */
const until = (is: () => Promise<boolean>): Promise<void> =>
  vi.waitFor(async () => expect(await is()).toBe(true), { timeout: 90_000, interval: 50 });
const secondsUntil = async (id: string, instant: string): Promise<number> =>
  Math.ceil((Date.parse(instant) - Date.parse((await statusOf(id)).asOf)) / 1_000);

/** A window in New York over midnight, which is shut for at least the next two days. */
const SUNDAY_FIRST = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const inThreeDays = SUNDAY_FIRST[new Date(Date.now() + 3 * DAY_MS).getUTCDay()];
const POLICY = {
  dailyCap: 6, // a counter of 7 is not an overshoot, whose time would depend on the machine
  timezone: 'America/New_York',
  sendingWindow: { days: [inThreeDays], start: '22:30', end: '00:30' },
};

/** Fields that depend on the second in which the story ran, or on its account. */
const MOMENTS = [
  'accountId',
  'asOf',
  'version',
  'unsaved',
  'reservedAt',
  'leaseExpiresAt',
  'lastReconciledAt',
  'nextReconcileAt',
  'runId',
];
const lasting = (answer: unknown): unknown =>
  JSON.parse(JSON.stringify(answer, (key, value) => (MOMENTS.includes(key) ? undefined : value)));

/** Plays a story of several days, and returns all answers. */
async function answersOf(id: string): Promise<readonly unknown[]> {
  const account = await stand.connect(id, POLICY);
  await until(async () => (await statusOf(id)).state === 'active');
  const answers: unknown[] = [];
  const collect = async (answer: Promise<unknown>): Promise<void> => {
    answers.push(await answer);
  };
  const ask = (reservationId: string): Promise<DecisionWire> => askRead(account, reservationId);
  const slots = await slotsOf(account, 200);
  answers.push(slots);
  await collect(ask('early'));
  await fastForward(stand.client, account.workflowId, await secondsUntil(id, slots[0] ?? ''));
  for (const reservationId of 'abcdefg') await collect(ask(reservationId));
  // No slot stays in flight: the skip decides whether a run comes before midnight.
  for (const reservationId of 'acdef') {
    await collect(
      update(account, 'sendDelivered', { reservationId, chatId: `c-${reservationId}` }),
    );
  }
  await collect(update(account, 'sendFailed', { reservationId: 'b', kind: 'unknown' }));
  const { asOf } = await statusOf(id);
  await collect(update(account, 'sendObserved', { chatId: 'x', messageId: 'm', sentAt: asOf }));
  await collect(statusOf(id));
  await fastForward(stand.client, account.workflowId, secondsToMidnight(asOf));
  await collect(ask('next-day'));
  await collect(createClient({ client: stand.client, ...PATIENT }).reconcileNow(id));
  await collect(update(account, 'sendFailed', { reservationId: 'b', kind: 'no_credits' }));
  await collect(ask('broken'));
  await collect(slotsOf(account, 200));
  await collect(statusOf(id));
  return answers.map(lasting);
}

/** Returns the answers of queries for an account whose window is shut, now and in the next weeks. */
async function rowsOf(id: string): Promise<unknown> {
  const account = stand.handle(id);
  const slots = await slotsOf(account, 200);
  const { asOf } = await statusOf(id);
  // An account computes 32 days ahead. These instants are at its openings, and hours away from them.
  const farthest = Date.parse(asOf) + 30 * DAY_MS;
  const around = slots.flatMap((slot) => {
    const opens = Date.parse(slot);
    return [opens - 1, opens, opens + 2 * 3_600_000];
  });
  const hours = Array.from({ length: 30 }, (_, n) => Date.parse(asOf) + n * DAY_MS);
  const instants = [...around, ...hours].filter((at) => at <= farthest).map(isoInstant);
  const peeks: unknown[] = [];
  for (const at of instants) peeks.push(await query(account, 'peek', { at }));
  const reservation = await query(account, 'reservation', { reservationId: 'a' });
  const status = lasting(await statusOf(id));
  return { slots, peeks, reservation, status };
}

it('the story has windows, caps, a midnight, a breaker and a change of clocks', () => {
  const [slots, ...answers] = underUtc.answers;
  const reasons = answers.map((answer) =>
    typeof answer === 'object' && answer !== null && 'reason' in answer ? answer.reason : null,
  );
  expect(reasons.filter((reason) => reason !== null)).toEqual([
    'outside_window',
    'daily_cap',
    'outside_window',
    'no_credits',
  ]);
  // Half past ten in the evening, in summer and in winter.
  const times = new Set(JSON.stringify(slots).match(/(?<=T)\d\d:\d\d/g));
  expect([...times].toSorted()).toEqual(['02:30', '03:30']);
});

it.each(ZONES)(
  'under TZ=%s all answers are the same, also of a history of UTC',
  async (timezone) => {
    const id = stand.newAccount();
    const answers = await underZone(timezone, async () => ({
      answers: await answersOf(id),
      rows: await rowsOf(recorded),
    }));
    expect(answers).toEqual(underUtc);
  },
);

/** Writes each run of an account into a file, oldest first. */
async function recordedIn(folder: string, id: string): Promise<readonly string[]> {
  const { workflowId } = stand.handle(id);
  const { raw } = await stand.handle(id).describe();
  const files: string[] = [];
  let runId = raw.workflowExecutionInfo?.firstRunId ?? '';
  while (runId) {
    const history = await stand.client.workflow.getHandle(workflowId, runId).fetchHistory();
    files.push(path.join(folder, `${runId}.json`));
    await writeFile(files.at(-1) ?? '', historyToJSON(history));
    const last = history.events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes;
    runId = last?.newExecutionRunId ?? '';
  }
  return files;
}

it.each(ZONES)('under TZ=%s the runs of several days are replayed', async (timezone) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'safeband-histories-'));
  try {
    const files = await recordedIn(folder, recorded);
    const script = fileURLToPath(new URL('../../support/replay.ts', import.meta.url));
    const { workflowId } = stand.handle(recorded);
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', script, inject('workflowBundlePath'), workflowId, ...files],
      { env: { ...process.env, TZ: timezone } },
    );
    expect(JSON.parse(stdout)).toMatchObject({ timeZone: timezone, files: files.length });
    expect(files.length).toBeGreaterThanOrEqual(4);
  } finally {
    await rm(folder, { recursive: true });
  }
});
