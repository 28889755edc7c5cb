/** Sealed months (R29): their checks on a real database, and the mutants that fail them. */
import { expect } from 'vitest';
import { DAY_MS } from '../../src/domain/primitives/time.js';
import { FLEET } from '../../src/domain/reconcile/fleetAudit.js';
import { RETENTION_DEFAULT } from '../../src/domain/records/retention.js';
import { inTransaction } from '../../src/postgres/pool.js';
import { addEndpoint } from '../../src/postgres/webhooks/endpoints.js';
import { at } from '../support/scenario.js';
import { memberOf, ONE_SEND } from './dataMutants.js';
import type { DatabaseCheck, Desk } from './desk.js';
import type { Mutant } from './mutant.js';

const LATER = at('2027-05-20T09:00:00.000Z');
const audit = (desk: Desk, when: number) => {
  const keep = { ...RETENTION_DEFAULT, sealAfterDays: 10 };
  const erasureKey = desk.build.keyOf(Buffer.alloc(32, 7));
  return desk.audit(when, false, undefined, { keep, erasureKey });
};
/** Begins with a whole chain. The checks share a database, so each of them begins later. */
async function begin(desk: Desk, time: string): Promise<void> {
  await desk.begin();
  await desk.pool.query(ONE_SEND, [desk.accountId, memberOf(desk), `chat-${desk.accountId}`]);
  const key = desk.build.keyOf(Buffer.alloc(32, 7));
  await desk.build.sealMonths(desk.pool, key, { at: at(time), by: 'ada', withLate: true });
}
async function monthsOf({ pool }: Desk): Promise<readonly string[]> {
  const { rows } = await pool.query<{ month: string }>(
    `select to_char(month, 'YYYY-MM') as month from safeband.event_seals order by 1`,
  );
  return rows.map(({ month }) => month);
}
const add = ({ pool, accountId }: Desk, name: string): Promise<unknown> =>
  pool.query(
    `insert into safeband.inmail_events (account_id, chat_id, source, quota_day, delivered_at)
     values ($1, $2, 'external', '2026-01-06', now())`,
    [accountId, `${name}-${accountId}`],
  );
/** Lists the open alerts, and whether a person works on each of them. */
async function openAlerts({ pool }: Desk): Promise<readonly object[]> {
  const { rows } = await pool.query<object>(
    `select account_id as of, details->>'account' as account, details->>'found' as found,
            details->>'differences' as count, acknowledged_at is not null as "isSeen"
       from safeband.alerts where kind = 'log_altered' and resolved_at is null`,
  );
  return rows;
}
/** Changes each open alert about a sealed month, as a person does. */
const person = ({ pool }: Desk, does: 'acknowledged_at' | 'resolved_at'): Promise<unknown> =>
  pool.query(
    `update safeband.alerts set ${does} = raised_at
      where kind = 'log_altered' and resolved_at is null`,
  );
/** Compares January 2026 on that day, and returns the open alerts. */
async function openOn(desk: Desk, day: number): Promise<readonly object[]> {
  const { pool } = desk;
  await pool.query(`delete from safeband.seal_comparisons where month = '2026-01-01'`);
  await pool.query(
    `insert into safeband.seal_comparisons (month, begun_at)
     select month, month from safeband.event_seals where month <> '2026-01-01'
     on conflict do nothing`,
  );
  await audit(desk, LATER + day * DAY_MS);
  return openAlerts(desk);
}

/** Deletes the last seal as the owner of the tables can; the check puts it back. */
const deleted: DatabaseCheck = async (desk) => {
  const { pool, build } = desk;
  await begin(desk, '2027-01-20T09:00:00.000Z');
  const key = build.keyOf(Buffer.alloc(32, 7));
  const before = await monthsOf(desk);
  const last = before.at(-1) ?? '';
  const change = (sql: (table: string) => string): Promise<void> =>
    inTransaction(pool, async (db) => {
      for (const table of ['event_seals', 'event_seal_days']) await db.query(sql(table));
    });
  await change((table) => `create table kept_${table} as select * from safeband.${table}`);
  const trigger = (state: string): Promise<void> =>
    change((table) => `alter table safeband.${table} ${state} trigger append_only`);
  await trigger('disable');
  await change((table) => `delete from safeband.${table} where month = '${last}-01'`);
  await trigger('enable always');
  const sealing = build.sealMonths(pool, key, { at: LATER, by: 'ada', withLate: true });
  expect(await sealing.then(() => 'sealed', String)).toContain(`the seal of ${last} was deleted`);
  const { flaws } = await build.verifySeals(pool, key);
  expect(flaws).toContainEqual(expect.objectContaining({ flaw: 'seal', day: `${last}-01` }));
  await audit(desk, LATER - DAY_MS);
  expect(await monthsOf(desk)).toEqual(before.slice(0, -1));
  expect(await openAlerts(desk)).toMatchObject([{ found: 'seal was changed or deleted' }]);
  await person(desk, 'resolved_at');
  const ofLast = `where month = '${last}-01'`;
  await change((table) => `insert into safeband.${table} select * from kept_${table} ${ofLast}`);
  await change((table) => `drop table kept_${table}`);
};

/** The rows that an audit seals, and what it finds. */
const sealedByAudit: DatabaseCheck = async (desk) => {
  await begin(desk, '2027-02-20T09:00:00.000Z');
  const before = await monthsOf(desk);
  await audit(desk, LATER);
  await audit(desk, LATER + 1);
  const after = await monthsOf(desk);
  expect(after.slice(before.length)).toEqual(['2027-02', '2027-03']);
  await add(desk, 'late');
  const alert = { of: FLEET, account: desk.accountId, found: 'row was added', isSeen: false };
  expect(await openOn(desk, 1)).toEqual([{ ...alert, count: '1' }]);
  expect(await monthsOf(desk)).toEqual(after);
  // A person accepts this difference, and no other one.
  await person(desk, 'resolved_at');
  expect(await openOn(desk, 2)).toEqual([]);
  await add(desk, 'more');
  expect(await openOn(desk, 3)).toEqual([{ ...alert, count: '2' }]);
  await person(desk, 'resolved_at');
};

