/** How a run uses its evidence, and what it may not lose or free (R5, R6, R8, R15). */
import { expect } from 'vitest';
import type { EventRow } from '../../../src/domain/records/records.js';
import { c, m, r } from '../../support/scenario.js';
import { LATE, LATER, Life, NEXT_DAY, type Check } from './life.js';

const LONG = { leaseSeconds: 86_400 };

const floor: Check = (domain) => {
  const life = new Life(domain);
  life.send(1);
  life.reserve('a');
  life.reserve('b');
  life.heal(life.run({}, life.edited(9)));
  expect(life.counter).toBe(3);
  expect(life.states).toEqual(['delivered', 'in_flight', 'in_flight']);
};

const otherDay: Check = (domain) => {
  const life = new Life(domain, {}, LATE);
  life.reserve('yesterday', LONG);
  const day = life.account.day;
  life.until(NEXT_DAY);
  life.reserve('today');
  life.fail('yesterday', 'rejected');
  expect([life.counterOf(day), life.counter]).toEqual([0, 1]);
};

const meanwhile: Check = (domain) => {
  const life = new Life(domain);
  life.reserve('a', { leaseSeconds: 60 });
  life.until(LATER);
  const asked = life.actor;
  const verdict = life.run();
  expect(verdict.events.map(({ type }) => type)).toEqual(['SlotMadeUncertain']);
  life.deliver('a');
  life.heal(verdict, asked);
  expect(life.states).toEqual(['delivered']);
};

const typed = (life: Life, day = life.account.day): EventRow => ({
  table: 'inmail_events',
  reservationId: null,
  chatId: c('typed'),
  messageId: m('by-hand'),
  source: 'external',
  quotaDay: day,
  deliveredAt: life.now,
  isCounted: true,
});

const observedMeanwhile: Check = (domain) => {
  const life = new Life(domain);
  life.send(1);
  const asked = life.actor;
  const events = [...life.written.events, typed(life)];
  const verdict = life.run({ events });
  const { chatId } = typed(life);
  life.when(domain.observe, { chatId, messageId: m('by-hand'), sentAt: life.now });
  life.heal(verdict, asked);
  expect(life.counter).toBe(2);
};

const editedMeanwhile: Check = (domain) => {
  const life = new Life(domain);
  const asked = domain.batchOf(life.actor);
  const found = life.edited(40);
  life.actor = domain.saved(life.actor, asked, found);
  life.actor = domain.reconciled(life.actor, asked, [], null, life.now);
  expect(life.actor.foreign).toEqual(found);
};

const bypassed: Check = (domain) => {
  const life = new Life(domain);
  life.send(1);
  const attempts = [
    life.attempt('wild'),
    life.attempt('sent', { outcome: 'delivered', chatId: c('w') }),
    life.attempt('refused', { outcome: 'failed', errorCode: 'rejected' }),
    life.attempt('fenced', { outcome: 'void' }),
  ];
  const verdict = life.run({ attempts });
  expect(verdict.alerts.map(({ kind }) => kind)).toEqual(['undercount']);
  life.heal(verdict);
  expect(life.counter).toBe(3);
};

const leases: Check = (domain) => {
  const ends = (journaled: boolean, now: number, outcome?: 'void'): string | undefined => {
    const life = new Life(domain);
    life.reserve('a', { leaseSeconds: 60, journaled });
    life.until(now);
    life.heal(life.run({ attempts: outcome ? [life.attempt('a', { outcome })] : [] }));
    return life.states[0];
  };
  expect({
    'silence, journaled': ends(true, LATER),
    'silence, no journal': ends(false, LATER),
    'fenced, journaled': ends(true, LATER, 'void'),
    'fenced, no journal': ends(false, LATER, 'void'),
  }).toEqual({
    'silence, journaled': 'uncertain',
    'silence, no journal': 'uncertain',
    'fenced, journaled': 'released',
    'fenced, no journal': 'uncertain',
  });
};

const leaseEnd: Check = (domain) => {
  const life = new Life(domain);
  const end = life.now + 60_000;
  life.reserve('a', { leaseSeconds: 60 });
  life.until(end - 1);
  expect(life.run().events).toEqual([]);
  life.until(end);
  expect(life.run().events.map(({ type }) => type)).toEqual(['SlotMadeUncertain']);
};

const copied: Check = (domain) => {
  const life = new Life(domain);
  life.send(1);
  const attempts = [life.attempt('copy', { outcome: 'delivered', chatId: c('chat-s0') })];
  life.heal(life.run({ attempts }));
  expect(life.states).toEqual(['delivered']);
};

const deleted: Check = (domain) => {
  const life = new Life(domain);
  life.send(2);
  const { reservations, events } = life.written;
  const verdict = life.run({ reservations: reservations.slice(1), events: events.slice(0, 1) });
  expect(verdict.events.map(({ type }) => type).toSorted()).toEqual([
    'SlotDelivered',
    'SlotRestored',
  ]);
};

const claimed: Check = (domain) => {
  const life = new Life(domain, {}, LATE);
  life.reserve('a', LONG);
  const day = life.account.day;
  life.until(NEXT_DAY);
  const proof = { chatId: c('chat'), messageId: m('m') };
  life.when(domain.observe, { ...proof, sentAt: NEXT_DAY });
  life.when(domain.deliver, { reservationId: r('a'), ...proof });
  expect([life.counterOf(day), life.counter]).toEqual([1, 1]);
};

export const correctionChecks = {
  'a reconcile never lowers the counter below what is in flight': floor,
  'a release counts on the quota day of its slot only': otherDay,
  'messages that arrive during a reconcile keep their effect': meanwhile,
  'a send that was observed during a reconcile counts once': observedMeanwhile,
  'an edit that a save found during a reconcile is kept for the next reconcile': editedMeanwhile,
  'an attempt without a grant counts, and a void row does not': bypassed,
  'a lease that has ended frees a slot only with a void row': leases,
  'a lease ends at its last instant, and not before': leaseEnd,
  'a journal row that copies the proof of another InMail adds nothing': copied,
  'a row that Postgres has lost is written again': deleted,
  'a reservation counts on its own day, also when it claims a send of another': claimed,
} satisfies Readonly<Record<string, Check>>;
