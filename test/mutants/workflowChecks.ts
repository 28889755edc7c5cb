/** Rules of the workflow around the domain: its messages, its timers, its saves and its end. */
import { workflowIdOf, type Findings } from '../../src/temporal/protocol.js';
import { untilRead } from '../support/account.js';
import { failureTypeOf } from '../support/failure.js';
import { fastForward } from '../support/time.js';
import { fewReplies, noLocalActivities, severalTasks } from './historyChecks.js';
import type { DecisionWire } from '../../src/domain/wire/decisions.js';
import {
  cold,
  connect,
  deliver,
  idOf,
  passMidnight,
  resetToFirst,
  stateOf,
  update,
  statusNameOf,
  statusOf,
  type WorkflowCheck,
} from './workflowBench.js';

const ledger: WorkflowCheck = async (bench) => {
  const account = await cold(bench);
  await passMidnight(bench, account);
  // A repeated reserve would get the same answer from Postgres, after a run. A query starts no run.
  const state = (): Promise<string> => stateOf(account, 'sent').catch(String);
  await bench.expect.poll(state, bench.patience).toBe('delivered');
};

const midnight: WorkflowCheck = async (bench) => {
  const account = await cold(bench);
  const before = (await statusOf(account)).quotaDay;
  await passMidnight(bench, account);
  const row = async (): Promise<unknown> =>
    (
      await bench.stand.pool.query(
        `select counter_day > $2::date as is_new, inmails_sent_today as counter
           from safeband.accounts where account_id = $1`,
        [idOf(account), before],
      )
    ).rows[0];
  await bench.expect.poll(row, bench.patience).toEqual({ is_new: true, counter: 0 });
};

const failedRun: WorkflowCheck = async (bench) => {
  const accountId = bench.stand.newAccount();
  bench.away.add(accountId);
  const account = await connect(bench, { accountId });
  const decision = await update(account, 'sendReserve', { reservationId: 'r' });
  bench.away.delete(accountId);
  bench.expect(decision).toMatchObject({ granted: false, reason: 'unverified' });
};

const othersAnswer: WorkflowCheck = async (bench) => {
  const accountId = bench.stand.newAccount();
  bench.mixed.add(accountId);
  const account = await connect(bench, { accountId });
  await update(account, 'reconcileNow').catch(String);
  bench.expect(bench.mixed.has(accountId)).toBe(false);
  bench.expect((await statusOf(account)).state).toBe('active');
};

const badSignal: WorkflowCheck = async (bench) => {
  const account = await connect(bench);
  await account.signal('sendDelivered', { chatId: 'no reservation' });
  const order = { reason: 'looked', actor: 'ada' };
  const answer = await update(account, 'hold', order).catch(String);
  bench.expect([answer, await statusNameOf(account)]).toEqual([{ state: 'held' }, 'RUNNING']);
};

const badUpdate: WorkflowCheck = async (bench) => {
  const account = await connect(bench);
  const refused = (): Promise<unknown> => update(account, 'sendReserve', { reservationId: 'a b' });
  bench.expect(await failureTypeOf(refused)).toBe('InvalidInput');
  const { events } = await account.fetchHistory();
  const names = (events ?? []).map(
    (event) => event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input?.name,
  );
  bench.expect(names.filter(Boolean)).toEqual(['connect']);
};

const capped: WorkflowCheck = async (bench) => {
  const account = await connect(bench, { dailyCap: 2 });
  await update(account, 'reconcileNow');
  const requests = Array.from({ length: 5 }, (_, n) => ({ reservationId: `r${n}` }));
  const { decisions } = await update<{ decisions: readonly DecisionWire[] }>(
    account,
    'sendReserveBatch',
    { requests },
  );
  bench.expect(decisions.map(({ granted }) => granted)).toEqual([true, true, false, false, false]);
  bench.expect(await statusOf(account)).toMatchObject({ counter: 2 });
};

const manualEdit: WorkflowCheck = async (bench) => {
  const account = await cold(bench);
  await bench.stand.pool.query(
    'update safeband.accounts set inmails_sent_today = 40 where account_id = $1',
    [idOf(account)],
  );
  await deliver(bench, account, 'next');
  bench.expect(await update(account, 'reconcileNow')).toMatchObject({ drift: 38, healed: true });
  bench.expect(await update(account, 'reconcileNow')).toMatchObject({ drift: 0, healed: false });
};

