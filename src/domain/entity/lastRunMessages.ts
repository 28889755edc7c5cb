/** What the history of a closed run says, message by message (R13). */
import type { Account } from '../account/account.js';
import type { Deliver } from '../commands/deliver.js';
import type { Event } from '../account/events.js';
import type { Fail } from '../commands/fail.js';
import type { ReservationId } from '../primitives/ids.js';
import type { Observe } from '../commands/observe.js';
import type { disconnect, Configure, Order, Start } from '../commands/administer.js';
import type { Reserve } from '../account/slot.js';
import type { Instant, UtcDay } from '../primitives/time.js';
import type { Settle } from '../commands/settle.js';

/** What the caller of a reserve was answered; its slot is taken as it was promised. */
export type Promised = { readonly quotaDay: UtcDay; readonly leaseExpiresAt: Instant };

type Report =
  /** `promised` is null for a Signal: nobody was answered, so the slot may have been taken. */
  | { readonly name: 'reserve'; readonly input: Reserve; readonly promised: Promised | null }
  | { readonly name: 'deliver'; readonly input: Deliver }
  | { readonly name: 'deliverWithoutChat'; readonly input: ReservationId }
  | { readonly name: 'fail'; readonly input: Fail }
  | { readonly name: 'observe'; readonly input: Observe }
  | { readonly name: 'settle'; readonly input: Settle }
  /** What the run before handed over, with the alerts that it had not saved. */
  | { readonly name: 'carried'; readonly input: Account; readonly alerts: readonly Event[] };
export type Ordered =
  | { readonly name: 'configure'; readonly input: Configure }
  | { readonly name: 'connect'; readonly input: Start }
  | { readonly name: 'hold' | 'resume'; readonly input: Order }
  | { readonly name: 'disconnect'; readonly input: Parameters<typeof disconnect>[1] };

/** One thing that a closed run's history says, in the order in which the run took it. */
export type RunMessage = (Report | Ordered) & {
  readonly at: Instant;
  /** The account's row was written after it: policy, hold and pauses in the row include it. */
  readonly isInRow: boolean;
};
