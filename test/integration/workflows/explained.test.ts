/** Why the counter differs (R8, R17): alerts, corrections and the UI explain it, on the real servers. */
import { readFile } from 'node:fs/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, query, skipToSave, update } from '../../support/account.js';
import { createStand, type Stand } from '../../support/stand.js';

let stand: Stand;
beforeAll(async () => {
  stand = await createStand();
});
afterAll(() => stand.close());

const all = async (sql: string, id: string): Promise<readonly unknown[]> =>
  (await stand.pool.query(sql, [id])).rows;

/** Connects an account with that many deliveries, all saved in Postgres. */
async function sent(count: number): Promise<{ id: string; account: WorkflowHandle }> {
  const id = stand.newAccount();
  const account = await stand.connect(id);
  const requests = Array.from({ length: count }, (_, n) => ({ reservationId: `s${n}` }));
  await update(account, 'sendReserveBatch', { requests });
  for (const { reservationId } of requests) {
    await account.signal('sendDelivered', { reservationId, chatId: `chat-${reservationId}` });
  }
  await skipToSave(account);
  return { id, account };
}
type Explained = {
  readonly counter: number;
  readonly parts: readonly {
    readonly cause: string;
    readonly count: number;
    readonly reservations: readonly string[];
  }[];
  readonly sentences: readonly string[];
};
const explained = async (kind: string, id: string): Promise<Explained> => {
  const { rows } = await stand.pool.query<{ details: Explained }>(
    'select details from safeband.alerts where account_id = $1 and kind = $2',
    [id, kind],
  );
  const [row] = rows;
  if (!row) throw new Error(`no alert ${kind}`);
  return row.details;
};
/** Reads the panel of the Temporal UI. */
const panelOf = async (account: WorkflowHandle): Promise<string> => {
  const metadata = await query<{ currentDetails?: string }>(
    account,
    '__temporal_workflow_metadata',
  );
  return metadata.currentDetails ?? '';
};

describe('a gap', () => {
  it('a gap of 104 with 17 sent that a reconcile corrected is explained in the past tense', async () => {
    const { id, account } = await sent(17);
    await all('update safeband.accounts set inmails_sent_today = 104 where account_id = $1', id);
    await update(account, 'reconcileNow');
    const { sentences, parts } = await explained('drift', id);
    expect(parts).toEqual([{ cause: 'edited_by_hand', count: 87, reservations: [] }]);
    expect(sentences[0]).toBe('The counter was 104, the event log had 17: 87 apart.');
    expect(sentences[1]).toContain('the number was edited manually');
    expect(sentences[1]).toContain('The reconcile corrected them.');
    expect(sentences.slice(2)).toEqual([
      'The reconcile set the counter from 104 to 17.',
      "The account's row had been edited manually (inmails_sent_today); the reconcile restored it.",
    ]);
    expect(await explained('over_cap', id)).toMatchObject({ sentences, cap: 50 });
    // The SQL statement of the documents.
    const docs = await readFile('docs/lifecycle.md', 'utf8');
    const [, question = ''] = /```sql\n([\s\S]*?)```/.exec(docs) ?? [];
    const { rows: asked } = await stand.pool.query<{
      account_id: string;
      kind: string;
      why: string;
    }>(question);
    const mine = asked.filter((row) => row.account_id === id && row.kind === 'drift');
    expect(mine.map(({ why }) => why)).toEqual(sentences);
    const corrections = `select explanation->'sentences' as sentences from safeband.corrections
      where account_id = $1`;
    expect(await all(corrections, id)).toEqual([{ sentences }]);
  });

  it('alert, correction and panel explain a gap by its parts', async () => {
    const { id, account } = await sent(2);
    const ids = ['f1', 'f2', 'f3', 'f4', 'u1'];
    for (const name of ids) await ask(account, name);
    await update(account, 'sendFailed', { reservationId: 'u1', kind: 'unknown' });
    const today = `(now() at time zone 'UTC')::date`;
    await all(
      `insert into safeband.send_attempts
         (account_id, reservation_id, quota_day, attempted_at, outcome, error_code, settled_at)
       values ($1, 'f4', ${today}, now(), 'failed', 'rejected', now())`,
      id,
    );
    await all(
      `insert into safeband.inmail_events
         (account_id, reservation_id, chat_id, source, quota_day, delivered_at)
       values ($1, 'wild', 'c-wild', 'pipeline', ${today}, now())`,
      id,
    );
    await all('update safeband.accounts set inmails_sent_today = 12 where account_id = $1', id);
    expect(await update(account, 'reconcileNow')).toMatchObject({ drift: 9, alerted: true });
    const alert = await explained('drift', id);
    const byCause = alert.parts.map(({ cause, count, reservations }) => [
      cause,
      count,
      ...reservations.toSorted(),
    ]);
    expect(byCause.toSorted(([a], [b]) => String(a).localeCompare(String(b)))).toEqual([
      ['bypassed_gate', -1, 'wild'],
      ['edited_by_hand', 5],
      ['in_flight', 3, 'f1', 'f2', 'f3'],
      ['lost_rollback', 1, 'f4'],
      ['uncertain', 1, 'u1'],
    ]);
    expect(alert.parts.reduce((sum, { count }) => sum + count, 0)).toBe(12 - 3);
    expect(alert.sentences[0]).toBe('The counter was 12, the event log had 3: 9 apart.');
    expect(alert.sentences).toHaveLength(8);
    // A send past the gate is reported, although the counter was higher before than it is now.
    expect(await explained('undercount', id)).toMatchObject({ counter: 12, after: 7 });
    const [correction] = await all(
      `select before, after, explanation from safeband.corrections where account_id = $1`,
      id,
    );
    expect(correction).toMatchObject({
      before: 12,
      after: 7,
      explanation: { parts: alert.parts, sentences: alert.sentences },
    });
    await skipToSave(account);
    await expect
      .poll(() => panelOf(account))
      .toContain(
        'The counter is 7, the event log has 3: 4 apart.\n- 3 are on the counter only' +
          ' (reservations f1, f2, f3), in flight',
      );
    expect(await panelOf(account)).toContain(
      '- 1 is on the counter only (reservation u1), uncertain',
    );
  });

  it('a gap of slots in flight is an info alert in one row, which is resolved when they end', async () => {
    const id = stand.newAccount();
    const account = await stand.connect(id);
    const names = ['f0', 'f1', 'f2', 'f3', 'f4', 'f5'];
    for (const name of names) await ask(account, name);
    const alerts = `select kind, severity, times, resolved_at is null as is_open
      from safeband.alerts where account_id = $1`;
    const drift = { kind: 'drift', severity: 'info', is_open: true };
    await update(account, 'reconcileNow');
    expect(await all(alerts, id)).toEqual([{ ...drift, times: 1 }]);
    await update(account, 'reconcileNow');
    expect(await all(alerts, id)).toEqual([{ ...drift, times: 2 }]);
    await update(account, 'sendFailed', { reservationId: 'f0', kind: 'unknown' });
    await update(account, 'reconcileNow');
    expect(await all(alerts, id)).toEqual([{ ...drift, severity: 'warning', times: 3 }]);
    await update(account, 'sendFailed', { reservationId: 'f0', kind: 'rejected' });
    await update(account, 'reconcileNow');
    expect(await all(alerts, id)).toMatchObject([{ times: 3, is_open: false }]);
  });
});
