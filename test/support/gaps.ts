/** Accounts that differ from their rows, journal and log, as plain data (R8). */
import fc from 'fast-check';
import { assertNever } from '../../src/domain/primitives/assert.js';
import { deliver } from '../../src/domain/commands/deliver.js';
import { accountRow } from '../../src/domain/records/toRecords.js';
import { fail } from '../../src/domain/commands/fail.js';
import { observe } from '../../src/domain/commands/observe.js';
import { reconcile, type Verdict } from '../../src/domain/reconcile/reconcile.js';
import { reserve } from '../../src/domain/commands/reserve.js';
import type { EventRow } from '../../src/domain/records/records.js';
import type { Attempt, Evidence } from '../../src/domain/records/snapshot.js';
import { dayOf } from '../../src/domain/primitives/time.js';
import { Store } from '../model/store.js';
import { anAccount, at, c, m, p, r, Scenario } from './scenario.js';
import { counterOf, type ManualEdit } from '../../src/domain/account/counter.js';
import { batchOf, reconciled } from '../../src/domain/entity/writes.js';

const MINUTE = 60_000;
const DAY = 86_400_000;

const id = fc.constantFrom('r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'constructor');
const chat = fc.constantFrom('c1', 'c2', 'c3', 'c4', 'c5');
const message = fc.constantFrom('m1', 'm2', undefined);
const recipient = fc.constantFrom('ann', 'bob', undefined);
const kind = fc.constantFrom('rejected' as const, 'unknown' as const, 'not_attempted' as const);

/** A step of a caller or of the clock. */
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('reserve' as const),
      id,
      recipient,
      journaled: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('deliver' as const), id, chat, message }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('fail' as const), id, kind }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('observe' as const),
      chat,
      message: fc.constantFrom('m1', 'm2'),
      recipient,
      agoMs: fc.constantFrom(0, 2 * MINUTE, DAY),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      ms: fc.constantFrom(1, 5 * MINUTE, 20 * MINUTE, 600 * MINUTE),
    }),
  },
);
/** A change of the rows by another program, after everything was saved. */
const mischief = fc.oneof(
  fc.record({ do: fc.constant('loseEvent' as const), n: fc.nat(20) }),
  fc.record({ do: fc.constant('loseReservation' as const), n: fc.nat(20) }),
  fc.record({
    do: fc.constant('attempt' as const),
    id: fc.oneof(id, fc.constantFrom('wild1', 'wild2')),
    outcome: fc.constantFrom('delivered' as const, 'failed' as const, 'void' as const, null),
    chat,
    kind,
    daysAgo: fc.constantFrom(0, 0, 1),
  }),
  fc.record({
    do: fc.constant('log' as const),
    id: fc.oneof(id, fc.constantFrom('wild1', 'wild3'), fc.constant(undefined)),
    chat,
    message,
    source: fc.constantFrom('pipeline' as const, 'external' as const),
    daysAgo: fc.constantFrom(0, 0, 1),
  }),
  fc.record({
    do: fc.constant('edit' as const),
    counter: fc.nat(120),
    daysAgo: fc.constantFrom(0, 0, 1),
  }),
);

export const gap = fc.record({
  begin: fc.constantFrom('09:00', '23:40'),
  imported: fc.constantFrom(0, 0, 3),
  stated: fc.constantFrom(0, 0, 9),
  /** True if no run of today was before. */
  isFirstRun: fc.boolean(),
  steps: fc.array(step, { maxLength: 25, size: 'max' }),
  mischiefs: fc.array(mischief, { maxLength: 5, size: 'max' }),
});
export type Gap = typeof gap extends fc.Arbitrary<infer T> ? T : never;
type Step = Gap['steps'][number];
type Mischief = Gap['mischiefs'][number];

function stepped(account: Scenario, one: Step): Scenario {
  switch (one.do) {
    case 'reserve':
      return account.when(reserve, {
        reservationId: r(one.id),
        recipientId: one.recipient === undefined ? undefined : p(one.recipient),
        again: true, // these stories are about evidence, not about the gate
        journaled: one.journaled,
      });
    case 'deliver':
      return account.when(deliver, {
        reservationId: r(one.id),
        chatId: c(one.chat),
        messageId: one.message === undefined ? undefined : m(one.message),
      });
    case 'fail':
      return account.when(fail, { reservationId: r(one.id), kind: one.kind });
    case 'observe':
      return account.when(observe, {
        chatId: c(one.chat),
        messageId: m(one.message),
        recipientId: one.recipient === undefined ? undefined : p(one.recipient),
        sentAt: account.now - one.agoMs,
      });
    case 'pass':
      return account.until(account.now + one.ms);
    default:
      return assertNever(one);
  }
}

const withoutNth = <T>(list: readonly T[], n: number): readonly T[] =>
  list.filter((_, i) => i !== n % Math.max(1, list.length));

