/** A denial in full: why, by whom the recipient was contacted, and when to ask again (R9, R20). */
import type { Account } from '../account/account.js';
import type { Asked } from '../days/forecast.js';
import { retryAtOf } from '../days/slotTimes.js';
import type { Barrier, DenialReason } from '../gate/gate.js';
import { contactAt, type Contact } from '../gate/recipient.js';
import type { ReservationId } from '../primitives/ids.js';
import type { Instant } from '../primitives/time.js';

export type Denied = {
  readonly reason: DenialReason;
  readonly limit?: number;
  readonly used?: number;
  /** The reservation that has contacted the recipient, also if an earlier reason denies (R20). */
  readonly contactedBy?: ReservationId;
  /** Null if only a person, or the outcome of an open slot, can help. */
  readonly retryAt: Instant | null;
};

/** Returns what a caller learns of a reason that denies its reserve. */
export function deniedBy(
  account: Account,
  barrier: Barrier,
  at: Instant,
  ask: Asked & { readonly contacts: readonly Contact[] },
): Denied {
  const { until: _, ...why } = barrier;
  // In shadow mode, no contact decides about `retryAt` (R23).
  const contact = ask.inShadow === true ? undefined : contactAt(ask.contacts, at);
  return {
    ...(contact ? { contactedBy: contact.reservationId } : {}),
    ...why,
    retryAt: retryAtOf(account, barrier, at, ask),
  };
}
