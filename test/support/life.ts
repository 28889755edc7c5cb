/**
 * An account's life without messages, as its workflow leads it: everything is saved, runs come
 * every ten minutes while it is hot, midnights roll it, and its window is expanded again.
 */
import { expandWindow, type ExpandAsk } from '../../src/activities/window.js';
import type { Account } from '../../src/domain/account/account.js';
import {
  isDirty,
  nextRunAt,
  pass,
  record,
  execute,
  type Entity,
} from '../../src/domain/entity/entity.js';
import { wantsCheck } from '../../src/domain/gate/gate.js';
import { reconcile } from '../../src/domain/reconcile/reconcile.js';
import { reserve, type Decision } from '../../src/domain/commands/reserve.js';
import type { DayRow, EventRow, ReservationRow, Row } from '../../src/domain/records/records.js';
import type { Attempt, Evidence } from '../../src/domain/records/snapshot.js';
import { hashOf, startOf } from '../../src/domain/primitives/time.js';
import { REMEMBERED_DAYS, WITNESS_DAYS } from '../../src/domain/primitives/limits.js';
import { openingDays } from '../../src/domain/account/policy.js';
import { isStale, type WindowIntervals } from '../../src/domain/account/sendingWindow.js';
import { r } from './scenario.js';
import { isSameProof } from '../../src/domain/account/proof.js';
import type { Command } from '../../src/domain/account/refusals.js';
import type { AlertKind } from '../../src/domain/account/alertKinds.js';
import { cooldownAt } from '../../src/domain/gate/cooldown.js';
import { batchOf, reconciled, saved } from '../../src/domain/entity/writes.js';

/** Idle accounts roll this long after midnight, spread by their workflow's id (R7). */
const MIDNIGHT_SPREAD_MS = 90_000;

/** What Postgres holds of the account: the last row of each name. */
type Papers = {
  readonly reservations: readonly ReservationRow[];
  readonly events: readonly EventRow[];
  readonly days: readonly DayRow[];
  /** The pipeline's journal; a test writes it. */
  readonly attempts: readonly Attempt[];
  /** Kinds of alerts, in the order they were raised. */
  readonly alerts: readonly AlertKind[];
};

const isDecision = (heard: unknown): heard is Decision =>
  typeof heard === 'object' && heard !== null && 'granted' in heard;

export class Life {
  readonly actor: Entity;
  readonly now: number;
  readonly papers: Papers;
  /** The answer to the last message. */
  readonly heard: unknown;

  constructor(entity: Entity, now: number, papers: Papers = NOTHING, heard?: unknown) {
    this.actor = entity;
    this.now = now;
    this.papers = papers;
    this.heard = heard;
  }

  /** Begins the life of a new account: its window is expanded, its first run is done. */
  static begin(entity: Entity, now: number): Life {
    return new Life(entity, now).#learnt().#ran();
  }

  get account(): Account {
    return this.actor.account;
  }

  /** The answer to the last ask. */
  get decision(): Decision {
    const { heard } = this;
    if (isDecision(heard)) return heard;
    throw new Error('nothing was asked');
  }

  get isGranted(): boolean {
    return this.decision.granted;
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

  /** Sends a message, now. */
  says<I, A>(command: Command<I, A>, input: I): Life {
    const { entity, answer } = execute(this.actor, command, input, this.now);
    return new Life(entity, this.now, this.papers, answer).#learnt().#saved();
  }

  /** Asks for a slot, as the mailbox does: a cold account is checked first (R12). */
  asks(reservationId: string, leaseSeconds?: number): Life {
    const life = wantsCheck(this.account, this.account.now) ? this.#ran() : this;
    return life.says(reserve, { reservationId: r(reservationId), leaseSeconds });
  }

  /** Writes to Postgres, past the account. */
  finds(more: Partial<Pick<Papers, 'events' | 'attempts'>>): Life {
    const { events, attempts } = this.papers;
    return this.#with(this.actor, {
      ...this.papers,
      events: [...events, ...(more.events ?? [])],
      attempts: [...attempts, ...(more.attempts ?? [])],
    });
  }

  /** A run, whether or not one is due. */
  runs(): Life {
    return this.#saved().#ran();
  }

  #with(entity: Entity, papers = this.papers): Life {
    return new Life(entity, entity.account.now, papers, this.heard);
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
    const learnt = openingsOf({ window, timezone, from: now, days });
    return this.#with(record(this.actor, [{ type: 'OpeningsLearnt', openings: learnt }]));
  }

  #saved(): Life {
    let { actor: entity, papers } = this;
    while (isDirty(entity)) {
      const batch = batchOf(entity);
      papers = batch.entries.reduce((before, { row }) => filed(before, row), papers);
      entity = saved(entity, batch, null);
    }
    return new Life(entity, this.now, papers, this.heard);
  }

  /** One reconcile, as `chores.ts` and `activities/account.ts` do it, with Postgres on paper. */
  #ran(): Life {
    const { actor: entity, papers } = this.#saved();
    const { account } = entity;
    const { events } = reconcile(account, witnessesOf(papers, account.day), null, account.now);
    return this.#with(
      reconciled(entity, batchOf(entity), events, null, account.now),
      papers,
    ).#saved();
  }
}

/** Lives of one account branch, and each branch would work out the same openings. */
const worked = new Map<string, WindowIntervals>();
function openingsOf(ask: ExpandAsk): WindowIntervals {
  const key = JSON.stringify(ask);
  const openings = worked.get(key) ?? expandWindow(ask);
  if (worked.size > 100) worked.clear();
  worked.set(key, openings);
  return openings;
}

const NOTHING: Papers = { reservations: [], events: [], days: [], attempts: [], alerts: [] };

/** What a run reads of them: what is still remembered, as `activities/account.ts` asks for it. */
const witnessesOf = ({ reservations, events, attempts }: Papers, day: number): Evidence => ({
  reservations: reservations.filter(
    (row) =>
      row.quotaDay >= day - REMEMBERED_DAYS ||
      row.state === 'in_flight' ||
      (row.carriedInto ?? 0) >= day,
  ),
  events: events.filter((row) => row.quotaDay >= day - WITNESS_DAYS),
  attempts: attempts.filter((row) => row.quotaDay >= day - REMEMBERED_DAYS),
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
  if (row.table === 'alerts') return { ...papers, alerts: [...papers.alerts, row.kind] };
  if (row.table !== 'inmail_events') return papers;
  const isKnown = papers.events.some((old) => isSameProof(old, row));
  return isKnown ? papers : { ...papers, events: [...papers.events, row] };
}