const outrun: WorkflowCheck = async (bench) => {
  const account = await cold(bench);
  await bench.stand.pool.query(
    `update safeband.accounts set owner = 'another' where account_id = $1`,
    [idOf(account)],
  );
  await update(account, 'sendDelivered', { reservationId: 'unknown', chatId: 'chat' });
  await bench.expect
    .poll(async () => (await statusOf(account)).cooldown?.cause, bench.patience)
    .toBe('two_owners');
};

/** Writes the row as a task that is lost after its save: with a later write of this workflow. */
const lostTask: WorkflowCheck = async (bench) => {
  const account = await cold(bench);
  await bench.stand.pool.query(
    `update safeband.accounts set last_write = last_write + 100, last_write_mark = 'of a lost task',
            version = version + 100, recorded_at = clock_timestamp() where account_id = $1`,
    [idOf(account)],
  );
  await deliver(bench, account, 'next');
  bench.expect(await statusOf(account)).toMatchObject({ cooldown: null, counter: 2, delivered: 2 });
};

const asked: WorkflowCheck = async (bench) => {
  const account = await cold(bench);
  const first = await update<Findings>(account, 'reconcileNow');
  const second = await update<Findings>(account, 'reconcileNow');
  bench.expect(second.runId).not.toBe(first.runId);
  const { rows } = await bench.stand.pool.query(
    'select run_id from safeband.reconciler_runs where run_id = any($1)',
    [[first.runId, second.runId]],
  );
  bench.expect(rows).toHaveLength(2);
};

const checkedFirst: WorkflowCheck = async (bench) => {
  const account = await cold(bench);
  await fastForward(bench.stand.client, account.workflowId, 45 * 60);
  // A check may be too slow for a busy machine. The account checks again after ten seconds.
  const ask = () => update(account, 'sendReserve', { reservationId: 'later' });
  bench.expect(await untilRead(ask, 24)).toMatchObject({ granted: true });
};

const cancelled: WorkflowCheck = async (bench) => {
  const account = await cold(bench);
  await account.cancel();
  await bench.expect.poll(() => statusNameOf(account), bench.patience).toBe('COMPLETED');
};

const early: WorkflowCheck = async (bench) => {
  const { stand, workflowType } = bench;
  const accountId = stand.newAccount();
  const account = await stand.client.workflow.signalWithStart(workflowType, {
    workflowId: workflowIdOf(accountId),
    taskQueue: stand.taskQueue,
    args: [{ accountId, tier: 'sales_navigator' }],
    signal: 'sendDelivered',
    signalArgs: [{ reservationId: 'forgotten', chatId: 'chat' }],
  });
  await update(account, 'reconcileNow');
  bench.expect(await statusOf(account)).toMatchObject({ counter: 1, external: 1 });
};

const inOrder: WorkflowCheck = async (bench) => {
  const account = await connect(bench);
  await account.signal('connect', {
    tier: 'sales_navigator',
    accountId: idOf(account),
    dailyCap: 20,
  });
  await account.signal('configure', { dailyCap: 5, actor: 'ada' });
  await update(account, 'reconcileNow');
  const again = await resetToFirst(account);
  await update(again, 'reconcileNow');
  bench.expect(await statusOf(again)).toMatchObject({ caps: { daily: 5 } });
};

export const WORKFLOW_CHECKS = {
  'a settled id is remembered after continue-as-new': ledger,
  'an idle account resets itself at midnight': midnight,
  'a reconcile that failed verifies nothing': failedRun,
  'the answer of another activity is not accepted': othersAnswer,
  'a bad Signal fails no workflow': badSignal,
  'a bad Update leaves no trace': badUpdate,
  'of a batch no more is granted than the cap allows': capped,
  'an edit made just before a save is found by the next reconcile, once': manualEdit,
  'an account whose row is taken grants nothing': outrun,
  'rows of a lost task are added to the account': lostTask,
  'a caller that asks for a reconcile gets the result of a new reconcile': asked,
  'a cold account that is asked is checked, then granted': checkedFirst,
  'a Temporal cancel is a disconnect': cancelled,
  'a Signal that comes before the rows are read back is processed': early,
  'messages of a task are processed in the order of their arrival': inOrder,
  'a backlog is processed in several tasks': severalTasks,
  'only a few replies are sent at the same time': fewReplies,
  'an account calls no activity in its own task': noLocalActivities,
} satisfies Readonly<Record<string, WorkflowCheck>>;
export type WorkflowCheckName = keyof typeof WORKFLOW_CHECKS;
