/**
 * Manual edits of the tables (R8, R14): each changed, deleted or added row of an account is corrected
 * or counted within one run, and a correction explains it. A hot account finds an edit at its own tick
 * or when it is asked. The audit of the fleet finds the edit of a cold account, which gets no message.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Audited } from '../../../src/activities/ports.js';
import {
  all,
  ask,
  edit,
  run,
  update,
  statusOf,
  tick,
  type Known,
  type Part,
} from '../../support/account.js';
import { BOOKKEEPING, COMPARED, HEALED, KEPT, STOPS } from '../../support/manualEdits.js';
import { PATIENCE } from '../../support/patience.js';
import { createStand, type Stand } from '../../support/stand.js';

let stand: Stand;
beforeAll(async () => {
  stand = await createStand();
});
afterAll(() => stand.close());

let audits = 0;
const audit = (): Promise<Audited> =>
  stand.client.workflow.execute<() => Promise<Audited>>('inmailFleetAudit', {
    workflowId: `audit-${stand.taskQueue}-${(audits += 1)}`,
    taskQueue: stand.taskQueue,
    args: [],
  });

const WINDOW = { days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], start: '00:00' };

/** Connects an account without an empty column, so that each can be edited up and down. */
async function richAccount(isHot: boolean): Promise<Known> {
  const id = stand.newAccount();
  const account = await stand.connect(id, {
    identity: `member ${id}`,
    timezone: 'Asia/Tokyo',
    dailyCap: 40,
    weeklyCap: 150,
    ramp: { dailyCaps: [30, 40] },
    sendingWindow: { ...WINDOW, end: '00:00' },
    inmailsSentToday: 3,
    deliveredToday: 3,
  });
  await vi.waitFor(async () => {
    expect((await statusOf(account)).state).toBe('active');
  }, PATIENCE);
  for (const reservationId of ['sent', 'unclear', 'throttled', 'broke'])
    expect(await ask(account, reservationId)).toMatchObject({ granted: true });
  if (isHot) await ask(account, 'flying', { leaseSeconds: 86_400 });
  const { asOf } = await statusOf(account);
  await update(account, 'sendDelivered', { reservationId: 'sent', chatId: 'chat' });
  await update(account, 'sendObserved', { chatId: 'manual', messageId: 'm', sentAt: asOf });
  for (const [reservationId, kind] of [
    ['unclear', 'unknown'],
    ['throttled', 'throttled'],
    ['broke', 'no_credits'],
  ])
    await update(account, 'sendFailed', { reservationId, kind });
  await update(account, 'hold', { reason: 'a check', actor: 'ada' });
  await settle(account, isHot);
  return { id, account };
}

/** Runs until all is saved: the next run saves the findings of a run, and a cold account ends to run. */
const settle = (account: Known['account'], isHot: boolean): Promise<void> =>
  vi.waitFor(async () => {
    const { healed } = await run(account);
    const { unsaved, nextReconcileAt } = await statusOf(account);
    expect([healed, unsaved, nextReconcileAt === null]).toEqual([false, 0, !isHot]);
  }, PATIENCE);

type Row = { readonly [column: string]: unknown };
const rowOf = async (id: string): Promise<Row> => {
  const { rows } = await stand.pool.query<{ row: Row }>(
    'select to_jsonb(a) as row from safeband.accounts a where account_id = $1',
    [id],
  );
  const known = Object.entries(rows[0]?.row ?? {});
  const isOwn = (name: string): boolean =>
    !BOOKKEEPING.includes(name) && name !== 'version' && name !== 'updated_at';
  return Object.fromEntries(known.filter(([name]) => isOwn(name)));
};
type Correction = {
  readonly before: number | null;
  readonly after: number | null;
  readonly logged: number;
  readonly edited: readonly string[];
  readonly parts: readonly Part[];
};
/** Reads all corrections of the account, with the number of log rows of that day. */
const correctionsOf = async (id: string): Promise<readonly Correction[]> => {
  const { rows } = await stand.pool.query<Correction>(
    `select before, after, explanation->'editedColumns' as edited, explanation->'parts' as parts,
            (select count(*)::int from safeband.inmail_events e
              where e.account_id = c.account_id and e.quota_day = c.quota_day) as logged
       from safeband.corrections c where account_id = $1 order by correction_id`,
    [id],
  );
  return rows;
};
const sumOf = (parts: readonly Part[]): number => parts.reduce((sum, part) => sum + part.count, 0);
const inBatches = async <T>(items: readonly T[], work: (item: T) => Promise<void>) => {
  const waiting = items.values();
  const one = async (): Promise<void> => {
    for (const item of waiting) await work(item);
  };
  await Promise.all(Array.from({ length: 6 }, one));
};

type Case = {
  readonly column: string;
  readonly value: string;
  /** The first value is found when a caller asks, the second by the account's own tick. */
  readonly isAsked: boolean;
};
const CASES: readonly Case[] = Object.entries(HEALED).flatMap(([column, values]) =>
  values.map((value, n) => ({ column, value, isAsked: n === 0 })),
);
const named = CASES.map((one) => [`${one.column} = ${one.value}`, one] as const);