/** A person works on the differences that they have read, and on no later ones. */
const seenOnce: DatabaseCheck = async (desk) => {
  const { pool } = desk;
  await begin(desk, '2027-06-20T09:00:00.000Z');
  const url = 'https://example.com/x';
  const endpoint = { url, events: ['alert.raised'], accounts: null, by: 'ada', at: LATER } as const;
  const { endpointId } = await addEndpoint(pool, endpoint);
  /** Returns how often people were called, and whether one works on the alert. */
  const calledOn = async (day: number): Promise<object> => {
    const [alert] = await openOn(desk, day);
    const { rows } = await pool.query<{ calls: number }>(
      `select count(*)::int as calls from safeband.webhook_events
        where account_id = $1 and type = 'alert.raised' and data->>'kind' = 'log_altered'`,
      [FLEET],
    );
    return { ...alert, ...rows[0] };
  };
  await add(desk, 'first');
  expect(await calledOn(11)).toMatchObject({ isSeen: false, calls: 1 });
  expect(await calledOn(12)).toMatchObject({ isSeen: false, calls: 1 });
  await person(desk, 'acknowledged_at');
  expect(await calledOn(13)).toMatchObject({ isSeen: true, calls: 1 });
  await add(desk, 'second');
  expect(await calledOn(14)).toMatchObject({ isSeen: false, calls: 2 });
  await person(desk, 'resolved_at');
  await pool.query('delete from safeband.webhook_endpoints where endpoint_id = $1', [endpointId]);
};

/** They come after the other checks of data, because they seal more months. */
export const SEAL_CHECKS = {
  'a seal that was deleted is found, and is not made again': deleted,
  'the audit seals a month at a time, and finds a row that was added': sealedByAudit,
  'a person who works on an alert is called again for other differences': seenOnce,
} satisfies Readonly<Record<string, DatabaseCheck>>;
export type SealCheckName = keyof typeof SEAL_CHECKS;

const OTHERS = 'migrations/0069_other_differences.sql';
export const SEAL_MUTANTS: readonly Mutant<SealCheckName>[] = [
  {
    rule: 'R29',
    what: 'the audit seals rows that came late',
    file: 'src/postgres/data/sealDue.ts',
    old: 'withLate: false,',
    mutated: 'withLate: true,',
    by: 'the audit seals a month at a time, and finds a row that was added',
  },
  {
    rule: 'R29',
    what: 'a changed row of a sealed month raises no alert',
    file: 'src/activities/audit/seals.ts',
    old: 'if (found.flaw) {',
    mutated: 'if (found.flaw && found.isTooLarge) {',
    by: 'the audit seals a month at a time, and finds a row that was added',
  },
  {
    rule: 'R29',
    what: 'a difference that a person has accepted raises an alert each time',
    file: 'src/activities/audit/seals.ts',
    old: 'isKnown ? []',
    mutated: 'isKnown && false ? []',
    by: 'the audit seals a month at a time, and finds a row that was added',
  },
  {
    rule: 'R29',
    what: 'a person who closes an alert accepts later differences, too',
    file: 'src/postgres/data/comparisons.ts',
    old: " and details->>'mark' = $2`",
    mutated: ' and $2::text is not null`',
    by: 'the audit seals a month at a time, and finds a row that was added',
  },
  {
    rule: 'R29',
    what: 'a seal that was deleted is made again',
    file: 'src/postgres/data/seal.ts',
    old: 'if (deleted !== undefined) throw new SealDeleted(deleted);',
    mutated: 'void SealDeleted;',
    by: 'a seal that was deleted is found, and is not made again',
  },
  {
    rule: 'R29',
    what: 'verify does not find a deleted seal',
    file: 'src/postgres/data/verifySeals.ts',
    old: 'for (const month of await readDeleted(db)) flaws.push(flawOfSeal(month));',
    mutated: 'void readDeleted;',
    by: 'a seal that was deleted is found, and is not made again',
  },
  {
    rule: 'R29',
    what: 'the audit does not compare a month whose seal was deleted',
    file: 'src/postgres/data/comparisons.ts',
    old: '\n             union select month from safeband.seal_comparisons)',
    mutated: ')',
    by: 'a seal that was deleted is found, and is not made again',
  },
  {
    rule: 'R29',
    what: 'a person who works on an alert works on later differences, too',
    file: OTHERS,
    old: `new.severity)
      > array_position(array['info', 'warning', 'critical'], old.severity)
    or new.details->>'mark' <> coalesce(old.details->>'mark', '') then`,
    mutated: `new.severity)
      > array_position(array['info', 'warning', 'critical'], old.severity) then`,
    by: 'a person who works on an alert is called again for other differences',
  },
  {
    rule: 'R29',
    what: 'other differences of a month with an open alert call no person',
    file: OTHERS,
    old: `
        or new.details->>'mark' <> coalesce(old.details->>'mark', ''))))`,
    mutated: ')))',
    by: 'a person who works on an alert is called again for other differences',
  },
  {
    rule: 'R29',
    what: 'the same differences call people each time',
    file: OTHERS,
    old: `
        or new.details->>'mark' <> coalesce(old.details->>'mark', ''))))`,
    mutated: `
        or new.details->>'mark' is not null)))`,
    by: 'a person who works on an alert is called again for other differences',
  },
];
