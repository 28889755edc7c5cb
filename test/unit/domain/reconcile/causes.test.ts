/** Each class of a gap by itself: what it is called, how much it is, who is behind it (R8, R17). */
import { describe, expect, it } from 'vitest';
import type { Account } from '../../../../src/domain/account/account.js';
import type { GapPart } from '../../../../src/domain/gap/breakdown.js';
import { deliver } from '../../../../src/domain/commands/deliver.js';
import { fail } from '../../../../src/domain/commands/fail.js';
import { observe } from '../../../../src/domain/commands/observe.js';
import { reconcile, type Verdict } from '../../../../src/domain/reconcile/reconcile.js';
import { reserve } from '../../../../src/domain/commands/reserve.js';
import type { EventRow, ReservationRow } from '../../../../src/domain/records/records.js';
import type { Attempt, Evidence } from '../../../../src/domain/records/snapshot.js';
import { anAccount, at, c, m, r, type Scenario } from '../../../support/scenario.js';
import { counterOf, type ManualEdit } from '../../../../src/domain/account/counter.js';
import { batchOf, reconciled } from '../../../../src/domain/entity/writes.js';

const TODAY = Math.floor(at('09:00') / 86_400_000);
const asked = (account: Scenario, name: string): Scenario =>
  account.when(reserve, { reservationId: r(name), leaseSeconds: 900 });
const sent = (account: Scenario, name: string): Scenario =>
  asked(account, name).when(deliver, { reservationId: r(name), chatId: c(`c-${name}`) });
const failed = (account: Scenario, name: string, kind: 'rejected' | 'unknown'): Scenario =>
  asked(account, name).when(fail, { reservationId: r(name), kind });

function written(account: Scenario): Evidence {
  const reservations: ReservationRow[] = [];
  const events: EventRow[] = [];
  for (const { row } of account.entity.outbox) {
    if (row.table === 'reservations') reservations.push(row);
    if (row.table === 'inmail_events') events.push(row);
  }
  return { reservations, events, attempts: [] };
}
const logRow = (more: Partial<EventRow> = {}): EventRow => ({
  table: 'inmail_events',
  reservationId: null,
  chatId: c('c-log'),
  messageId: null,
  source: 'pipeline',
  quotaDay: TODAY,
  deliveredAt: at('09:00'),
  isCounted: true,
  ...more,
});
const attempt = (name: string, more: Partial<Attempt> = {}): Attempt => ({
  reservationId: r(name),
  quotaDay: TODAY,
  attemptedAt: at('09:00'),
  outcome: null,
  chatId: null,
  messageId: null,
  errorCode: null,
  ...more,
});
const edited = (counter: number, day = TODAY): ManualEdit => ({
  id: 'edit',
  day,
  counter,
  cap: null,
  columns: ['inmails_sent_today'],
});

/** One cause: an account, and the evidence in addition to its own rows. */
type Case = {
  readonly account: Scenario;
  readonly found?: (own: Evidence) => Partial<Evidence>;
  readonly manualEdit?: ManualEdit;
};
function runOf({ account, found, manualEdit }: Case): Verdict {
  const own = written(account);
  const evidence = { ...own, ...found?.(own) };
  return reconcile(account.entity.account, evidence, manualEdit ?? null, account.now);
}
const part = (cause: GapPart['cause'], count: number, ...ids: readonly string[]): GapPart => ({
  cause,
  count,
  reservations: ids.map(r),
});
const logged =
  (...rows: readonly EventRow[]) =>
  ({ events }: Evidence): Partial<Evidence> => ({ events: [...events, ...rows] });
const journaled =
  (...attempts: readonly Attempt[]) =>
  (): Partial<Evidence> => ({ attempts });

const rejected = { outcome: 'failed', errorCode: 'rejected' } as const;
const delivered = { outcome: 'delivered', chatId: c('c-j') } as const;
const both = sent(anAccount(), 'a');

