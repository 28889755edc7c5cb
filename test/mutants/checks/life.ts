/** One account's life in a domain that may be broken: its messages, and its runs. */
import type { Account, FailureKind } from '../../../src/domain/account/account.js';
import type { Entity } from '../../../src/domain/entity/entity.js';
import { isAccountId } from '../../../src/domain/primitives/ids.js';
import type { Verdict } from '../../../src/domain/reconcile/reconcile.js';
import type { EventRow, ReservationRow } from '../../../src/domain/records/records.js';
import type { Start } from '../../../src/domain/commands/administer.js';
import type { Attempt, ReadBack, Evidence } from '../../../src/domain/records/snapshot.js';
import { at, c, must, NOTHING, r } from '../../support/scenario.js';
import type { Domain } from '../../support/domain.js';
import type { Checked } from '../checkedFiles.js';
import type { Command } from '../../../src/domain/account/refusals.js';
import type { ManualEdit } from '../../../src/domain/account/counter.js';

export const NINE = at('09:00');
export const LATER = at('09:20');
export const LATE = at('23:50');
export const NEXT_DAY = at('2026-11-25T00:05:00.000Z');
export const OWNER = 'this chain';

export type Check = (domain: Checked) => void | Promise<void>;

export class Life {
  readonly domain: Domain;
  actor: Entity;
  now: number;

  /** It is verified, and stays so: a run succeeds whenever time passes (R12). */
  constructor(domain: Domain, start: Partial<Start> = {}, now = NINE, found = NOTHING) {
    const whole: Start = {
      accountId: must(isAccountId, 'acme'),
      tier: 'sales_navigator',
      connect: true,
      ...start,
    };
    this.domain = domain;
    this.now = now;
    const entity = domain.restore(whole, found, OWNER, now);
    this.actor = domain.record(entity, domain.identified(entity.account, []));
    this.#verify();
  }

  #verify(): void {
    this.actor = this.domain.record(this.actor, [{ type: 'Reconciled', at: this.now }]);
  }

  get account(): Account {
    return this.actor.account;
  }
  get counter(): number {
    return this.counterOf(this.account.day);
  }
  counterOf(day: number): number {
    return this.domain.counterOf(this.account, day);
  }
  get states(): readonly string[] {
    return this.account.slots.map(({ state }) => state);
  }

  when<I, A>(command: Command<I, A>, input: I): unknown {
    const { entity, answer } = this.domain.execute(this.actor, command, input, this.now);
    this.actor = entity;
    return answer;
  }
  until(now: number): void {
    this.now = now;
    this.actor = this.domain.pass(this.actor, now);
    this.#verify();
  }

  reserve(id: string, more: object = {}): unknown {
    return this.when(this.domain.reserve, { reservationId: r(id), ...more });
  }
  deliver(id: string, chatId = `chat-${id}`): unknown {
    return this.when(this.domain.deliver, { reservationId: r(id), chatId: c(chatId) });
  }
  fail(id: string, kind: FailureKind): unknown {
    return this.when(this.domain.fail, { reservationId: r(id), kind });
  }
  /** That many InMails, delivered. */
  send(count: number): void {
    for (let n = 0; n < count; n += 1) {
      this.reserve(`s${n}`);
      this.deliver(`s${n}`);
    }
  }

  /** Everything that was written down, as Postgres has it. */
  get written(): Evidence {
    const reservations: ReservationRow[] = [];
    const events: EventRow[] = [];
    for (const { row } of this.actor.outbox) {
      if (row.table === 'reservations') reservations.push(row);
      if (row.table === 'inmail_events') events.push(row);
    }
    return { reservations, events, attempts: [] };
  }
  /** What a start would find of it. */
  stored(counter = this.counter): ReadBack {
    const { accountRow } = this.domain;
    const row = accountRow(this.account, this.actor.version);
    const account = { ...row, counter, owner: OWNER, ownerVersion: 0 };
    return { ...this.written, account, highestNumber: this.actor.version, days: [] };
  }
  attempt(id: string, more: Partial<Attempt> = {}): Attempt {
    return {
      reservationId: r(id),
      quotaDay: this.account.day,
      attemptedAt: this.now,
      outcome: null,
      chatId: null,
      messageId: null,
      errorCode: null,
      ...more,
    };
  }
  /** A manual edit has put that number into the row. */
  edited(counter: number): ManualEdit {
    const { day, highestCap: cap } = this.account;
    return { id: `edit to ${counter}`, day, counter, cap, columns: ['inmails_sent_today'] };
  }

  run(more: Partial<Evidence> = {}, manualEdit: ManualEdit | null = null): Verdict {
    return this.domain.reconcile(this.account, { ...this.written, ...more }, manualEdit, this.now);
  }
  /** Applies what a run found, which was asked when the account stood as `asked`. */
  heal(verdict: Verdict, asked = this.actor): void {
    const batch = this.domain.batchOf(asked);
    this.actor = this.domain.reconciled(this.actor, batch, verdict.events, null, this.now);
  }
}
