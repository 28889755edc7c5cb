/**
 * The worker dies in the middle of a send, or the account's whole history is lost: counts equal
 * those of an untouched twin that got the same messages, and each proof is there once (R5, R13).
 */
import type { ChildProcess } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  createClient,
  pgJournal,
  sendWithSlot,
  type SafebandClient,
} from '../../src/client/index.js';
import { TASK_QUEUE } from '../../src/temporal/protocol.js';
import { statusOf, skipToSave } from '../support/account.js';
import { PATIENT } from '../support/patience.js';
import { createStand, type Stand } from '../support/stand.js';
import { countsOf } from '../support/twin.js';
import { kill, startWorkerProcess } from '../support/workerProcess.js';

let stand: Stand;
let safeband: SafebandClient;
let worker: ChildProcess;
beforeAll(async () => {
  stand = await createStand({ taskQueue: TASK_QUEUE });
  worker = await startWorkerProcess(stand.databaseUrl);
  safeband = createClient({ client: stand.client, ...PATIENT });
});
afterAll(async () => {
  await kill(worker);
  await stand.close();
});

const nothing = async (): Promise<void> => undefined;
/** When the worker dies during a send. */
type Accidents = {
  /** LinkedIn has accepted the InMail, and no report was sent. */
  readonly whileCalling?: () => Promise<void>;
  /** The report is in the account's history. */
  readonly afterReport?: () => Promise<void>;
};

/** Makes three sends with a journal: one is delivered, one rejected, one gets no answer. */
async function sends(id: string, { whileCalling = nothing, afterReport = nothing }: Accidents) {
  const journal = pgJournal(stand.pool);
  const send = (reservationId: string, chatId: string | null) =>
    sendWithSlot(
      safeband,
      id,
      { reservationId },
      async () => {
        await whileCalling();
        return { chatId: chatId ?? '' };
      },
      { journal },
    );
  expect(await send('one', 'chat-one')).toMatchObject({ sent: true, reported: true });
  await afterReport();
  expect(await send('two', 'chat-two')).toMatchObject({ sent: true, reported: true });
  expect(await send('three', null)).toMatchObject({ sent: 'unknown', reported: true });
}

async function day(accidentsOf: (id: string) => Accidents): Promise<object> {
  const id = stand.newAccount();
  const account = await stand.connect(id);
  await expect.poll(() => statusOf(account)).toMatchObject({ verified: true, unsaved: 0 });
  await sends(id, accidentsOf(id));
  await expect.poll(() => statusOf(account).then(() => true)).toBe(true);
  await skipToSave(account);
  return countsOf(stand, id);
}

const once = (accident: () => Promise<void>): (() => Promise<void>) => {
  let isDone = false;
  return async () => {
    if (isDone) return;
    isDone = true;
    await accident();
  };
};
const twin = (): Promise<object> => day(() => ({}));

it('a worker that is killed between a grant and its report loses no count', async () => {
  const untouched = await twin();
  const whileCalling = once(async () => {
    await kill(worker);
    worker = await startWorkerProcess(stand.databaseUrl);
  });
  expect(await day(() => ({ whileCalling }))).toEqual(untouched);
  expect(untouched).toMatchObject({
    numbers: [3, 2, 0, 1, 0, 0],
    log: [
      { chat_id: 'chat-one', count: 1 },
      { chat_id: 'chat-two', count: 1 },
    ],
  });
});

it('a worker that is killed between a report and its save loses no count', async () => {
  const untouched = await twin();
  const accidentsOf = (id: string): Accidents => {
    const blocker = async () => {
      const db = await stand.pool.connect();
      await db.query('begin');
      await db.query('select from safeband.accounts where account_id = $1 for update', [id]);
      return db;
    };
    let blocking: ReturnType<typeof blocker>;
    const whileCalling = once(async () => {
      blocking = blocker();
      await blocking;
    });
    const afterReport = once(async () => {
      const db = await blocking;
      try {
        // The save of the last report waits for the row, in the worker that now dies.
        const waiting = `select from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`;
        const waits = async () => (await stand.pool.query(waiting)).rows.length;
        await expect.poll(waits).toBeGreaterThan(0);
        await kill(worker);
      } finally {
        await db.query('rollback');
        db.release();
      }
      const log = 'select from safeband.inmail_events where account_id = $1';
      expect((await stand.pool.query(log, [id])).rows).toHaveLength(0);
      worker = await startWorkerProcess(stand.databaseUrl);
    });
    return { whileCalling, afterReport };
  };
  expect(await day(accidentsOf)).toEqual(untouched);
});
