/** What one workflow run knows about lookups of recipients (R20). */
import type { PastContact } from '../../domain/gate/recipient.js';
import type { RecipientId } from '../../domain/primitives/ids.js';
import type { AccountRun } from '../accountRun.js';
import type { Entry } from '../inHand.js';

/** An ask that waits until Postgres has been read. */
export type Parked = { readonly entry: Entry; readonly recipients: readonly RecipientId[] };

class Lookups {
  parked: readonly Parked[] = [];
  isRunning = false;
  /** By the number of the ask; null: Postgres did not answer. */
  readonly pastOf = new Map<number, readonly PastContact[] | null>();
  /** What was found for the ask that is being decided; undefined: nothing was looked up. */
  past: readonly PastContact[] | null | undefined;
}

const states = new WeakMap<AccountRun, Lookups>();

/** Returns the lookups of this run. */
export function lookupsOf(self: AccountRun): Lookups {
  const state = states.get(self) ?? new Lookups();
  states.set(self, state);
  return state;
}
