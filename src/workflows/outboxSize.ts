/** How many bytes wait to be saved. It is asked with each message, so each row is measured once. */
import type { Actor } from '../domain/actor.js';
import { bytesOf } from '../domain/bytes.js';

type Outbox = Actor['outbox'];

export class OutboxSize {
  readonly #rows = new WeakMap<Outbox[number], number>();
  #last: { readonly of: Outbox; readonly bytes: number } = { of: [], bytes: 0 };

  of(outbox: Outbox): number {
    if (this.#last.of !== outbox) {
      this.#last = { of: outbox, bytes: outbox.reduce((sum, row) => sum + this.#bytesOf(row), 0) };
    }
    return this.#last.bytes;
  }

  #bytesOf(row: Outbox[number]): number {
    const known = this.#rows.get(row);
    if (known !== undefined) return known;
    const bytes = bytesOf(row) + 1;
    this.#rows.set(row, bytes);
    return bytes;
  }
}
