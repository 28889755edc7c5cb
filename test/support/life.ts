/**
 * The life of an account as in its workflow, but without servers. It saves everything, has a run
 * every ten minutes while it is hot, rolls at midnight and expands its window again.
 */
import { expandWindow, type ExpandAsk } from '../../src/activities/window.js';
import type { Account, WaitingAsk } from '../../src/domain/account/account.js';
import {
  answerable,
  isDirty,
  nextRunAt,
  pass,
  record,
  execute,
  type Entity,
} from '../../src/domain/entity/entity.js';
import { wantsCheck } from '../../src/domain/gate/gate.js';
import { reconcile } from '../../src/domain/reconcile/reconcile.js';
import { ask, type Ask } from '../../src/domain/commands/line.js';
import { nextTurn, serve } from '../../src/domain/commands/turns.js';
import { hasFree, waitingOf } from '../../src/domain/gate/line.js';
import { reserve, type Decision } from '../../src/domain/commands/reserve.js';
import type { DayRow, EventRow, ReservationRow, Row } from '../../src/domain/records/records.js';
import type { Attempt, Evidence } from '../../src/domain/records/snapshot.js';
import type { CampaignId } from '../../src/domain/primitives/ids.js';
import { hashOf, startOf } from '../../src/domain/primitives/time.js';
import { REMEMBERED_DAYS, EVIDENCE_DAYS } from '../../src/domain/primitives/limits.js';
import { openingDays } from '../../src/domain/account/policy.js';
import { isStale, type WindowIntervals } from '../../src/domain/account/sendingWindow.js';
import { r } from './scenario.js';
import { isSameProof } from '../../src/domain/account/proof.js';
import type { Command } from '../../src/domain/account/refusals.js';
import type { AlertKind } from '../../src/domain/account/alertKinds.js';
import { cooldownAt } from '../../src/domain/gate/cooldown.js';
import { batchOf, reconciled, saved } from '../../src/domain/entity/writes.js';

/** How long after midnight an idle account rolls; the delay depends on the workflow's id (R7). */
const MIDNIGHT_SPREAD_MS = 90_000;

/** The account in Postgres: the last row of each name. */
type Stored = {
  readonly reservations: readonly ReservationRow[];
  readonly events: readonly EventRow[];
  readonly days: readonly DayRow[];
  /** The pipeline's journal; a test writes it. */
  readonly attempts: readonly Attempt[];
  /** Kinds of alerts, in the order they were raised. */
  readonly alerts: readonly AlertKind[];
};

/** The decision of an ask that waited: `granted`, or the reason of its denial. */
export type Turn = Pick<WaitingAsk, 'reservationId' | 'campaignId' | 'decided'> & {
  readonly at: number;
};

const isDecision = (answer: unknown): answer is Decision =>
  typeof answer === 'object' && answer !== null && 'granted' in answer;

export class Life {
  readonly entity: Entity;
  readonly now: number;
  readonly stored: Stored;
  /** The answer to the last message. */
  readonly answer: unknown;
  /** The decisions of asks that waited, in the order in which they were answered (R21). */
  readonly turns: readonly Turn[];

  constructor(
    entity: Entity,
    now: number,
    stored: Stored = NOTHING,
    answer?: unknown,
    turns: readonly Turn[] = [],
  ) {
    this.entity = entity;
    this.now = now;
    this.stored = stored;
    this.answer = answer;
    this.turns = turns;
  }

  /** Begins the life of a new account, with an expanded window and after the first run. */
  static begin(entity: Entity, now: number): Life {
    return new Life(entity, now).#learnt().#ran();
  }

  get account(): Account {
    return this.entity.account;
  }

  /** The answer to the last ask. */
  get decision(): Decision {
    const { answer } = this;
    if (isDecision(answer)) return answer;
    throw new Error('nothing was asked');
  }

  get isGranted(): boolean {
    return this.decision.granted;
  }

