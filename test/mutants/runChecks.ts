/** The rows that a run writes once, and the attempts that it must leave to a caller (R6, R8). */
import { expect } from 'vitest';
import type { Ran } from '../../src/activities/ports.js';
import { reserve } from '../../src/domain/commands/reserve.js';
import { sending } from '../../src/domain/entity/writes.js';
import { at, r, Scenario } from '../support/scenario.js';
import { OWNER, spent, type DatabaseCheck, type Desk } from './desk.js';

/** Edits the counter of the row manually, to a number far from the number of sends. */
const edit = (desk: Desk): Promise<readonly object[]> =>
  desk.all('update safeband.accounts set inmails_sent_today = 40 where account_id = $1');
/** Returns the account after its workflow has received the result of that run. */
const applied = ({ entity, now }: Scenario, ran: Ran): Scenario =>
  new Scenario({ ...entity, handled: ran.saved ? (ran.foreign?.id ?? null) : null }, now);

const heartbeat: DatabaseCheck = async (desk) => {
  const account = await desk.begin();
  await desk.run(account, `${desk.accountId}/1`);
  const later = account.until(at('09:10'));
  await desk.run(later, `${desk.accountId}/2`);
  const runs = await desk.all(
    `select run_id, counter_before, counter_after, drift
       from safeband.reconciler_runs where account_id = $1 order by ran_at`,
  );
  expect(runs).toEqual(
    [1, 2].map((n) => ({
      run_id: `${desk.accountId}/${n}`,
      counter_before: 0,
      counter_after: 0,
      drift: 0,
    })),
  );
  const rows = await desk.all(
    `select safeband.ms_of(last_checked_at)::float8 as at
       from safeband.accounts where account_id = $1`,
  );
  expect(rows).toEqual([{ at: at('09:10') }]);
};

const countsIn = (desk: Desk): Promise<readonly object[]> =>
  desk.all(
    `select (select count(*)::int from safeband.corrections where account_id = $1) as corrections,
            (select count(*)::int from safeband.reconciler_runs where account_id = $1) as runs,
            (select sum(times)::int from safeband.alerts where account_id = $1) as alerts`,
  );

const triedAgain: DatabaseCheck = async (desk) => {
  const account = spent(await desk.begin());
  await desk.all(BEGIN.replace("'a'", "'wild'"));
  for (const _ of ['once', 'twice']) {
    const ran = await desk.run(account, `${desk.accountId}/1`);
    expect(ran).toMatchObject({ healed: true, alerted: true });
  }
  expect(await countsIn(desk)).toEqual([{ corrections: 1, runs: 1, alerts: 1 }]);
};

const lostAnswer: DatabaseCheck = async (desk) => {
  const account = spent(await desk.begin());
  await edit(desk);
  for (const n of [1, 2]) {
    const ran = await desk.run(account, `${desk.accountId}/${n}`);
    expect(ran).toMatchObject({ drift: 39, healed: true, alerted: true });
  }
  expect(await countsIn(desk)).toEqual([{ corrections: 1, runs: 2, alerts: 2 }]);
};

/** A run as a workflow sends it, with a number and a mark of its content. */
const sentBy = ({ entity, now }: Scenario) => {
  const { batch } = sending(entity);
  const { number, mark } = batch.write;
  return {
    owner: OWNER,
    ...batch,
    account: entity.account,
    at: now,
    runId: `run/${number}.${mark}`,
  };
};

const answeredAgain: DatabaseCheck = async (desk) => {
  const account = spent(await desk.begin());
  await edit(desk);
  const run = sentBy(account);
  const first = await desk.activities.reconcile(run);
  expect(first).toMatchObject({ saved: true, drift: 39 });
  await desk.all(BEGIN.replace("'a'", "'wild'")); // what another run would find
  expect(await desk.activities.reconcile(run)).toEqual(first);
  const { number } = run.write;
  const { accountId } = desk;
  const ask = {
    owner: OWNER,
    accountId,
    runId: run.runId,
    write: { number: number + 1, mark: 'x' },
  };
  expect(await desk.activities.recall(ask)).toMatchObject({ saved: true, run: { answer: first } });
  expect(await countsIn(desk)).toEqual([{ corrections: 1, runs: 1, alerts: 1 }]);
};

