/**
 * An account's life while nobody says anything, as its workflow leads it: everything is saved, runs
 * come every ten minutes while it is hot, midnights roll it, and openings are worked out anew.
 */
import { expandWindow } from '../../src/activities/window.js';
import type { Account } from '../../src/domain/account.js';
import {
  batchOf,
  isDirty,
  nextRunAt,
  pass,
  reconciled,
  record,
  saved,
  tell,
  type Actor,
} from '../../src/domain/actor.js';
import type { Command, Event } from '../../src/domain/events.js';
import { wantsCheck } from '../../src/domain/gate.js';
import { reconcile } from '../../src/domain/reconcile.js';
import { reserve } from '../../src/domain/reserve.js';
import { cooldownAt } from '../../src/domain/roll.js';
import type { DayRow, EventRow, ReservationRow, Row } from '../../src/domain/rows.js';
import type { Witnesses } from '../../src/domain/stored.js';
import { hashOf, startOf } from '../../src/domain/time.js';
import { REMEMBERED_DAYS, WITNESS_DAYS } from '../../src/domain/limits.js';
import { openingDays } from '../../src/domain/policy.js';
import { isStale } from '../../src/domain/window.js';
import { r } from './scenario.js';

/** Idle accounts roll this long after midnight, spread by their workflow's id (R7). */
const MIDNIGHT_SPREAD_MS = 90_000;

/** What Postgres holds of the account: the last row of each name. */
type Papers = {
  readonly reservations: readonly ReservationRow[];
  readonly events: readonly EventRow[];
  readonly days: readonly DayRow[];
};

export class Life {
  readonly actor: Actor;
  readonly now: number;
  readonly papers: Papers;
  /** The answer to what was said last. */
  readonly heard: unknown;

  constructor(actor: Actor, now: number, papers: Papers = NOTHING, heard?: unknown) {
    this.actor = actor;
    this.now = now;
    this.papers = papers;
    this.heard = heard;
  }

  /** A new account's: its window is worked out, its first run done. */
  static begin(actor: Actor, now: number): Life {
    return new Life(actor, now).#learnt().#ran();
  }

  get account(): Account {
    return this.actor.account;
  }

  get isGranted(): boolean {
    const { heard } = this;
    return (
      typeof heard === 'object' && heard !== null && 'granted' in heard && heard.granted === true
    );
  }

  /** Lives until that instant; what a timer of that very instant does comes after it. */
  until(at: number): Life {
    let life: Life = this.#saved();
    for (let next = life.#nextTimer(); next < at; next = life.#nextTimer()) {
      const isRun = nextRunAt(life.actor, life.now) === next;
      const woken = life.#passed(next).#learnt();
      life = isRun ? woken.#ran() : woken.#saved();
    }
    return life.#passed(at);
  }

  /** Something is said, now. */
  says<I, A>(command: Command<I, A>, input: I): Life {
    const { actor, answer } = tell(this.actor, command, input, this.now);
    return new Life(actor, this.now, this.papers, answer).#saved();
  }

  /** Asks for a slot, as the mailbox does: a cold account is checked first (R12). */
  asks(reservationId: string, leaseSeconds?: number): Life {
    const life = wantsCheck(this.account, this.account.now) ? this.#ran() : this;
    return life.says(reserve, { reservationId: r(reservationId), leaseSeconds });
  }

  /** Something that nobody says happens: a test sets the stage. */
  happens(events: readonly Event[]): Life {
    return this.#with(record(this.actor, events)).#saved();
  }

  #with(actor: Actor, papers = this.papers): Life {
    return new Life(actor, actor.account.now, papers, this.heard);
  }

  #passed(at: number): Life {
    return this.#with(pass(this.actor, at));
  }

  #nextTimer(): number {
    const { account } = this.actor;
    const midnight = startOf(account.day + 1) + (hashOf(account.accountId) % MIDNIGHT_SPREAD_MS);
    const cooling = cooldownAt(account, this.now)?.until ?? Infinity;
    return Math.min(midnight, cooling, nextRunAt(this.actor, this.now) ?? Infinity);
  }

  #learnt(): Life {
    const { policy, openings, now } = this.account;
    const { sendingWindow: window, timezone } = policy;
    const days = openingDays(policy);
    if (window === null || (openings && !isStale(openings, now, days))) return this;
    const learnt = expandWindow({ window, timezone, from: now, days });
    return this.#with(record(this.actor, [{ type: 'OpeningsLearnt', openings: learnt }]));
  }

  #saved(): Life {
    let { actor, papers } = this;
    while (isDirty(actor)) {
      const batch = batchOf(actor);
      papers = batch.entries.reduce((before, { row }) => filed(before, row), papers);
      actor = saved(actor, batch, null);
    }
    return new Life(actor, this.now, papers, this.heard);
  }

  /** One reconcile, as `chores.ts` and `activities/account.ts` do it, with Postgres on paper. */
  #ran(): Life {
    const { actor, papers } = this.#saved();
    const { account } = actor;
    const { events } = reconcile(account, witnessesOf(papers, account.day), null, account.now);
    return this.#with(
      reconciled(actor, batchOf(actor), events, null, account.now),
      papers,
    ).#saved();
  }
}

const NOTHING: Papers = { reservations: [], events: [], days: [] };

/** What a run reads of them: what is still remembered, as `activities/account.ts` asks for it. */
const witnessesOf = ({ reservations, events }: Papers, day: number): Witnesses => ({
  reservations: reservations.filter(
    (row) =>
      row.quotaDay >= day - REMEMBERED_DAYS ||
      row.state === 'in_flight' ||
      (row.carriedInto ?? 0) >= day,
  ),
  events: events.filter((row) => row.quotaDay >= day - WITNESS_DAYS),
  attempts: [],
});

function filed(papers: Papers, row: Row): Papers {
  if (row.table === 'reservations') {
    const others = papers.reservations.filter((old) => old.reservationId !== row.reservationId);
    return { ...papers, reservations: [...others, row] };
  }
  if (row.table === 'account_days') {
    const others = papers.days.filter(({ quotaDay }) => quotaDay !== row.quotaDay);
    return { ...papers, days: [...others, row] };
  }
  return row.table === 'inmail_events' ? { ...papers, events: [...papers.events, row] } : papers;
}
