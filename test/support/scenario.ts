/** A scenario of one account: given a state, when a message comes, expect an answer. */
import { expect } from 'vitest';
import { pass, record, execute, type Entity } from '../../src/domain/entity/entity.js';
import {
  isAccountId,
  isChatId,
  isMessageId,
  isRecipientId,
  isReservationId,
  type ChatId,
  type MessageId,
  type RecipientId,
  type ReservationId,
} from '../../src/domain/primitives/ids.js';
import { identified, restore } from '../../src/domain/entity/restore.js';
import type { Start } from '../../src/domain/commands/administer.js';
import type { ReadBack } from '../../src/domain/records/snapshot.js';
import { dayOf, parseInstant } from '../../src/domain/primitives/time.js';
import { statusWire, type StatusWire } from '../../src/domain/wire/responses.js';
import type { Command } from '../../src/domain/account/refusals.js';

export const must = <T>(is: (raw: unknown) => raw is T, raw: string): T => {
  if (is(raw)) return raw;
  throw new Error(`not a good name: ${raw}`);
};
export const r = (name: string): ReservationId => must(isReservationId, name);
export const c = (name: string): ChatId => must(isChatId, name);
export const m = (name: string): MessageId => must(isMessageId, name);
export const p = (name: string): RecipientId => must(isRecipientId, name);
/** Returns an instant in ms; `09:00` is on the scenario's first day. */
export const at = (text: string): number => {
  const whole = text.includes('T') ? text : `2026-11-24T${text}:00.000Z`;
  const instant = parseInstant(whole);
  if (instant === undefined) throw new Error(`not an instant: ${text}`);
  return instant;
};

export const NOTHING: ReadBack = {
  account: null,
  highestNumber: 0,
  reservations: [],
  attempts: [],
  events: [],
  days: [],
};

/** Returns an account, by default at 09:00 UTC on Tuesday, 2026-11-24. */
export function anAccount(
  start: Partial<Start> = {},
  options: { found?: ReadBack; now?: number; rivals?: readonly string[] } = {},
): Scenario {
  const whole: Start = {
    accountId: must(isAccountId, 'acme'),
    tier: 'sales_navigator',
    connect: true,
    ...start,
  };
  const now = options.now ?? at('09:00');
  const entity = restore(whole, options.found ?? NOTHING, 'this chain', now);
  return new Scenario(record(entity, identified(entity.account, options.rivals ?? [])), now);
}

/** Runs succeed on time, unless a test changes that (R12). */
const verified = (entity: Entity, now: number): Entity =>
  record(entity, [{ type: 'Reconciled', at: now }]);

export class Scenario {
  readonly entity: Entity;
  readonly now: number;
  readonly #answer: unknown;

  constructor(entity: Entity, now: number, answer?: unknown) {
    this.entity = verified(entity, now);
    this.now = now;
    this.#answer = answer;
  }

  /** Lets time pass until that instant. */
  until(now: number): Scenario {
    return new Scenario(pass(this.entity, now), now);
  }

  /** Sends a message, now. */
  when<I, A>(command: Command<I, A>, input: I): Scenario {
    const { entity, answer } = execute(this.entity, command, input, this.now);
    return new Scenario(entity, this.now, answer);
  }

  /** Expects these fields in the last answer. */
  answered(answer: object): Scenario {
    expect(this.#answer).toMatchObject(answer);
    return this;
  }

  get status(): StatusWire {
    const { version, outbox } = this.entity;
    return statusWire(this.entity.account, this.now, { version, unsaved: outbox.length });
  }

  /** Expects these fields in the account's status. */
  expect(status: Partial<{ [K in keyof StatusWire]: unknown }>): Scenario {
    expect(this.status).toMatchObject(status);
    return this;
  }

  /** Kinds of the alerts that wait to be written. */
  get alerts(): readonly string[] {
    return this.entity.outbox.flatMap(({ row }) => (row.table === 'alerts' ? [row.kind] : []));
  }

  /** Proofs of the event rows that wait to be written, with their quota days since the first. */
  get log(): readonly string[] {
    const first = dayOf(at('09:00'));
    return this.entity.outbox.flatMap(({ row }) =>
      row.table === 'inmail_events'
        ? [`${row.chatId}/${row.messageId ?? ''} ${row.source} day ${row.quotaDay - first}`]
        : [],
    );
  }
}

/** Reads a text table as objects; `-` is an empty cell. */
export function rows(table: string): readonly { readonly [column: string]: string }[] {
  const [head, ...lines] = table
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s{2,}/));
  return lines.map((cells) =>
    Object.fromEntries((head ?? []).map((name, i) => [name, cells[i] ?? '-'])),
  );
}