const CASES: readonly (readonly [string, Case, readonly GapPart[]])[] = [
  ['nothing', { account: both }, []],
  ['in flight', { account: asked(both, 'x') }, [part('in_flight', 1, 'x')]],
  [
    'in flight until the end of its lease: uncertain from now on',
    { account: asked(both, 'x').until(at('09:15')) },
    [part('uncertain', 1, 'x')],
  ],
  ['uncertain', { account: failed(both, 'x', 'unknown') }, [part('uncertain', 1, 'x')]],
  [
    'a lost rollback: failed in the journal, the workflow still counts',
    { account: asked(both, 'x'), found: journaled(attempt('x', rejected)) },
    [part('lost_rollback', 1, 'x')],
  ],
  [
    'a call that never began, behind the fence',
    {
      account: both.when(reserve, { reservationId: r('x'), journaled: true }).until(at('09:20')),
      found: journaled(attempt('x', { outcome: 'void' })),
    },
    [part('lost_rollback', 1, 'x')],
  ],
  [
    'a missing event: the log lacks a row',
    { account: sent(both, 'x'), found: ({ events }) => ({ events: events.slice(0, 1) }) },
    [part('missing_event', 1, 'x')],
  ],
  [
    'a missing event: only the journal knows of the delivery',
    { account: asked(both, 'x'), found: journaled(attempt('x', delivered)) },
    [part('missing_event', 1, 'x')],
  ],
  [
    'a late delivery: the log has one that was given back',
    {
      account: failed(both, 'x', 'rejected'),
      found: logged(logRow({ reservationId: r('x') })),
    },
    [part('late_delivery', -1, 'x')],
  ],
  [
    'a late delivery that only the journal knows of',
    {
      account: failed(both, 'x', 'rejected'),
      found: journaled(attempt('x', delivered)),
    },
    [part('late_delivery', 0, 'x')],
  ],
  ['sent manually, and counted', { account: observed(both) }, []],
  [
    'external: the log has one that was not counted',
    { account: both, found: logged(logRow({ source: 'external' })) },
    [part('external', -1)],
  ],
  [
    'external: one is counted that the log lacks',
    { account: observed(both), found: ({ events }) => ({ events: events.slice(0, 1) }) },
    [part('external', 1)],
  ],
  [
    'past the gate: a row under a foreign id',
    { account: both, found: logged(logRow({ reservationId: r('wild') })) },
    [part('bypassed_gate', -1, 'wild')],
  ],
  [
    'past the gate: a row without an id',
    { account: both, found: logged(logRow()) },
    [part('bypassed_gate', -1)],
  ],
  [
    'without a slot: attempts without a grant',
    {
      account: both,
      found: journaled(attempt('w1'), attempt('w2', delivered), attempt('w3', rejected)),
    },
    [part('bypassed_gate', 0, 'w1', 'w2')],
  ],
  [
    'edited manually, up',
    { account: both, manualEdit: edited(104) },
    [part('edited_by_hand', 103)],
  ],
  ['edited manually, down: no number was higher', { account: both, manualEdit: edited(0) }, []],
  ['imported', { account: sent(anAccount({ inmailsSentToday: 2 }), 'a') }, [part('imported', 2)]],
  [
    'unexplained: a wrong number at the start',
    { account: sent(anAccount({ inmailsSentToday: 104, deliveredToday: 17 }), 'a') },
    [part('imported', 17), part('unexplained', 87)],
  ],
];
/** Sent manually, observed in the outbox. */
function observed(account: Scenario): Scenario {
  return account.when(observe, { chatId: c('hand'), messageId: m('m'), sentAt: account.now });
}

describe('the breakdown of a gap', () => {
  it.each(CASES)('%s', (_, one, parts) => {
    expect(runOf(one).days.at(-1)?.parts).toEqual(parts);
  });

  it('the first reconcile of a day also reports the parts of the gap of the day before', () => {
    const account = asked(sent(anAccount({}, { now: at('23:50') }), 'a'), 'x');
    const own = written(account);
    const rolled = account.until(at('2026-11-25T00:01:00.000Z'));
    const checked = { ...rolled.entity.account, reconciledAt: account.now };
    const found = { ...own, events: [...own.events, logRow()] };
    const { days } = reconcile(checked, found, edited(9, TODAY), rolled.now);
    expect(days.map(({ day, parts }) => [day - TODAY, parts])).toEqual([
      [0, [part('in_flight', 1, 'x'), part('bypassed_gate', -1), part('edited_by_hand', 7)]],
      [1, []],
    ]);
  });

  it('the breakdown of a gap reports a send observed on one day and reserved on another as external, on both', () => {
    const late = asked(anAccount({}, { now: at('23:59') }), 'x').until(
      at('2026-11-25T00:01:00.000Z'),
    );
    const observation = { chatId: c('c-x'), messageId: m('m1') };
    const account = late
      .when(observe, { ...observation, sentAt: late.now })
      .when(deliver, { reservationId: r('x'), ...observation });
    const checked = { ...account.entity.account, reconciledAt: at('23:00') };
    const { days } = reconcile(checked, written(account), null, account.now);
    expect(days.map(({ before, parts }) => [before, parts])).toEqual([
      [1, [part('external', 1, 'x')]],
      [1, []],
    ]);
  });
});

