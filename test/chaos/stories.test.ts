/**
 * Many accounts have a random day on the real server: messages by every way, slow and failing
 * activities, hours that pass, and workers that forget accounts and are restarted. Afterwards every
 * account answers, and every history replays. There are 12 stories here, and 2,000 each night (STORIES).
 */
import type { WorkflowHandle } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DecisionWire } from '../../src/domain/wire/decisions.js';
import type { Activities } from '../../src/activities/ports.js';
import { ask, statusOf, update } from '../support/account.js';
import { failuresIn, flawsOfAll, runsOf } from '../support/histories.js';
import { Random } from '../simulation/random.js';
import { createStand, type Stand } from '../support/stand.js';
import { fastForward, secondsToMidnight } from '../support/time.js';

const STORIES = Number(process.env['STORIES'] ?? 12);
/** How often a message comes together with Queries, such as 0.5; for a search for faults. */
const QUERIES = Number(process.env['STORIES_QUERIES'] ?? 0);
/** Another number gives other stories. */
const SEED = Number(process.env['STORIES_SEED'] ?? 1);
/**
 * Accounts that live at the same time, on one worker that keeps few of them in memory. With Queries
 * it keeps all. Reason: if a Query and a task of one account both wait for a place in a full cache,
 * Temporal's core (1.24) loses one of the two, and the place (workflow_stream.rs, "Extra buffered run").
 */
const AT_ONCE = 12;
const CACHED = QUERIES > 0 ? AT_ONCE : 5;

/** An activity takes up to 0.2 s, and now and then longer than the fast way waits; or it fails. */
function delayed(random: Random): (real: Activities) => Partial<Activities> {
  const late = <I, O>(activity: (input: I) => Promise<O>) => {
    return async (given: I): Promise<O> => {
      const chance = random.between(0, 59);
      await sleep(chance === 0 ? 1_200 : random.between(0, 200));
      if (chance === 1) throw new Error('the database is away');
      const done = await activity(given);
      if (chance === 2) throw new Error('its answer is lost');
      return done;
    };
  };
  return (real) => ({
    readBack: late((input) => real.readBack(input)),
    claim: late((input) => real.claim(input)),
    save: late((input) => real.save(input)),
    reconcile: late((input) => real.reconcile(input)),
  });
}

let stand: Stand;
const randomOfActivities = new Random(SEED);
beforeAll(async () => {
  stand = await createStand({
    maxCachedWorkflows: CACHED,
    activities: delayed(randomOfActivities),
  });
});
afterAll(() => stand.close());

type Life = { readonly id: string; readonly account: WorkflowHandle; readonly random: Random };
type Message = readonly [name: string, payload: object];
const PERSON = { reason: 'looked', actor: 'ada' };

/** A message that a caller might send at any time; some are late, unknown or wrong. */
function anyMessage({ id, random }: Life): Message {
  const reservationId = `r${random.between(1, 8)}`;
  const sentAt = new Date().toISOString();
  return random.pick<Message>([
    ['sendReserve', { reservationId, recipientId: `to${random.between(1, 4)}` }],
    ['sendReserve', { reservationId, journaled: true, leaseSeconds: 30 }],
    ['sendReserve', { reservationId, replyTo: { workflowId: `nobody-${id}`, signalName: 'a' } }],
    [
      'sendReserveBatch',
      { requests: [{ reservationId }, { reservationId: `b${random.between(1, 8)}` }] },
    ],
    ['sendDelivered', { reservationId, chatId: `chat-${reservationId}` }],
    ['sendFailed', { reservationId, kind: random.pick(['rejected', 'unknown', 'throttled']) }],
    ['sendObserved', { chatId: `seen${random.between(1, 5)}`, messageId: 'm', sentAt }],
    ['configure', { dailyCap: random.between(5, 35), actor: 'ada' }],
    ['hold', PERSON],
    ['resume', PERSON],
    ['resume', PERSON],
    ['reconcileNow', {}],
    ['sendDelivered', { reservationId: 'a b' }],
  ]);
}

/**
 * Sends the message by Update or Signal, and may ask for the status at the same moment. The answers,
 * or refusals, do not matter here.
 */