const lateWrite: DatabaseCheck = async (desk) => {
  const account = spent(await desk.begin());
  const late = sentBy(account);
  const { number, mark } = late.write;
  const lost = { ...late, write: { number, mark: `other than ${mark}` } };
  const newer = { ...late, write: { number: number + 1, mark } };
  expect(await desk.activities.save(newer)).toMatchObject({ saved: true });
  for (const write of [late, lost]) {
    expect(await desk.activities.reconcile(write)).toMatchObject({ saved: false, lastWrite: 2 });
  }
  expect(await countsIn(desk)).toMatchObject([{ corrections: 0, runs: 0 }]);
};

const alertEnds: DatabaseCheck = async (desk) => {
  const account = spent(await desk.begin());
  const open = (): Promise<readonly object[]> =>
    desk.all(`select kind from safeband.alerts where account_id = $1 and resolved_at is null`);
  await edit(desk);
  const ran = await desk.run(account, `${desk.accountId}/1`);
  expect(await open()).toEqual([{ kind: 'drift' }]);
  await desk.run(applied(account, ran), `${desk.accountId}/2`);
  expect(await open()).toEqual([]);
};

const silent = async (desk: Desk): Promise<Scenario> =>
  (await desk.begin())
    .when(reserve, { reservationId: r('a'), leaseSeconds: 1, journaled: true })
    .until(at('09:20'));
const BEGIN = `insert into safeband.send_attempts
  (account_id, reservation_id, quota_day, attempted_at) values ($1, 'a', '2026-11-24', now())`;
const journal = (desk: Desk): Promise<readonly object[]> =>
  desk.all('select outcome from safeband.send_attempts where account_id = $1');
const ended = (ran: object): unknown =>
  'events' in ran && Array.isArray(ran.events) ? ran.events.map(({ type }) => type) : ran;

const fenced: DatabaseCheck = async (desk) => {
  const ran = await desk.run(await silent(desk), `${desk.accountId}/1`);
  expect(ended(ran)).toEqual(['SlotReleased']);
  expect(await journal(desk)).toEqual([{ outcome: 'void' }]);
};

const begun: DatabaseCheck = async (desk) => {
  const account = await silent(desk);
  await desk.all(BEGIN);
  const ran = await desk.run(account, `${desk.accountId}/1`);
  expect(ended(ran)).toEqual(['SlotMadeUncertain']);
  expect(await journal(desk)).toEqual([{ outcome: null }]);
};

const outcomeOnce: DatabaseCheck = async (desk) => {
  await desk.all(BEGIN);
  const settle = (outcome: string): Promise<unknown> =>
    desk
      .all(
        `update safeband.send_attempts set outcome = $2, error_code = 'rejected'
          where account_id = $1`,
        outcome,
      )
      .catch(String);
  await settle('failed');
  expect(String(await settle('void'))).toContain('written already');
};

export const RUN_CHECKS = {
  'a reconcile leaves a heartbeat, also when it finds nothing': heartbeat,
  'a reconcile that is tried again alerts and corrects once': triedAgain,
  'an edit whose report was lost is reported again, and corrected once': lostAnswer,
  'a reconcile that is committed is answered as it was': answeredAgain,
  'a write that comes late writes nothing': lateWrite,
  'the reconcile that finds the cause gone closes an alert': alertEnds,
  'a slot whose lease has ended is released with a void row': fenced,
  'an attempt that has begun gets no void row': begun,
  'the outcome of an attempt is written once': outcomeOnce,
} satisfies Readonly<Record<string, DatabaseCheck>>;
export type RunCheckName = keyof typeof RUN_CHECKS;
