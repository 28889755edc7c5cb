/**
 * Shadow mode on real servers (R23): a week with another counter, compared with a written table. The
 * gate decides and records, every ask is granted, and all numbers are real. Then the mode ends.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { dayOf, isoDay, startOf } from '../../src/domain/primitives/time.js';
import { statusOf, update } from '../support/account.js';
import { createHttpStand, type HttpStand } from '../support/http.js';
import { rows } from '../support/scenario.js';
import { fastForward } from '../support/time.js';

let stand: HttpStand;
let key: string;
beforeAll(async () => {
  stand = await createHttpStand();
  key = await stand.key('operator');
});
afterAll(() => stand.close());

/**
 * Each day asks four times at once, with a cap of 2 a day and 12 a week and a minute between two
 * sends: a for a new recipient, b, c for the recipient of a, and d. LinkedIn takes a, b and c, and
 * rejects d. So each day has 3 of the week.
 */
const WEEK = `
  day  a           b           c                    d
  1    -           paced       recipient_contacted  daily_cap
  2    -           paced       recipient_contacted  daily_cap
  3    -           paced       recipient_contacted  daily_cap
  4    -           paced       recipient_contacted  weekly_cap
  5    weekly_cap  weekly_cap  recipient_contacted  weekly_cap
  6    weekly_cap  weekly_cap  recipient_contacted  weekly_cap
  7    weekly_cap  weekly_cap  recipient_contacted  weekly_cap
`;
const ASKS = ['a', 'b', 'c', 'd'] as const;

it('grants a week of sends, compares it with what would have been denied, and then denies', async () => {
  const id = stand.newAccount();
  const policy = { dailyCap: 2, weeklyCap: 12, pacing: { minGapSeconds: 60 } };
  const account = await stand.connect(id, { tier: 'premium', mode: 'shadow', ...policy });
  for (const { day, ...expected } of rows(WEEK)) {
    const requests = ASKS.map((name) => ({
      reservationId: `${name}${day}`,
      ...(name === 'a' || name === 'c' ? { recipientId: `person-${day}` } : {}),
    }));
    const answer = await update(account, 'sendReserveBatch', { requests });
    const grants = ASKS.map((name) =>
      expected[name] === '-'
        ? { granted: true }
        : { granted: true, wouldDeny: { reason: expected[name] } },
    );
    expect(answer).toMatchObject({ decisions: grants });
    for (const name of ['a', 'b', 'c']) {
      const reservationId = `${name}${day}`;
      await update(account, 'sendDelivered', { reservationId, chatId: `chat-${reservationId}` });
    }
    await update(account, 'sendFailed', { reservationId: `d${day}`, kind: 'rejected' });
    expect(await statusOf(account)).toMatchObject({ mode: 'shadow', counter: 3, remaining: 0 });
    if (day === '1') await update(account, 'reconcileNow', {});
    if (day === '7') break;
    // The cooldown of the overshoot has ended at 02:00.
    const now = Date.parse((await statusOf(account)).asOf);
    const next = startOf(dayOf(now) + 1) + 2 * 3_600_000;
    await fastForward(stand.client, account.workflowId, Math.ceil((next - now) / 1_000));
  }
  await update(account, 'reconcileNow', {}); // all rows are saved

  const report = (await stand.ask(key, `/v1/accounts/${id}/shadow?days=7`)).json<{
    readonly days: readonly { readonly reasons: object }[];
    readonly to: string;
  }>();
  expect(report).toMatchObject({
    mode: 'shadow',
    granted: 28,
    delivered: 21,
    wouldDeny: 24,
    wouldDenyDelivered: 17,
    groups: [
      { group: 'recipient', granted: 7, delivered: 7 },
      { group: 'pacing', granted: 4, delivered: 4 },
      { group: 'caps', granted: 13, delivered: 6 },
      { group: 'window', granted: 0, delivered: 0 },
      { group: 'stops', granted: 0, delivered: 0 },
    ],
    isCut: false,
  });
  const today = Date.parse((await statusOf(account)).asOf);
  expect(report.to).toBe(isoDay(dayOf(today)));
  expect(report.days.map(({ reasons }) => reasons).toReversed()).toEqual(
    rows(WEEK).map((row) => {
      const counts: Record<string, number> = {};
      for (const name of ASKS) {
        const reason = row[name] ?? '-';
        if (reason !== '-') counts[reason] = (counts[reason] ?? 0) + 1;
      }
      return counts;
    }),
  );
  const file = await stand.ask(key, `/v1/accounts/${id}/shadow?days=7&format=csv`);
  const [head, ...lines] = file.body.trim().split('\n');
  expect(head).toContain('accountId,reservationId,quotaDay,reservedAt,reason,limit,used');
  expect(lines).toHaveLength(24);
  expect((await stand.ask(key, `/v1/accounts/${id}/shadow?days=1`)).json()).toMatchObject({
    granted: 4,
    wouldDeny: 4,
  });

  const alerts = await stand.pool.query<{ mode: string; text: string }>(
    `select details ->> 'mode' as mode, details ->> 'sentences' as text from safeband.alerts
      where account_id = $1 and kind = 'over_cap'`,
    [id],
  );
  expect(alerts.rows.length).toBeGreaterThan(0);
  for (const { mode, text } of alerts.rows) {
    expect([mode, text]).toEqual(['shadow', expect.stringContaining('shadow mode')]);
  }
  const cooldowns = await stand.pool.query<{ reason: string }>(
    `select reason from safeband.account_changes where account_id = $1 and kind = 'cooldown'`,
    [id],
  );
  expect(cooldowns.rows[0]?.reason).toBe('3 of a cap of 2 in shadow mode');

  const enforced = await stand.ask(key, `/v1/accounts/${id}/configure`, { mode: 'enforce' });
  expect(enforced.json()).toMatchObject({ mode: 'enforce', dailyCap: 2 });
  const denied = await update(account, 'sendReserveBatch', {
    requests: [{ reservationId: 'after' }],
  });
  expect(denied).toMatchObject({ decisions: [{ granted: false }] });
  await update(account, 'reconcileNow', {});
  const [last] = (
    await stand.pool.query<{ details: object }>(
      `select details from safeband.alerts where account_id = $1 and kind = 'over_cap'
        order by quota_day desc limit 1`,
      [id],
    )
  ).rows;
  expect(last?.details).toMatchObject({
    mode: 'shadow',
    sentences: expect.arrayContaining([
      'The account was in shadow mode, which granted 4 slots that it would have denied.',
    ]),
  });
  expect(await statusOf(account)).toMatchObject({ mode: 'enforce', counter: 3 });
});
