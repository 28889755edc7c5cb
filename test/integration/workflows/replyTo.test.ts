/** The receivers of a decision: never a workflow of Temporal or Safeband, by any message. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  flawOfSchedule,
  readSchedule,
  registerSchedule,
  SCHEDULES,
  type ScheduleReading,
} from '../../../src/temporal/schedules.js';
import type { BatchAnswer } from '../../../src/temporal/protocol.js';
import { ask, run, statusOf, update } from '../../support/account.js';
import { createHttpStand, type HttpStand } from '../../support/http.js';

const PREFIX = 'outreach/';
let stand: HttpStand;
let closed: HttpStand;
beforeAll(async () => {
  stand = await createHttpStand({ replyPrefix: PREFIX });
  closed = await createHttpStand();
});
afterAll(async () => {
  await stand.close();
  await closed.close();
});

const FOREIGN = [
  ['temporal-sys-scheduler:inmail-fleet-audit', 'update'],
  [' Temporal-Sys-scheduler:x ', 'patch'],
  ['inmail-account/other', 'hold'],
  ['INMAIL-ACCOUNT/other', 'hold'],
  ['inmail-fleet-audit-workflow-2026-11-28T00:05:00Z', 's'],
  ['inmail-webhooks', 's'],
  ['a-pipeline', '__temporal_stack'],
  ['a-pipeline', ' __TEMPORAL'],
  ['a-pipeline', 'safeband:reset'],
  ['a\u001b[2J', 's'],
  ['a-pipeline', 's\nt'],
  ['a\u202eb', 's'],
  // 1,002 bytes: the server would fail each task of the account permanently.
  ['中'.repeat(334), 's'],
  ['a-pipeline', '中'.repeat(334)],
] as const;

describe('a reply', () => {
  it.each(FOREIGN)(
    'an Update with a reply to %j by %j is refused',
    async (workflowId, signalName) => {
      const account = await stand.connect(stand.newAccount());
      const replyTo = { workflowId, signalName };
      const asked = await ask(account, 'r-1', { replyTo }).catch((error: Error) => error.cause);
      expect(asked).toMatchObject({
        type: 'InvalidInput',
        message: expect.stringMatching(/^replyTo/),
      });
      const { decisions } = await update<BatchAnswer>(account, 'sendReserveBatch', {
        requests: [{ reservationId: 'r-1', replyTo }],
      });
      expect(decisions).toMatchObject([{ granted: false, error: { type: 'InvalidInput' } }]);
      expect(await statusOf(account)).toMatchObject({ counter: 0 });
    },
  );

  it('a Signal with a reply to a workflow of Safeband loses the reply with an alert, and its reserve counts', async () => {
    const id = stand.newAccount();
    const account = await stand.connect(id);
    for (const [n, [workflowId, signalName]] of FOREIGN.entries()) {
      const replyTo = { workflowId, signalName };
      await account.signal('sendReserve', { reservationId: `r-${n}`, replyTo });
    }
    await run(account);
    expect(await statusOf(account)).toMatchObject({ counter: FOREIGN.length });
    const { events } = await account.fetchHistory();
    expect(
      events?.filter((one) => one.signalExternalWorkflowExecutionInitiatedEventAttributes),
    ).toEqual([]);
    const { rows } = await stand.pool.query(
      `select times from safeband.alerts where account_id = $1 and kind = 'bad_signal'`,
      [id],
    );
    expect(rows).toEqual([{ times: FOREIGN.length }]);
  });

  it('a reply to a name of 1,000 bytes, the longest that Temporal takes, is tried', async () => {
    const id = stand.newAccount();
    const account = await stand.connect(id);
    const name = `${'中'.repeat(333)}a`;
    const replyTo = { workflowId: name, signalName: name };
    expect(await ask(account, 'r-1', { replyTo })).toMatchObject({ granted: true });
    const failed = `select times from safeband.alerts where account_id = $1 and kind = 'reply_failed'`;
    await expect
      .poll(async () => {
        await run(account);
        return (await stand.pool.query(failed, [id])).rows;
      })
      .toEqual([{ times: 1 }]);
  });

  it('a reply over HTTP goes only to workflows that the setting of the server allows', async () => {
    const reserve = async (where: HttpStand, workflowId: string): Promise<unknown> => {
      const id = where.newAccount();
      await where.connect(id);
      const key = await where.key('pipeline');
      const item = (n: number) => ({
        reservationId: `r-${n}`,
        replyTo: { workflowId, signalName: 'decided' },
      });
      const one = await where.ask(key, `/v1/accounts/${id}/sendReserve`, item(1));
      const requests = [item(2)];
      const many = await where.ask(key, `/v1/accounts/${id}/sendReserveBatch`, { requests });
      const { detail } = one.json<{ detail?: string }>();
      const [answer] = many.json<{ decisions: { error?: { message: string } }[] }>().decisions;
      expect(answer?.error?.message).toBe(detail);
      return detail;
    };
    expect(await reserve(closed, 'outreach/7')).toContain('SAFEBAND_REPLY_PREFIX');
    expect(await reserve(stand, 'outreach/7')).toBe(undefined);
    expect(await reserve(stand, 'other')).toContain('SAFEBAND_REPLY_PREFIX');
    expect(await reserve(stand, 'Outreach/7')).toContain('SAFEBAND_REPLY_PREFIX');
  });
});

describe('a Schedule', () => {
  it('a Schedule that a foreign signal has emptied is found, and repaired by a migration', async () => {
    const { client, taskQueue } = stand;
    const [scheduleId, expected] = [`audit-${taskQueue}`, SCHEDULES[0]];
    const place = { scheduleId, taskQueue };
    const flaw = async () =>
      flawOfSchedule(expected, await readSchedule(client, scheduleId), Date.now())?.found;
    expect(await flaw()).toContain('missing');
    expect(await registerSchedule(client, place)).toBe('made');
    expect(await flaw()).toBe(undefined);

    const decision = { granted: false, reservationId: 'r-1', reason: 'held', retryAt: null };
    await client.workflow
      .getHandle(`temporal-sys-scheduler:${scheduleId}`)
      .signal('update', decision);
    await expect.poll(flaw).toContain('starts no workflow');
    expect(await registerSchedule(client, place)).toBe('updated');
    await expect.poll(flaw).toBe(undefined);
    expect(await readSchedule(client, scheduleId)).toMatchObject({
      workflowType: 'inmailFleetAudit',
      isPaused: false,
    });

    const handle = client.schedule.getHandle(scheduleId);
    await handle.pause('by Ada');
    expect(await registerSchedule(client, place)).toBe('updated');
    await expect.poll(flaw).toContain('paused: nothing audits the fleet (by Ada)');
    await handle.delete();
  });

  const now = Date.UTC(2026, 0, 1);
  const well: ScheduleReading = {
    isPaused: false,
    note: '',
    workflowType: 'inmailFleetAudit',
    nextAt: now + 60_000,
    lastAt: now - 60_000,
    isRunning: false,
  };
  it.each([
    [{}, undefined, undefined],
    [{ workflowType: 'other' }, 'broken', 'safeband migrate'],
    [{ nextAt: null }, 'broken', 'safeband migrate'],
    [{ nextAt: now + 21 * 60_000 }, 'broken', 'safeband migrate'],
    [{ isPaused: true, nextAt: null }, 'paused', 'temporal schedule toggle'],
    [{ nextAt: now - 21 * 60_000 }, 'late', 'temporal schedule describe'],
    [{ lastAt: now - 21 * 60_000 }, 'late', 'temporal schedule describe'],
    [{ lastAt: now - 21 * 60_000, isRunning: true }, undefined, undefined],
  ] as const)('a Schedule with %j is %s', (changed, kind, cure) => {
    const flaw = flawOfSchedule(SCHEDULES[0], { ...well, ...changed }, now);
    expect(flaw?.kind).toBe(kind);
    expect(flaw?.cure.startsWith(cure ?? '')).toBe(kind && true);
  });
});
