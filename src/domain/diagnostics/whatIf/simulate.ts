/**
 * Replays an account's reserves of some weeks through the gate under another policy, and never in
 * shadow mode. The acts of LinkedIn and of people stay the same: each InMail has the same outcome
 * at the same time after its grant. Manual sends, holds and manual edits keep their times. A denied
 * reserve waits, first come first served, until the gate allows it. Reconciles are on time.
 */
import { findSlot, isOpen, type Account } from '../../account/account.js';
import { Agenda, NOTHING } from './eventQueue.js';
import { roomOf } from '../../gate/caps.js';
import { accountWith } from '../../account/update.js';
import type { Event } from '../../account/events.js';
import { evolve } from '../../account/evolve.js';
import { runAfter } from '../../days/forecast.js';
import { retryAtOf } from '../../days/slotTimes.js';
import type { IntervalsFor, Scenario, Played, Pause, Sent } from './scenario.js';
import type { Policy } from '../../account/policy.js';
import { nextTurn, type Turn } from './turns.js';
import { endOf, isPauseOf, isRedecided, learning, logged } from './outcomes.js';
import { paused, taken, withImported } from './outcomes.js';
import { reserve } from '../../commands/reserve.js';
import { overshoot, cooldownAt, isCooldownDue, overshootAt } from '../../gate/cooldown.js';
import { roll } from '../../days/rollover.js';
import type { EventRow, ReservationRow } from '../../records/records.js';
import { policyEvents } from '../../commands/administer.js';
import { changedPolicy, type PolicyChange } from '../../commands/policyChange.js';
import { dayOf, SECOND_MS, startOf, type Instant, type UtcDay } from '../../primitives/time.js';
import { counterOf } from '../../account/counter.js';
import { eventsOf, type WrittenChange } from '../../records/changeLog.js';

export const replay = (past: Scenario, change: PolicyChange, openingsFor: IntervalsFor): Played =>
  new Replay(past, change, openingsFor).play();

/** One replay. It runs without a pause, so its mutable state is never shared. */
class Replay {
  readonly #past: Scenario;
  readonly #change: PolicyChange;
  readonly #openingsFor: IntervalsFor;
  #account: Account;
  #now: Instant;
  readonly #agenda = new Agenda();
  #wakeAt = 0;
  readonly #waiting: ReservationRow[] = [];
  readonly #grants: Sent[] = [];
  readonly #cooldowns: Pause[] = [];
  readonly #left: { day: UtcDay; remaining: number }[] = [];
  #restAt = 0;

  constructor(past: Scenario, change: PolicyChange, openingsFor: IntervalsFor) {
    this.#past = past;
    this.#change = change;
    this.#openingsFor = openingsFor;
    this.#now = past.from;
    this.#account = past.begun;
  }

  play(): Played {
    const { asks, older, externals, changes, shocks, imports, from, to } = this.#past;
    this.#setPolicy(this.#account.policy, 'what-if');
    for (const row of asks) this.#agenda.add(row.reservedAt, () => this.#ask(row));
    for (const row of externals) this.#agenda.add(row.deliveredAt, () => this.#observed(row));
    for (const one of changes) this.#agenda.add(one.at, () => this.#changed(one));
    for (const { at, count } of shocks) this.#agenda.add(at, () => this.#shock(count));
    for (const { day, count } of imports) this.#agenda.add(startOf(day), () => this.#import(count));
    for (const row of older) this.#settleOld(row);
    for (let day = dayOf(from) + 1; startOf(day) <= to; day += 1)
      this.#agenda.add(startOf(day), NOTHING);
    for (let next = this.#agenda.next(); next && next.at < to; next = this.#agenda.next()) {
      this.#pass(next.at);
      next.act();
      this.#wake();
      this.#restLater();
    }
    this.#pass(to);
    this.#keepLeft();
    return { grants: this.#grants, cooldowns: this.#cooldowns, left: this.#left };
  }

  #happen(events: readonly Event[]): void {
    for (const event of learning(this.#account, events)) {
      if (event.type === 'CooldownStarted') {
        this.#cooldowns.push({ ...event.cooldown, at: this.#now, reason: event.reason });
      }
      this.#account = evolve(this.#account, event);
    }
  }

  #pass(at: Instant): void {
    this.#now = Math.max(this.#now, at);
    if (dayOf(this.#now) > this.#account.day) {
      this.#keepLeft();
      this.#happen(roll(this.#account, this.#now));
    }
    this.#account = accountWith(this.#account, { now: this.#now, reconciledAt: this.#now });
  }

  #keepLeft(): void {
    this.#left.push({ day: this.#account.day, remaining: roomOf(this.#account).remaining });
  }