describe('a run', () => {
  /** The account as it is after the run. */
  const healed = (one: Case): Account => {
    const { account } = one;
    const { events } = runOf(one);
    return reconciled(account.entity, batchOf(account.entity), events, null, account.now).account;
  };
  const counts = (account: Account): number => counterOf(account, TODAY);

  it('a reconcile counts a second InMail that the log has under the id of another', () => {
    const account = asked(both, 'x').when(deliver, { reservationId: r('x'), chatId: c('c-x') });
    const { events } = written(account);
    const others = [...events.slice(0, 1), logRow({ reservationId: r('x'), chatId: c('other') })];
    const one = { account, found: () => ({ events: others }) };
    expect(runOf(one).days.at(-1)?.parts).toEqual([
      part('missing_event', 1, 'x'),
      part('bypassed_gate', -1, 'x'),
    ]);
    expect(runOf(one).alerts.map(({ kind }) => kind)).toContain('undercount');
    expect(counts(healed(one))).toBe(3);
  });

  it('a reconcile does not deliver a slot because of a row with the chat of another slot', () => {
    const account = asked(both, 'x');
    const copied = logRow({ reservationId: r('x'), chatId: c('c-a') });
    const one = { account, found: () => ({ events: [copied] }) };
    expect(healed(one).slots.map(({ state }) => state)).toEqual(['delivered', 'in_flight']);
    expect(runOf(one).days.at(-1)?.parts).toEqual([part('in_flight', 1, 'x')]);
  });

  it('a reconcile gives an observed message id to the reservation whose journal contains it', () => {
    const account = asked(
      both.when(observe, { chatId: c('c-a'), messageId: m('m1'), sentAt: at('09:00') }),
      'x',
    );
    const proof = { outcome: 'delivered', chatId: c('c-a'), messageId: m('m1') } as const;
    const after = healed({ account, found: journaled(attempt('x', proof)) });
    expect(after.slots).toMatchObject([
      { reservationId: 'a', messageId: null, isAdopted: false },
      { reservationId: 'x', messageId: 'm1', isAdopted: false },
    ]);
  });

  it('a reconcile keeps a slot on its own day, whatever a manual edit wrote into its row', () => {
    const account = asked(both, 'x');
    const moved = ({ reservations }: Evidence): Partial<Evidence> => ({
      reservations: reservations.map((row) =>
        row.reservationId === 'x'
          ? { ...row, state: 'uncertain', reason: 'moved', quotaDay: TODAY - 1 }
          : row,
      ),
    });
    const after = healed({ account, found: moved });
    expect(after.slots.at(-1)).toMatchObject({ state: 'uncertain', quotaDay: TODAY });
    expect(counts(after)).toBe(2);
  });

  it('if two InMails share a row of the log, a reconcile does not report that it writes the second row', () => {
    const deliveredState = {
      state: 'delivered',
      chatId: c('c-a'),
      settledAt: at('09:00'),
    } as const;
    const copied = ({ reservations: [a, x] }: Evidence): Partial<Evidence> => ({
      reservations: a && x ? [a, { ...x, ...deliveredState }] : [],
    });
    const [today] = runOf({ account: asked(both, 'x'), found: copied }).days;
    expect(today?.parts).toEqual([part('external', 1, 'x')]);
    expect(today?.sentences().join(' ')).toContain('The reconcile left it as it was.');
  });

  it('a reconcile names a reservation once if the log has two rows of it under another day', () => {
    const yesterday = asked(anAccount({}, { now: at('2026-11-23T23:50:00.000Z') }), 'x');
    const rows = [
      logRow({ chatId: c('z'), messageId: m('m1'), deliveredAt: at('09:00') }),
      logRow({ chatId: c('z'), reservationId: r('x') }),
    ];
    const parts = runOf({ account: yesterday.until(at('09:00')), found: logged(...rows) }).days;
    expect(parts.at(-1)?.parts).toEqual([part('external', -1, 'x'), part('external', -1)]);
  });

  it('a reconcile counts two InMails without a reservation in one chat, also after a delivery claimed one', () => {
    const account = asked(anAccount(), 'x')
      .when(deliver, { reservationId: r('y'), chatId: c('z'), messageId: m('m1') })
      .when(deliver, { reservationId: r('y'), chatId: c('z') })
      .when(deliver, { reservationId: r('x'), chatId: c('z') });
    expect(counts(account.entity.account)).toBe(2);
    expect(runOf({ account }).events).toEqual([]);
  });
});
