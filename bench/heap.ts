/**
 * Measures the heap of a cached account and of a bare workflow: new, and after 54 messages. Run it
 * with the options of main.ts. The figure depends on the number of tasks and saves, which depends on
 * the speed of the machine. So each account has the same number of tasks, and everything is saved.
 * A figure is the growth of the heap by the second crowd of a kind. The first crowd did the same and
 * stays cached, so what is loaded or compiled once belongs to no account.
 */
import type { WorkflowHandle } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import type { StatusWire } from '../src/domain/wire/responses.js';
import { withBench, type Bench } from './stand.js';

/** Accounts of a crowd. */
const ACCOUNTS = 60;
/** How many accounts are busy at once: few enough that the machine is not overloaded. */
const CROWD = 20;
/** Rounds of InMails, one message a task; a round ends when everything is saved. */
const ROUNDS = 3;
const SENDS_A_ROUND = 9;
const WAITING = 100;
/** Two readings in a row that differ less than this count as equal. */
const SAME_KIB = 64;
const READINGS_MAX = 20;

/** Reads the heap when nothing more can be freed: finalizers run between two collections. */
async function heapKiB(): Promise<number> {
  let last = Number.POSITIVE_INFINITY;
  for (let n = 0; n < READINGS_MAX; n += 1) {
    globalThis.gc?.();
    await sleep(100);
    globalThis.gc?.();
    const now = process.memoryUsage().heapUsed / 1_024;
    if (Math.abs(last - now) < SAME_KIB) return now;
    last = now;
  }
  return last;
}

async function saved(account: WorkflowHandle): Promise<void> {
  while ((await account.query<StatusWire>('status')).unsaved > 0) await sleep(250);
}

/** Does the same for each account, `CROWD` at a time. */
async function each<T>(all: readonly T[], what: string, work: (one: T) => Promise<unknown>) {
  let done = 0;
  await pLimit(CROWD).map(all, async (one) => {
    await work(one);
    done += 1;
    const isNews = done % CROWD === 0 || done === all.length;
    if (isNews) process.stderr.write(`  heap: ${what}, ${done} of ${all.length}\n`);
  });
}

async function begun(start: () => Promise<WorkflowHandle>): Promise<readonly WorkflowHandle[]> {
  const all: WorkflowHandle[] = [];
  for (let i = 0; i < ACCOUNTS; i += 1) all.push(await start());
  return all;
}

/** Sends 54 messages: too few to end a run, because a new run begins with a small heap. */
async function spend(account: WorkflowHandle): Promise<void> {
  for (let n = 1; n <= ROUNDS * SENDS_A_ROUND; n += 1) {
    const reservationId = `r${n}`;
    const delivery = { reservationId, chatId: `chat-of-${n}`, messageId: `message-of-${n}` };
    await account.executeUpdate('sendReserve', { args: [{ reservationId }] });
    await account.executeUpdate('sendDelivered', { args: [delivery] });
    if (n % SENDS_A_ROUND === 0) await saved(account);
  }
  const { runId, raw } = await account.describe();
  const { firstRunId } = raw.workflowExecutionInfo ?? {};
  if (firstRunId !== runId) throw new Error('a run has ended, so the heap cannot be compared');
}

async function bareSpend(bare: WorkflowHandle): Promise<void> {
  for (let n = 0; n < 2 * ROUNDS * SENDS_A_ROUND; n += 1) {
    await bare.executeUpdate('noop', { args: [{ reservationId: `r${n}` }] });
  }
}

/** Asks for slots in one batch: the first 49 get the rest of the cap, all others wait (R21). */
const asksOf = (prefix: string, count: number): object => ({
  requests: Array.from({ length: count }, (_, n) => ({
    reservationId: `${prefix}${n}`,
    wait: true,
    validUntil: new Date(Date.now() + 86_400_000).toISOString(),
  })),
});
const batch = (prefix: string, count: number) => async (account: WorkflowHandle) => {
  await account.executeUpdate('sendReserveBatch', { args: [asksOf(prefix, count)] });
  await saved(account);
};

const kib = (from: number, to: number): number => Math.round((to - from) / ACCOUNTS);

type Growth = { readonly fresh: number; readonly after: number };

async function bareCrowd(bench: Bench): Promise<Growth> {
  const empty = await heapKiB();
  const bares = await begun(bench.bare);
  const fresh = await heapKiB();
  await each(bares, 'bare workflows had 54 Updates', bareSpend);
  return { fresh: kib(empty, fresh), after: kib(empty, await heapKiB()) };
}

async function crowd(bench: Bench): Promise<Growth> {
  const empty = await heapKiB();
  const accounts = await begun(bench.account);
  await each(accounts, 'accounts are saved', saved);
  const fresh = await heapKiB();
  await each(accounts, 'accounts had 54 messages', spend);
  return { fresh: kib(empty, fresh), after: kib(empty, await heapKiB()) };
}

async function crowdInLine(bench: Bench): Promise<number> {
  const full = await begun(bench.account);
  await each(full, 'accounts have used their cap', batch('full', 49));
  const capped = await heapKiB();
  await each(full, `accounts have ${WAITING} asks that wait`, batch('waits', WAITING));
  return kib(capped, await heapKiB());
}

// Debug mode runs the sandboxes in this thread, where their heap can be read.
const figures = await withBench({ debugMode: true }, async (bench) => {
  await bareCrowd(bench);
  const bare = await bareCrowd(bench);
  await crowd(bench);
  const own = await crowd(bench);
  await crowdInLine(bench);
  const waiting = await crowdInLine(bench);
  return { bareFresh: bare.fresh, bareAfter: bare.after, ...own, waiting };
});
process.stdout.write(`\n${JSON.stringify(figures)}\n`);
process.exit();