const logRow = (one: Extract<Mischief, { do: 'log' }>, now: number): EventRow => ({
  table: 'inmail_events',
  reservationId: one.id === undefined ? null : r(one.id),
  chatId: c(one.chat),
  messageId: one.message === undefined ? null : m(one.message),
  source: one.source,
  quotaDay: dayOf(now) - one.daysAgo,
  deliveredAt: now - one.daysAgo * DAY,
  isCounted: true,
});
const attemptRow = (one: Extract<Mischief, { do: 'attempt' }>, now: number): Attempt => ({
  reservationId: r(one.id),
  quotaDay: dayOf(now) - one.daysAgo,
  attemptedAt: now - one.daysAgo * DAY,
  outcome: one.outcome,
  chatId: one.outcome === 'delivered' ? c(one.chat) : null,
  messageId: null,
  errorCode: one.outcome === 'failed' ? one.kind : null,
});
/** Appends a row; the log accepts each proof and each reservation once. */
const appended = (log: readonly EventRow[], row: EventRow): readonly EventRow[] =>
  log.some(
    (other) =>
      (other.chatId === row.chatId && other.messageId === row.messageId) ||
      (row.reservationId !== null && other.reservationId === row.reservationId),
  )
    ? log
    : [...log, row];

type Found = { readonly evidence: Evidence; readonly manualEdit: ManualEdit | null };

function harmed({ evidence, manualEdit }: Found, one: Mischief, account: Scenario): Found {
  const { now } = account;
  switch (one.do) {
    case 'loseEvent':
      return { manualEdit, evidence: { ...evidence, events: withoutNth(evidence.events, one.n) } };
    case 'loseReservation': {
      const reservations = withoutNth(evidence.reservations, one.n);
      return { manualEdit, evidence: { ...evidence, reservations } };
    }
    case 'attempt': {
      const { attempts } = evidence;
      const isKnown = attempts.some(({ reservationId }) => reservationId === one.id);
      const more = isKnown ? [] : [attemptRow(one, now)];
      return { manualEdit, evidence: { ...evidence, attempts: [...attempts, ...more] } };
    }
    case 'log': {
      const events = appended(evidence.events, logRow(one, now));
      return { manualEdit, evidence: { ...evidence, events } };
    }
    case 'edit': {
      const columns = ['inmails_sent_today'];
      return {
        evidence,
        manualEdit: {
          id: 'edit',
          day: dayOf(now) - one.daysAgo,
          counter: one.counter,
          cap: null,
          columns,
        },
      };
    }
    default:
      return assertNever(one);
  }
}

/** A run of an account with its evidence, and the account and its rows after the run. */
export type Ran = {
  readonly account: Scenario;
  readonly evidence: Evidence;
  readonly verdict: Verdict;
  readonly counterOf: (day: number) => number;
};

export function runOn({ begin, imported, stated, isFirstRun, steps, mischiefs }: Gap): Ran {
  const start = stated + imported > 0 ? { inmailsSentToday: stated, deliveredToday: imported } : {};
  const begun = anAccount({ ...start, dailyCap: 50 }, { now: at(begin) });
  const account = steps.reduce(stepped, begun);
  const store = new Store();
  store.claim(accountRow(begun.entity.account, 0), account.entity.owner);
  const { row } = batchOf(account.entity);
  store.save(row, account.entity.outbox, account.entity.owner);
  const rows = store.readBack(account.entity.account.day);
  const saved: Found = {
    evidence: { reservations: rows.reservations, events: store.events, attempts: [] },
    manualEdit: null,
  };
  const { evidence, manualEdit } = mischiefs.reduce(
    (found, one) => harmed(found, one, account),
    saved,
  );
  const { account: before } = account.entity;
  const read = isFirstRun ? { ...before, reconciledAt: account.now - DAY } : before;
  return {
    account,
    evidence,
    verdict: reconcile(read, evidence, manualEdit, account.now),
    counterOf: (day) =>
      Math.max(counterOf(before, day), manualEdit?.day === day ? manualEdit.counter : 0),
  };
}

/** Does the next run, after the corrections of the first were applied, saved and read again. */
export function runAgain({ account, evidence, verdict }: Ran): Ran {
  const batch = batchOf(account.entity);
  const entity = reconciled(account.entity, batch, verdict.events, null, account.now);
  const healed = new Scenario(entity, account.now);
  const store = new Store();
  store.claim(accountRow(entity.account, 0), entity.owner);
  store.events.push(...evidence.events);
  for (const row of evidence.reservations) {
    store.reservations.set(row.reservationId, { ...row, number: 0 });
  }
  store.save(batchOf(entity).row, entity.outbox, entity.owner);
  const { reservations } = store.readBack(entity.account.day);
  const found: Evidence = {
    reservations,
    events: store.events,
    attempts: evidence.attempts,
  };
  return {
    account: healed,
    evidence: found,
    verdict: reconcile(
      { ...entity.account, reconciledAt: account.now - DAY },
      found,
      null,
      account.now,
    ),
    counterOf: (day) => counterOf(entity.account, day),
  };
}
