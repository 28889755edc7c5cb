/** A run's decision (R6, R8): layer 2 compares the counter, then layer 1 corrects it. */
import { describe, expect, it } from 'vitest';
import type { Account } from '../../../../src/domain/account/account.js';
import { deliver } from '../../../../src/domain/commands/deliver.js';
import { fail } from '../../../../src/domain/commands/fail.js';
import { isChatId, isMessageId } from '../../../../src/domain/primitives/ids.js';
import { observe } from '../../../../src/domain/commands/observe.js';
import { hold } from '../../../../src/domain/commands/administer.js';
import { reconcile, type Verdict } from '../../../../src/domain/reconcile/reconcile.js';
import { reserve } from '../../../../src/domain/commands/reserve.js';
import type { EventRow, ReservationRow } from '../../../../src/domain/records/records.js';
import type { Attempt, Evidence } from '../../../../src/domain/records/snapshot.js';
import { anAccount, at, must, r, rows, type Scenario } from '../../../support/scenario.js';
import { counterOf, type ManualEdit } from '../../../../src/domain/account/counter.js';
import { batchOf, reconciled } from '../../../../src/domain/entity/writes.js';

const NOW = at('09:00');
const AFTER = at('09:20');
const chat = (name: string) => must(isChatId, name);

/** Everything that the account has written down, as Postgres has it. */
function written(account: Scenario): Evidence {
  const reservations: ReservationRow[] = [];
  const events: EventRow[] = [];
  for (const { row } of account.entity.outbox) {
    if (row.table === 'reservations') reservations.push(row);
    if (row.table === 'inmail_events') events.push(row);
  }
  return { reservations, events, attempts: [] };
}
const day = (account: Scenario): number => account.entity.account.day;
const manualEdit = (account: Scenario, counter: number): ManualEdit => ({
  day: day(account),
  id: 'edit',
  counter,
  cap: 50,
  columns: ['inmails_sent_today'],
});
/** The account in mid-life: an earlier run of today found all equal. */
function run(
  account: Scenario,
  more: Partial<Evidence> = {},
  row: ManualEdit | null = null,
): Verdict {
  const found = { ...written(account), ...more };
  return reconcile(account.entity.account, found, row, account.now);
}
/** The account after the run, as the workflow applies it. */
function healed(account: Scenario, verdict: Verdict): Account {
  const batch = batchOf(account.entity);
  return reconciled(account.entity, batch, verdict.events, null, account.now).account;
}
function sent(count: number, start: object = {}): Scenario {
  let account = anAccount(start).when(reserve, { reservationId: r('first') });
  account = account.when(deliver, { reservationId: r('first'), chatId: chat('c0') });
  for (let n = 1; n < count; n += 1) {
    account = account
      .when(reserve, { reservationId: r(`s${n}`) })
      .when(deliver, { reservationId: r(`s${n}`), chatId: chat(`c${n}`) });
  }
  return account;
}
const attempt = (account: Scenario, id: string, more: Partial<Attempt> = {}): Attempt => ({
  reservationId: r(id),
  quotaDay: day(account),
  attemptedAt: NOW,
  outcome: null,
  chatId: null,
  messageId: null,
  errorCode: null,
  ...more,
});

describe('a run that finds all equal', () => {
  it('a reconcile that finds no difference reports nothing, and the account is cold as soon as nothing is in flight', () => {
    const verdict = run(sent(3));
    expect(verdict).toMatchObject({ events: [], alerts: [], cooled: false });
    expect(verdict.days.at(-1)).toMatchObject({ before: 3, after: 3, drift: 0, isHealed: false });
  });
});

