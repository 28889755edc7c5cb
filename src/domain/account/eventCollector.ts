/**
 * Collects the events of one decision that has several steps. Each step is decided on the account
 * as it is after the steps before it: two rows that prove the same InMail would otherwise both
 * count.
 */
import type { Account } from './account.js';
import { evolveAll } from './evolve.js';
import type { Event } from './events.js';

export class EventCollector {
  readonly #events: Event[] = [];
  #view: Account;

  constructor(account: Account) {
    this.#view = account;
  }

  /** The account after all events that were applied so far. */
  get view(): Account {
    return this.#view;
  }

  /** All events that were applied so far, in their order. */
  get events(): readonly Event[] {
    return this.#events;
  }

  /** Adds the events of one step. */
  apply(more: readonly Event[]): void {
    // One by one: the arguments of a call have a limit, and a first reconcile may bring thousands.
    for (const event of more) this.#events.push(event);
    this.#view = evolveAll(this.#view, more);
  }
}