it('this test has every column of the table, so that a new column is not forgotten', async () => {
  const { rows } = await stand.pool.query<{ name: string }>(
    `select column_name as name from information_schema.columns
      where table_schema = 'safeband' and table_name = 'accounts' order by 1`,
  );
  const known = [...Object.keys(HEALED), ...KEPT, ...STOPS, ...COMPARED, ...BOOKKEEPING];
  expect(rows.map(({ name }) => name)).toEqual(known.toSorted());
});

/**
 * Edits an account for each column: its first value, and after the correction its second value. `find`
 * finds the edits. Returns, of a case, the found and the wanted correction.
 */
function healsAll(isHot: boolean, find: (edited: readonly Edited[]) => Promise<void>) {
  const accounts = new Map<string, Known>();
  const made = new Map<Case, { readonly row: Row; readonly correction: object }>();
  beforeAll(async () => {
    for (const isAsked of [true, false]) {
      const edits: Edited[] = [];
      await inBatches(
        CASES.filter((one) => one.isAsked === isAsked),
        async (one) => {
          const known = accounts.get(one.column) ?? (await richAccount(isHot));
          if (accounts.has(one.column)) await settle(known.account, isHot);
          accounts.set(one.column, known);
          const row = await rowOf(known.id);
          const corrected = (await correctionsOf(known.id)).length;
          await edit(stand, known.id, `${one.column} = ${one.value}`);
          edits.push({ ...known, one, row, corrected });
        },
      );
      await find(edits);
      await inBatches(edits, async (edited) => {
        made.set(edited.one, { row: edited.row, correction: await correctionOf(edited) });
      });
    }
  });
  return (one: Case): readonly [found: object, wanted: object] => {
    const found = made.get(one);
    if (!found) throw new Error(`${one.column} was not edited`);
    return [found.correction, wholeAgain(one, found.row)];
  };
}

type Edited = Known & { readonly one: Case; readonly row: Row; readonly corrected: number };

/** Returns the result of an edit: the row after it, and the content of its one correction. */
async function correctionOf({ id, corrected }: Edited): Promise<object> {
  await vi.waitFor(async () => {
    expect(await correctionsOf(id)).toHaveLength(corrected + 1);
  }, PATIENCE);
  const last = (await correctionsOf(id)).at(-1);
  const { before = 0, after, logged = 0, parts = [], edited } = last ?? {};
  const row = await rowOf(id);
  const counted = before ?? Number(row['inmails_sent_today']);
  return { row, edited, before, after, unexplained: counted - logged - sumOf(parts) };
}
/** Only an edit that raises the counter changes it: before the reconcile, the counter was larger. */
const wholeAgain = ({ column, value }: Case, row: Row): object => {
  const counter = Number(row['inmails_sent_today']);
  const isRaised = column === 'inmails_sent_today' && value.includes('+ 4');
  const change = isRaised ? { before: counter + 4, after: counter } : { before: null, after: null };
  return { row, edited: [column], ...change, unexplained: 0 };
};

describe('a hot account corrects a manual edit of its row', () => {
  const of = healsAll(true, (edits) =>
    inBatches(edits, async ({ account, one }) => {
      if (one.isAsked) await run(account);
      else await tick(stand, account);
    }),
  );
  it.each(named)('%s', (_, one) => {
    const [found, wanted] = of(one);
    expect(found).toEqual(wanted);
  });
});

describe('a cold account corrects it as well, woken by the audit of the fleet', () => {
  const of = healsAll(false, async (edits) => {
    expect((await audit()).woken).toBeGreaterThanOrEqual(edits.length);
  });
  it.each(named)('%s', (_, one) => {
    const [found, wanted] = of(one);
    expect(found).toEqual(wanted);
  });
});

it('a correction names the edited columns only, also if the account has saved since', async () => {
  const { id, account } = await richAccount(true);
  const corrected = (await correctionsOf(id)).length;
  await edit(stand, id, `timezone = 'UTC', version = version - 1, owner_version = 0`);
  await edit(stand, id, `timezone = 'Europe/Berlin'`);
  const { asOf } = await statusOf(account);
  await update(account, 'sendObserved', { chatId: 'second', messageId: 'n', sentAt: asOf });
  await vi.waitFor(async () => expect((await statusOf(account)).unsaved).toBe(0), PATIENCE);
  await run(account);
  const corrections = await correctionsOf(id);
  expect(corrections.slice(corrected).map(({ edited }) => edited)).toEqual([
    ['timezone', 'version'],
  ]);
  await edit(stand, id, `timezone = 'UTC'`);
  await edit(stand, id, `timezone = 'Asia/Tokyo'`);
  expect(await run(account)).toMatchObject({ healed: false });
  expect(await correctionsOf(id)).toHaveLength(corrections.length);
});