describe('layer 2', () => {
  const table = `
    row  delivered  cap   alert    cooldown
     22         17   50   -        -
     23         17   50   drift    -
     59         20   50   drift    -
     60         20   50   drift    overshoot
    104         17   50   drift    overshoot
     29          5   25   drift    -
     30          5   25   drift    overshoot
  `;
  it.each(rows(table))(
    'a counter of $row of $cap with $delivered delivered: $alert $cooldown',
    (line) => {
      const account = sent(Number(line['delivered']), { dailyCap: Number(line['cap']) });
      const verdict = run(account, {}, manualEdit(account, Number(line['row'])));
      const kinds = verdict.alerts.map(({ kind }) => kind);
      expect(kinds.includes('drift')).toBe(line['alert'] === 'drift');
      expect(verdict.cooled).toBe(line['cooldown'] === 'overshoot');
      const after = healed(account, verdict);
      expect(counterOf(after, after.day)).toBe(Number(line['delivered']));
      expect(after.cooldowns.map(({ cause, until }) => [cause, until])).toEqual(
        verdict.cooled ? [['overshoot', NOW + 3_600_000]] : [],
      );
    },
  );

  it('a counter of 1 with a cap of 0 starts a cooldown', () => {
    const account = anAccount({ dailyCap: 0 });
    expect(run(account, {}, manualEdit(account, 1)).cooled).toBe(true);
  });

  it('an overshoot starts one cooldown, and another only when the counter has grown', () => {
    const account = sent(17);
    const first = healed(account, run(account, {}, manualEdit(account, 104)));
    const later = { ...first, cooldowns: [] };
    const found = written(account);
    const cools = (counter: number): boolean =>
      reconcile(later, found, manualEdit(account, counter), AFTER).cooled;
    expect([cools(104), cools(105)]).toEqual([false, true]);
  });

  it('an alert names the parts of the gap, and they add up to it', () => {
    let account = sent(17, { inmailsSentToday: 2, deliveredToday: 2 });
    for (const id of ['f1', 'f2', 'f3']) account = account.when(reserve, { reservationId: r(id) });
    account = account.when(fail, { reservationId: r('f3'), kind: 'unknown' });
    const verdict = run(account, {}, manualEdit(account, 104));
    const { parts, drift, before } = verdict.days.at(-1) ?? {};
    expect(Object.fromEntries((parts ?? []).map(({ cause, count }) => [cause, count]))).toEqual({
      in_flight: 2,
      uncertain: 1,
      imported: 2,
      edited_by_hand: 82,
    });
    expect(parts?.reduce((sum, { count }) => sum + count, 0)).toBe((before ?? 0) - 17);
    expect(drift).toBe(104 - 17 - 2);
  });

  it('an alert is for information if slots in flight explain the whole drift', () => {
    let account = anAccount();
    for (let n = 0; n < 6; n += 1) account = account.when(reserve, { reservationId: r(`f${n}`) });
    expect(run(account).alerts).toMatchObject([{ kind: 'drift', severity: 'info' }]);
  });
});

describe('leases (R6)', () => {
  const leased = (journaled: boolean): Scenario =>
    anAccount().when(reserve, { reservationId: r('a'), leaseSeconds: 60, journaled });
  const table = `
    journal        journaled  at     becomes
    none           yes        09:00  in_flight
    none           yes        09:20  uncertain
    none           no         09:20  uncertain
    void           yes        09:20  released
    void           no         09:20  uncertain
    attempted      yes        09:00  in_flight
    attempted      yes        09:20  uncertain
    delivered      yes        09:20  delivered
    delivered      yes        09:00  delivered
    rejected       yes        09:20  released
    throttled      yes        09:20  released
    unknown        yes        09:20  uncertain
  `;
  it.each(rows(table))('$journal, journaled $journaled, at $at: $becomes', (line) => {
    const account = leased(line['journaled'] === 'yes').until(at(String(line['at'])));
    const row = {
      none: [],
      void: [attempt(account, 'a', { outcome: 'void' })],
      attempted: [attempt(account, 'a')],
      delivered: [attempt(account, 'a', { outcome: 'delivered', chatId: chat('c') })],
      rejected: [attempt(account, 'a', { outcome: 'failed', errorCode: 'rejected' })],
      throttled: [attempt(account, 'a', { outcome: 'failed', errorCode: 'throttled' })],
      unknown: [attempt(account, 'a', { outcome: 'failed', errorCode: 'unknown' })],
    }[String(line['journal'])];
    const after = healed(account, run(account, { attempts: row ?? [] }));
    expect(after.slots.map(({ state }) => state)).toEqual([line['becomes']]);
    expect(counterOf(after, after.day)).toBe(line['becomes'] === 'released' ? 0 : 1);
    expect(after.cooldowns.map(({ cause }) => cause)).toEqual(
      line['journal'] === 'throttled' ? ['throttled'] : [],
    );
  });

  it('a journal that names the chat of another InMail proves nothing', () => {
    const account = sent(1)
      .when(reserve, { reservationId: r('a'), leaseSeconds: 60, journaled: true })
      .until(AFTER);
    const copy = attempt(account, 'a', { outcome: 'delivered', chatId: chat('c0') });
    const after = healed(account, run(account, { attempts: [copy] }));
    expect(after.slots.map(({ state }) => state)).toEqual(['delivered', 'uncertain']);
  });
});

