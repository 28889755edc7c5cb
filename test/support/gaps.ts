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
import { counterOf } from '../../src/domain/account/counter.js';
import type { ManualEdit } from '../../src/domain/account/manualEdit.js';
import { batchOf, reconciled } from '../../src/domain/entity/writes.js';

const MINUTE = 60_000;
const DAY = 86_400_000;

const id = fc.constantFrom('r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'constructor');
const chat = fc.constantFrom('c1', 'c2', 'c3', 'c4', 'c5');
const message = fc.constantFrom('m1', 'm2', undefined);
const recipient = fc.constantFrom('ann', 'bob', undefined);
const kind = fc.constantFrom('rejected' as const, 'unknown' as const, 'not_attempted' as const);

/** What callers and the clock do. */
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
/** What others do to the rows, after everything was saved. */
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
  said: fc.constantFrom(0, 0, 9),
  /** A run of today was before. */
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
/** The log takes a proof once, and a reservation once. */
const appended = (log: readonly EventRow[], row: EventRow): readonly EventRow[] =>
  log.some(
    (other) =>
      (other.chatId === row.chatId && other.messageId === row.messageId) ||
      (row.reservationId !== null && other.reservationId === row.reservationId),
  )
    ? log
    : [...log, row];

type Found = { readonly witnesses: Evidence; readonly foreign: ManualEdit | null };

function harmed({ witnesses, foreign }: Found, one: Mischief, account: Scenario): Found {
  const { now } = account;
  switch (one.do) {
    case 'loseEvent':
      return { foreign, witnesses: { ...witnesses, events: withoutNth(witnesses.events, one.n) } };
    case 'loseReservation': {
      const reservations = withoutNth(witnesses.reservations, one.n);
      return { foreign, witnesses: { ...witnesses, reservations } };
    }
    case 'attempt': {
      const { attempts } = witnesses;
      const isKnown = attempts.some(({ reservationId }) => reservationId === one.id);
      const more = isKnown ? [] : [attemptRow(one, now)];
      return { foreign, witnesses: { ...witnesses, attempts: [...attempts, ...more] } };
    }
    case 'log': {
      const events = appended(witnesses.events, logRow(one, now));
      return { foreign, witnesses: { ...witnesses, events } };
    }
    case 'edit': {
      const columns = ['inmails_sent_today'];
      return {
        witnesses,
        foreign: {
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

/** One run on an account, what it was held against, and the account and its rows after it. */
export type Ran = {
  readonly account: Scenario;
  readonly witnesses: Evidence;
  readonly verdict: Verdict;
  readonly counterOf: (day: number) => number;
};

export function runOn({ begin, imported, said, isFirstRun, steps, mischiefs }: Gap): Ran {
  const start = said + imported > 0 ? { inmailsSentToday: said, deliveredToday: imported } : {};
  const begun = anAccount({ ...start, dailyCap: 50 }, { now: at(begin) });
  const account = steps.reduce(stepped, begun);
  const store = new Store();
  store.claim(accountRow(begun.entity.account, 0), account.entity.owner);
  const { row } = batchOf(account.entity);
  store.save(row, account.entity.outbox, account.entity.owner);
  const rows = store.readBack(account.entity.account.day);
  const saved: Found = {
    witnesses: { reservations: rows.reservations, events: store.events, attempts: [] },
    foreign: null,
  };
  const { witnesses, foreign } = mischiefs.reduce(
    (found, one) => harmed(found, one, account),
    saved,
  );
  const { account: before } = account.entity;
  const looked = isFirstRun ? { ...before, reconciledAt: account.now - DAY } : before;
  return {
    account,
    witnesses,
    verdict: reconcile(looked, witnesses, foreign, account.now),
    counterOf: (day) =>
      Math.max(counterOf(before, day), foreign?.day === day ? foreign.counter : 0),
  };
}

/** The next run: the corrections of the first one are applied, saved and read again. */
export function runAgain({ account, witnesses, verdict }: Ran): Ran {
  const batch = batchOf(account.entity);
  const entity = reconciled(account.entity, batch, verdict.events, null, account.now);
  const healed = new Scenario(entity, account.now);
  const store = new Store();
  store.claim(accountRow(entity.account, 0), entity.owner);
  store.events.push(...witnesses.events);
  for (const row of witnesses.reservations) {
    store.reservations.set(row.reservationId, { ...row, number: 0 });
  }
  store.save(batchOf(entity).row, entity.outbox, entity.owner);
  const { reservations } = store.readBack(entity.account.day);
  const found: Evidence = {
    reservations,
    events: store.events,
    attempts: witnesses.attempts,
  };
  return {
    account: healed,
    witnesses: found,
    verdict: reconcile(
      { ...entity.account, reconciledAt: account.now - DAY },
      found,
      null,
      account.now,
    ),
    counterOf: (day) => counterOf(entity.account, day),
  };
}