async function anything(life: Life): Promise<void> {
  const { account, random } = life;
  const [name, payload] = anyMessage(life);
  const queries = random.chance(QUERIES) ? random.between(1, 3) : 0;
  const statuses = Array.from({ length: queries }, () => statusOf(account).catch(() => undefined));
  if (random.chance(0.5)) await account.signal(name, payload);
  else await update(account, name, payload).catch(() => undefined);
  await Promise.all(statuses);
}

/** Long enough for leases to end, for an account to go cold, or for midnight to come. */
async function timePasses({ account, random }: Life): Promise<void> {
  const { events } = await account.fetchHistory();
  const time = events?.at(-1)?.eventTime;
  const asOf = new Date(Number(time?.seconds) * 1_000).toISOString();
  const seconds = random.pick([60, 35 * 60, 3 * 3_600, secondsToMidnight(asOf)]);
  await fastForward(stand.client, account.workflowId, seconds);
}

async function live(life: Life, actions: number): Promise<void> {
  for (let n = 0; n < actions; n += 1) {
    if (life.random.chance(0.2)) await timePasses(life);
    else await anything(life);
  }
}

/** Sends messages while no worker runs, so that one task has them all; ends when all are answered. */
async function whileNobodyWorks(life: Life): Promise<{ readonly answered: Promise<unknown> }> {
  const { account, random } = life;
  for (let n = random.between(0, 3); n > 0; n -= 1) {
    const [name, payload] = anyMessage(life);
    await account.signal(name, payload);
  }
  const updates = Array.from({ length: random.between(1, 3) }, () => anyMessage(life));
  const answers = updates.map(([name, payload]) =>
    update(account, name, payload).catch(() => undefined),
  );
  return { answered: Promise.all(answers) };
}

async function wave(lives: readonly Life[]): Promise<void> {
  await Promise.all(lives.map((life) => live(life, 6)));
  await Promise.all(lives.map((life) => timePasses(life)));
  await stand.stopWorker();
  const asked = await Promise.all(lives.map((life) => whileNobodyWorks(life)));
  await stand.startWorker();
  await Promise.all(asked.map(({ answered }) => answered));
  await Promise.all(lives.map((life) => live(life, 3)));
}

/** Maximum tries of the last ask: a task whose worker has lost it is given up after ten seconds. */
const TRIES_MAX = 30;
const PAUSE_MS = 2_000;
async function lastAnswer(account: WorkflowHandle): Promise<DecisionWire | string> {
  for (let n = 1; ; n += 1) {
    try {
      return await ask(account, 'the-last');
    } catch (error) {
      if (n === TRIES_MAX) return String(error);
      await sleep(PAUSE_MS);
    }
  }
}

/** Returns the faults of accounts after their stories. */
async function flawsIn(lives: readonly Life[]): Promise<readonly unknown[]> {
  const answers = await Promise.all(lives.map(({ account }) => lastAnswer(account)));
  const unanswered = answers
    .filter((answer) => typeof answer === 'string' || typeof answer.granted !== 'boolean')
    .map((answer) => `an account answers ${JSON.stringify(answer)}`);
  const runs = await Promise.all(lives.map(({ account }) => runsOf(stand, account)));
  const failures = runs.flatMap((histories, n) =>
    failuresIn(histories).map((why) => `${lives[n]?.id}: a task failed: ${String(why)}`),
  );
  const recorded = runs.flatMap((histories, n) =>
    histories.map((history) => ({ workflowId: `${lives[n]?.account.workflowId}`, history })),
  );
  return [...unanswered, ...failures, ...(await flawsOfAll(recorded))];
}

it(`${STORIES} stories: every account answers, and every history replays`, async () => {
  const flaws: unknown[] = [];
  for (let first = 0; first < STORIES; first += AT_ONCE) {
    const lives = await Promise.all(
      Array.from({ length: Math.min(AT_ONCE, STORIES - first) }, async (_, n): Promise<Life> => {
        const id = stand.newAccount('story');
        const account = await stand.connect(id);
        return { id, account, random: new Random(SEED * 100_003 + first + n) };
      }),
    );
    await wave(lives);
    flaws.push(...(await flawsIn(lives)));
    for (const { account } of lives) await account.terminate('its story has ended');
  }
  expect(flaws).toEqual([]);
});