describe('layer 1', () => {
  it('a reconcile counts an attempt without a grant, with an alert', () => {
    const account = sent(1);
    const attempts = [
      attempt(account, 'wild'),
      attempt(account, 'sent', { outcome: 'delivered', chatId: chat('w') }),
      attempt(account, 'refused', { outcome: 'failed', errorCode: 'rejected' }),
    ];
    const verdict = run(account, { attempts });
    expect(verdict.alerts.map(({ kind }) => kind)).toEqual(['undercount']);
    expect(verdict.days.at(-1)).toMatchObject({ before: 1, after: 3, isHealed: true });
    const after = healed(account, verdict);
    expect(counterOf(after, after.day)).toBe(3);
    expect(reconcile(after, { ...written(account), attempts }, null, NOW).days.at(-1)?.after).toBe(
      3,
    );
  });

  it('a reconcile counts a row that a pipeline wrote without a slot, once', () => {
    const account = sent(1);
    const row: EventRow = {
      table: 'inmail_events',
      reservationId: null,
      chatId: chat('typed'),
      messageId: null,
      source: 'external',
      quotaDay: day(account),
      deliveredAt: NOW,
      isCounted: true,
    };
    const found = written(account);
    const verdict = run(account, { events: [...found.events, row] });
    const after = healed(account, verdict);
    expect(counterOf(after, after.day)).toBe(2);
    const again = reconcile(after, { ...found, events: [...found.events, row] }, null, NOW);
    expect(again.events).toEqual([]);
  });

  it('a reconcile writes a delivery again that is missing in the log, and a manually deleted reservation', () => {
    const account = sent(2);
    const { events, reservations } = written(account);
    const verdict = run(account, {
      events: events.slice(1),
      reservations: reservations.slice(0, 1),
    });
    expect(verdict.events.map(({ type }) => type).toSorted()).toEqual([
      'SlotDelivered',
      'SlotRestored',
    ]);
    expect(verdict.days.at(-1)).toMatchObject({ before: 2, after: 2, drift: 1, isHealed: true });
    expect(verdict.days.at(-1)?.parts).toMatchObject([{ cause: 'missing_event', count: 1 }]);
  });

  it('a reconcile still counts a forgotten reservation in its day while it reads the log of that day', () => {
    const account = sent(1);
    const { events } = written(account);
    const later = account.until(at('2026-11-27T09:00:00.000Z'));
    const verdict = run(later, { reservations: [], events });
    expect(verdict.events).toEqual([]);
    expect(counterOf(healed(later, verdict), day(account))).toBe(1);
  });

  it('a reconcile still counts an external send if the log has refused or lost its row', () => {
    const observed = { chatId: chat('manual'), messageId: must(isMessageId, 'm'), sentAt: NOW };
    const account = sent(1).when(observe, observed);
    const verdict = run(account, { events: [] });
    const after = healed(account, verdict);
    expect(counterOf(after, after.day)).toBe(2);
    expect(verdict.days.at(-1)).toMatchObject({ before: 2, after: 2, drift: 2 });
    expect(verdict.events.map(({ type }) => type)).toContain('ExternalRestored');
  });

  it('a reconcile counts a second send of a slot that only the journal has', () => {
    const account = sent(1);
    const other = { outcome: 'delivered', chatId: chat('another') } as const;
    const attempts = [attempt(account, 'first', other)];
    const after = healed(account, run(account, { attempts }));
    expect(counterOf(after, after.day)).toBe(2);
    const again = reconcile(after, { ...written(account), attempts }, null, NOW);
    expect(again.events.map(({ type }) => type)).not.toContain('ExternalCounted');
  });

  it('a reconcile corrects the number of a wrong import: 104 with 17', () => {
    const account = sent(1, { inmailsSentToday: 104, deliveredToday: 17 });
    const verdict = run(account);
    expect(verdict).toMatchObject({ cooled: true });
    const after = healed(account, verdict);
    expect(counterOf(after, after.day)).toBe(18);
  });

  it('a reconcile keeps the messages that came while it read', () => {
    const account = anAccount().when(reserve, { reservationId: r('a'), leaseSeconds: 60 });
    const late = account.until(AFTER);
    const verdict = run(late);
    expect(verdict.events.map(({ type }) => type)).toEqual(['SlotMadeUncertain']);
    const meanwhile = late
      .when(deliver, { reservationId: r('a'), chatId: chat('c') })
      .when(hold, { reason: 'x', actor: 'ada' });
    const after = healed(meanwhile, verdict);
    expect(after.slots.map(({ state }) => state)).toEqual(['delivered']);
  });
});
