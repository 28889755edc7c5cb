/** The alert about a sealed month that differs from its seal (R29), and what people do with it. */
import { expect, it } from 'vitest';
import { DAY_MS, dayOf, isoDay } from '../../../src/domain/primitives/time.js';
import { addEndpoint } from '../../../src/postgres/webhooks/endpoints.js';
import type { Pool } from '../../../src/postgres/pool.js';
import { safeband, type Ended } from '../../support/cli.js';
import { auditOn, byForce, withSealedYear, type SealedYear } from '../../support/sealWork.js';

const now = Date.now();
let pool: Pool;
let month: string;
let env: SealedYear['env'];
withSealedYear(now, (found) => {
  ({ pool, month, env } = found);
});

type Place = { readonly id: string; readonly day: string; readonly account: string };
/** Returns the first two rows of the month. */
async function rowsOf(of: string): Promise<readonly Place[]> {
  const { rows } = await pool.query<Place>(
    `select event_id::text as id, quota_day::text as day, account_id as account
       from safeband.inmail_events where to_char(quota_day, 'YYYY-MM') = $1
      order by event_id limit 2`,
    [of],
  );
  return rows;
}
const move = (row: Place | undefined, by: string): Promise<void> =>
  byForce(
    pool,
    `update safeband.inmail_events set delivered_at = delivered_at + interval '${by}'
      where event_id = ${row?.id}`,
  );
type Open = { readonly alertId: number; readonly raisedAt: string };
async function open(): Promise<readonly Open[]> {
  const { out } = await safeband(['alerts', '--kind', 'log_altered', '--json'], { env });
  return JSON.parse(out).alerts;
}
const compareOn = (day: number): Promise<readonly string[]> =>
  auditOn('compare', { day, hour: 4, db: pool, now });
/** Compares the first month on that day, and returns the open alerts. */
async function openOn(day: number): Promise<readonly Open[]> {
  await pool.query('delete from safeband.seal_comparisons');
  await compareOn(day);
  return open();
}
const act = (verb: 'acknowledge' | 'close', { alertId, raisedAt }: Open): Promise<Ended> =>
  safeband(['alerts', verb, String(alertId), '--raised-at', raisedAt, '--reason', 'it is known'], {
    env,
  });
async function done(verb: 'acknowledge' | 'close', alert: Open | undefined): Promise<void> {
  expect(alert && (await act(verb, alert))).toMatchObject({ code: 0, err: '' });
}

it('an acknowledged alert calls people again for other differences, and once for the same ones', async () => {
  await addEndpoint(pool, {
    url: 'https://example.com/x',
    events: ['alert.raised', 'alert.resolved'],
    accounts: null,
    by: 'a test',
    at: now,
  });
  const events = async (): Promise<readonly string[]> => {
    const { rows } = await pool.query<{ type: string }>(
      'select type from safeband.webhook_events order by number',
    );
    return rows.map(({ type }) => type);
  };
  const RAISED = 'alert.raised';
  const [edited, other] = await rowsOf(month);
  const unseen = (differences: number) => [{ acknowledged: null, details: { differences } }];
  const seen = [{ acknowledged: { reason: 'it is known' } }];

  await move(edited, '1 s');
  const [alert] = await openOn(1);
  expect(await openOn(2)).toMatchObject(unseen(1));
  expect(await events()).toEqual([RAISED]);
  await done('acknowledge', (await open())[0]);
  expect(await openOn(3)).toMatchObject(seen);
  expect(await events()).toEqual([RAISED]);

  await move(other, '1 s');
  expect(await openOn(4)).toMatchObject([{ alertId: alert?.alertId }]);
  expect(await openOn(5)).toMatchObject(unseen(2));
  expect(await events()).toEqual([RAISED, RAISED]);
  await done('acknowledge', (await open())[0]);
  expect(await openOn(6)).toMatchObject(seen);

  // The rows are as they were, which calls no person; and then the same differences are made again.
  for (const row of [edited, other]) await move(row, '-1 s');
  expect(await openOn(7)).toMatchObject(seen);
  expect(await events()).toEqual([RAISED, RAISED]);
  for (const row of [edited, other]) await move(row, '1 s');
  expect(await openOn(8)).toMatchObject(unseen(2));
  expect(await events()).toEqual([RAISED, RAISED, RAISED]);

  for (const row of [edited, other]) await move(row, '-1 s');
  await openOn(9);
  await done('close', (await open())[0]);
  expect(await events()).toEqual([RAISED, RAISED, RAISED, 'alert.resolved']);
});

it('each changed month has its alert, and a person who closes it accepts exactly these differences', async () => {
  const next = isoDay(dayOf(Date.parse(`${month}-01`) + 32 * DAY_MS)).slice(0, 7);
  const [edited, other] = await rowsOf(month);
  const [later] = await rowsOf(next);
  const detailsOf = (row: Place | undefined) => ({
    message:
      `${row?.day.slice(0, 7)}: row was edited (account ${row?.account}, day ${row?.day}, ` +
      `event ${row?.id}); 1 difference found`,
    found: 'row was edited',
    month: row?.day.slice(0, 7),
    account: row?.account,
    quotaDay: row?.day,
    eventId: row?.id,
    differences: 1,
  });
  await move(edited, '1 s');
  const [alert] = await openOn(10);
  expect(alert).toMatchObject({
    accountId: 'safeband:fleet',
    severity: 'critical',
    quotaDay: `${month}-01`,
    details: { ...detailsOf(edited), day: `${month}-01` },
  });
  expect(alert).not.toHaveProperty('details.mark');
  await move(later, '1 s');
  await compareOn(11);
  const both = await open();
  expect(both).toMatchObject([{ details: detailsOf(later) }, { alertId: alert?.alertId }]);
  const { out } = await safeband(['alerts'], { env });
  expect(out.replaceAll(/\s+/g, ' ')).toContain(detailsOf(later).message);
  await done('close', both[0]);
  // The month has differed again since the person has read its alert.
  await move(other, '1 s');
  const [more] = await openOn(12);
  expect(more).toMatchObject({ details: { month, differences: 2 } });
  expect(alert && (await act('close', alert))).toMatchObject({
    code: 5,
    err: expect.stringContaining('AlertRaisedAgain'),
  });
  await done('close', more);
  expect(await openOn(13)).toEqual([]);
  // The rows are as they were, and the same edit again is not what the person has accepted.
  await move(edited, '-1 s');
  expect(await openOn(14)).toMatchObject([{ details: { month, differences: 1 } }]);
  await move(other, '-1 s');
  const [last] = await openOn(15);
  expect(last).toMatchObject({ alertId: alert?.alertId });
  await done('close', last);
  await move(edited, '1 s');
  expect(await openOn(16)).toMatchObject([{ details: { month, differences: 1 } }]);
});