describe('manually deleted or added rows', () => {
  const BYPASS = [
    [
      'an unknown journal row',
      `insert into safeband.send_attempts
         (account_id, reservation_id, quota_day, attempted_at, recorded_at)
       values ($1, 'wild', (now() at time zone 'UTC')::date, now(), now() - interval '1 minute')`,
      { uncertain: 2, delivered: 1, counter: 7 },
    ],
    [
      'an event that a pipeline wrote past the gate',
      `insert into safeband.inmail_events
         (account_id, reservation_id, chat_id, source, quota_day, delivered_at, recorded_at)
       values ($1, 'wild', 'wild chat', 'pipeline', (now() at time zone 'UTC')::date, now(),
         now() - interval '1 minute')`,
      { uncertain: 1, delivered: 2, counter: 7 },
    ],
    [
      'a reservation that is gone',
      `delete from safeband.reservations where account_id = $1 and reservation_id = 'unclear'`,
      { uncertain: 1, delivered: 1, counter: 6 },
    ],
  ] as const;
  const cases = [true, false].flatMap((isHot) =>
    BYPASS.map(([name, sql, numbers]) => ({ name, sql, numbers, isHot })),
  );
  it.each(cases.map((one) => [one.isHot ? 'hot' : 'cold', one.name, one] as const))(
    'a %s account: %s is corrected or counted within one run, and reported',
    async (_, __, { isHot, sql, numbers }) => {
      const { id, account } = await richAccount(isHot);
      const before = (await statusOf(account)).counter;
      const corrected = (await correctionsOf(id)).length;
      const reservations = `select reservation_id, state from safeband.reservations
        where account_id = $1 and reservation_id <> 'wild' order by 1`;
      const rows = await all(stand, reservations, id);
      await all(stand, sql, id);
      if (isHot) await tick(stand, account);
      else await audit();
      const corrections = () => correctionsOf(id);
      await expect.poll(corrections).toHaveLength(corrected + 1);
      const expected = { ...numbers, counter: numbers.counter + (isHot ? 1 : 0), unexplained: 0 };
      await expect.poll(() => statusOf(account)).toMatchObject(expected);
      const correction = (await corrections()).at(-1);
      const isChanged = before !== expected.counter;
      expect(correction).toMatchObject({
        before: isChanged ? before : null,
        after: isChanged ? expected.counter : null,
        edited: [],
      });
      expect(sumOf(correction?.parts ?? [])).toBe(before - (correction?.logged ?? 0));
      const causes = new Set(correction?.parts.map(({ cause }) => cause));
      expect(causes.has('bypassed_gate')).toBe(expected.counter > before);
      await run(account); // then the decisions of the run before are in Postgres
      expect(await all(stand, reservations, id)).toEqual(rows);
    },
  );
});

describe('a second writer stops the account until the next midnight (R14)', () => {
  /** Returns the cooldown or hold of an account that waits. */
  const stopOf = async ({ id, account }: Known): Promise<object> => {
    await expect.poll(async () => (await statusOf(account)).cooldown?.cause).toBe('two_owners');
    const alerts = `select kind from safeband.alerts
      where account_id = $1 and kind = 'two_owners' and resolved_at is null`;
    await expect.poll(() => all(stand, alerts, id)).toHaveLength(1);
    const { cooldown, quotaDay } = await statusOf(account);
    const isUntilMidnight = Date.parse(cooldown?.until ?? '') === Date.parse(quotaDay) + 86_400_000;
    const decision = await ask(account, 'more');
    return { isUntilMidnight, reason: decision.granted ? 'granted' : decision.reason };
  };
  const quiet = async (isHot: boolean): Promise<Known> => {
    const id = stand.newAccount();
    const account = await stand.connect(id);
    if (isHot) await ask(account, 'flying', { leaseSeconds: 86_400 });
    await run(account);
    return { id, account };
  };
  it.each([
    ['hot', 'owner', `'another workflow'`],
    ['cold', 'owner', `'another workflow'`],
    ['hot', 'version', 'version + 1000'],
    ['cold', 'version', 'version + 1000'],
  ])('a %s account whose %s is %s', async (temperature, column, value) => {
    const known = await quiet(temperature === 'hot');
    await edit(stand, known.id, `${column} = ${value}`);
    if (temperature === 'hot') await update(known.account, 'reconcileNow').catch(() => undefined);
    else await audit();
    expect(await stopOf(known)).toEqual({ isUntilMidnight: true, reason: 'cooldown' });
  });

  it('a manually lowered version is written back, and reported', async () => {
    const { id, account } = await quiet(true);
    const version = 'select version::int from safeband.accounts where account_id = $1';
    const before = await all(stand, version, id);
    await edit(stand, id, 'version = 0');
    expect(await run(account)).toMatchObject({ healed: true });
    expect(await all(stand, version, id)).toEqual(before);
    expect((await correctionsOf(id)).at(-1)).toMatchObject({ before: null, edited: ['version'] });
  });

  it('an account id with rows cannot be changed; a changed id without rows stops its workflow', async () => {
    const rename = `account_id = account_id || '-renamed'`;
    const { id } = await quiet(true);
    await expect(edit(stand, id, rename)).rejects.toThrow('violates foreign key constraint');
    const known = await quiet(false);
    await edit(stand, known.id, rename);
    await update(known.account, 'reconcileNow').catch(() => undefined);
    await expect
      .poll(async () => (await statusOf(known.account)).cooldown?.cause)
      .toBe('two_owners');
  });
});