  #ask(row: ReservationRow): void {
    if (this.#past.ungranted.has(row.reservationId)) {
      this.#happen(taken(this.#account, row));
      this.#grants.push({ reservationId: row.reservationId, at: this.#now });
      this.#settleLater(row);
      return;
    }
    // The send was really granted, so the account was connected: some reconnects leave no change.
    if (this.#account.isDisconnected) this.#happen([{ type: 'Connected', actor: 'what-if' }]);
    if (this.#waiting.length > 0 || !this.#isGranted(row)) this.#waiting.push(row);
  }

  #isGranted(row: ReservationRow): boolean {
    const { reservationId, journaled, reservedAt, leaseExpiresAt } = row;
    const campaignId = row.campaignId ?? undefined;
    const leaseSeconds = (leaseExpiresAt - reservedAt) / SECOND_MS;
    const ask = { reservationId, campaignId, journaled, leaseSeconds };
    const { events, answer } = reserve(this.#account, ask, this.#now);
    if ('refused' in answer) return true; // the id was used twice, so it is already in flight
    if (!answer.granted) return false;
    this.#happen(events);
    this.#grants.push({ reservationId, at: this.#now });
    this.#settleLater(row);
    return true;
  }

  /** Repeats waiting reserves while the gate is open, and schedules the next try. */
  #wake(): void {
    const next = (): Turn | undefined => nextTurn(this.#waiting, this.#account, this.#now);
    let turn = next();
    for (; turn && !turn.barrier && this.#isGranted(turn.row); turn = next()) {
      this.#waiting.splice(turn.place, 1);
    }
    if (!turn || this.#wakeAt > this.#now) return;
    const retryAt = turn.barrier && retryAtOf(this.#account, turn.barrier, this.#now, turn.row);
    if (retryAt === undefined || retryAt === null) return;
    this.#wakeAt = retryAt;
    this.#agenda.add(retryAt, NOTHING);
  }

  /** Keeps the time from grant to outcome, and to a pause that LinkedIn asked for with it. */
  #settleLater(row: ReservationRow): void {
    const later = this.#now - row.reservedAt;
    const { settledAt } = row;
    if (settledAt !== null) {
      this.#agenda.add(Math.max(this.#now, settledAt + later), () => this.#settle(row));
    }
    const pause = this.#past.changes.find((one) => isPauseOf(one, row.reservationId));
    if (!pause) return;
    const isLater = (): void => this.#happen(paused(this.#account, pause, later));
    this.#agenda.add(pause.at + later, isLater);
  }

  /** Gives a slot that was open at the beginning its real outcome. */
  #settleOld(row: ReservationRow): void {
    const slot = findSlot(this.#account, row.reservationId);
    if (!slot || !isOpen(slot) || row.settledAt === null) return;
    this.#agenda.add(Math.max(row.settledAt, this.#now), () => this.#settle(row));
  }

  #settle(row: ReservationRow): void {
    this.#happen(endOf(this.#account, row, this.#now));
  }

  #observed(row: EventRow): void {
    this.#happen(logged(this.#account, row, this.#now));
  }

  #changed(change: WrittenChange): void {
    const isAsked = this.#past.asks.some(({ reservationId }) => isPauseOf(change, reservationId));
    if (isRedecided(change) || isAsked) return;
    for (const event of eventsOf(change, this.#account)) {
      if (event.type === 'PolicyChanged') this.#setPolicy(event.policy, change.actor);
      else this.#happen([event]);
    }
  }

  #setPolicy(policy: Policy, actor: string): void {
    const wanted = changedPolicy(policy, { ...this.#change, mode: 'enforce' });
    this.#happen(policyEvents(this.#account, wanted, { actor }, this.#now));
    const openings = wanted.sendingWindow && this.#openingsFor(wanted);
    this.#account = accountWith(this.#account, { openings });
  }

  #shock(count: number): void {
    const stood = counterOf(this.#account, this.#account.day) + count;
    this.#happen(overshoot(this.#account, stood, null, this.#now));
  }

  #import(imported: number): void {
    this.#account = withImported(this.#account, imported);
  }

  /** Schedules the reconcile that starts the cooldown of an overshoot (R8, R9). */
  #restLater(): void {
    if (!isCooldownDue(this.#account) || this.#restAt > this.#now) return;
    const cooling = cooldownAt(this.#account, this.#now);
    this.#restAt = runAfter(this.#account.accountId, Math.max(this.#now + 1, cooling?.until ?? 0));
    this.#agenda.add(this.#restAt, () => this.#happen(overshootAt(this.#account, this.#now)));
  }
}