  /** Lives until that instant. A timer that rings at this instant acts after it. */
  until(at: number): Life {
    let life: Life = this.#saved();
    for (let next = life.#nextTimer(); next < at; next = life.#nextTimer()) {
      const isRun = nextRunAt(life.entity, life.now) === next;
      const woken = life.#passed(next).#learnt();
      life = (isRun ? woken.#ran() : woken.#saved()).#served();
    }
    return life.#passed(at);
  }

  /** Sends a message, now. */
  when<I, A>(command: Command<I, A>, input: I): Life {
    const { entity, answer } = execute(this.entity, command, input, this.now);
    const life = new Life(entity, this.now, this.stored, answer, this.turns);
    return life.#learnt().#saved().#served();
  }

  /** Asks for a slot, and waits for it where the gate denies it for a time only (R21). */
  waits(reservationId: string, validUntil: number, more: Partial<Ask> = {}): Life {
    const { now } = this.account;
    const life = wantsCheck(this.account, now, more.free) ? this.#ran() : this;
    const request = { reservationId: r(reservationId), validUntil, wait: true, ...more };
    return life.#served().when(ask, request);
  }

  /** Reserves a slot. A cold account is checked first, as in the workflow (R12). */
  asks(reservationId: string, leaseSeconds?: number, campaignId?: CampaignId): Life {
    const life = wantsCheck(this.account, this.account.now) ? this.#ran() : this;
    const input = { reservationId: r(reservationId), leaseSeconds, campaignId };
    return life.#served().when(reserve, input);
  }

  /** Writes to Postgres without the account. */
  finds(more: Partial<Pick<Stored, 'events' | 'attempts'>>): Life {
    const { events, attempts } = this.stored;
    return this.#with(this.entity, {
      ...this.stored,
      events: [...events, ...(more.events ?? [])],
      attempts: [...attempts, ...(more.attempts ?? [])],
    });
  }

  /** Does a run, whether or not one is due. */
  runs(): Life {
    return this.#saved().#ran();
  }

  #with(entity: Entity, stored = this.stored): Life {
    return new Life(entity, entity.account.now, stored, this.answer, this.turns);
  }

  #passed(at: number): Life {
    return this.#with(pass(this.entity, at));
  }

  #nextTimer(): number {
    const { account } = this.entity;
    const midnight = startOf(account.day + 1) + (hashOf(account.accountId) % MIDNIGHT_SPREAD_MS);
    const cooling = cooldownAt(account, this.now)?.until ?? Infinity;
    const turn = nextTurn(account, account.now) ?? Infinity;
    const run = nextRunAt(this.entity, this.now) ?? Infinity;
    return Math.min(midnight, cooling, turn < startOf(account.day + 1) ? turn : Infinity, run);
  }

  /** Serves the line, saves, and answers, as the loop of the workflow does. */
  #served(): Life {
    if (waitingOf(this.account).length === 0) return this;
    const isCold = wantsCheck(this.account, this.account.now, hasFree(this.account));
    const life = isCold ? this.#ran() : this;
    const { entity } = execute(life.entity, serve, null, life.now);
    const done = life.#with(entity).#saved();
    const answered = answerable(done.entity).map(
      ({ reservationId, campaignId, decided }): Turn => ({
        reservationId,
        campaignId,
        decided,
        at: life.now,
      }),
    );
    const facts = answered.map(
      ({ reservationId }) => ({ type: 'AskAnswered', reservationId }) as const,
    );
    const after = record(done.entity, facts);
    return new Life(after, done.now, done.stored, this.answer, [...this.turns, ...answered]);
  }

  #learnt(): Life {
    const { policy, openings, now } = this.account;
    const { sendingWindow: window, timezone } = policy;
    const days = openingDays(policy);
    if (window === null || (openings && !isStale(openings, now, days))) return this;
    const learnt = openingsOf({ window, timezone, from: now, days });
    return this.#with(record(this.entity, [{ type: 'OpeningsLearnt', openings: learnt }]));
  }

  #saved(): Life {
    let { entity, stored } = this;
    while (isDirty(entity)) {
      const batch = batchOf(entity);
      stored = batch.entries.reduce((before, { row }) => filed(before, row), stored);
      entity = saved(entity, batch, null);
    }
    return new Life(entity, this.now, stored, this.answer, this.turns);
  }

  /** Does one reconcile as the workflow and its activity do, with the stored rows as Postgres. */
  #ran(): Life {
    const { entity, stored } = this.#saved();
    const { account } = entity;
    const { events } = reconcile(account, evidenceOf(stored, account.day), null, account.now);
    return this.#with(
      reconciled(entity, batchOf(entity), events, null, account.now),
      stored,
    ).#saved();
  }
}

/** Remembered openings, because each branch of a life would compute the same ones. */
const worked = new Map<string, WindowIntervals>();
function openingsOf(wanted: ExpandAsk): WindowIntervals {
  const key = JSON.stringify(wanted);
  const openings = worked.get(key) ?? expandWindow(wanted);
  if (worked.size > 100) worked.clear();
  worked.set(key, openings);
  return openings;
}

const NOTHING: Stored = { reservations: [], events: [], days: [], attempts: [], alerts: [] };

/** Returns the evidence that a run reads: the rows of the days that an account remembers. */
const evidenceOf = ({ reservations, events, attempts }: Stored, day: number): Evidence => ({
  reservations: reservations.filter(
    (row) =>
      row.quotaDay >= day - REMEMBERED_DAYS ||
      row.state === 'in_flight' ||
      (row.carriedInto ?? 0) >= day,
  ),
  events: events.filter((row) => row.quotaDay >= day - EVIDENCE_DAYS),
  attempts: attempts.filter((row) => row.quotaDay >= day - REMEMBERED_DAYS),
});

function filed(stored: Stored, row: Row): Stored {
  if (row.table === 'reservations') {
    const others = stored.reservations.filter((old) => old.reservationId !== row.reservationId);
    return { ...stored, reservations: [...others, row] };
  }
  if (row.table === 'account_days') {
    const others = stored.days.filter(({ quotaDay }) => quotaDay !== row.quotaDay);
    return { ...stored, days: [...others, row] };
  }
  if (row.table === 'alerts') return { ...stored, alerts: [...stored.alerts, row.kind] };
  if (row.table !== 'inmail_events') return stored;
  const isKnown = stored.events.some((old) => isSameProof(old, row));
  return isKnown ? stored : { ...stored, events: [...stored.events, row] };
}
