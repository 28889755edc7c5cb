/** The messages in the history of a closed workflow run (R13). */
import type { Account } from '../account/account.js';
import type { Deliver } from '../commands/deliver.js';
import type { Event } from '../account/events.js';
import type { Fail } from '../commands/fail.js';
import type { ReservationId } from '../primitives/ids.js';
import type { Observe } from '../commands/observe.js';
import type { ObserveCredits } from '../commands/credits.js';
import type { disconnect, Configure, Order, Start } from '../commands/administer.js';
import type { Reserve } from '../account/slot.js';
import type { Instant, UtcDay } from '../primitives/time.js';
import type { Settle } from '../commands/settle.js';
import type { RecordedReply } from '../account/stops.js';

/** The answer to a reserve; its slot is taken as it was promised. */
export type Promised = { readonly quotaDay: UtcDay; readonly leaseExpiresAt: Instant };

type Report =
  /** `promised` is null for a Signal: it has no answer, so the slot may have been taken. */
  | { readonly name: 'reserve'; readonly input: Reserve; readonly promised: Promised | null }
  /** An ask that waits; `isSure` is false for a Signal, whose slot may have been taken (R21). */
  | { readonly name: 'wait'; readonly input: Reserve; readonly isSure: boolean }
  | { readonly name: 'withdraw'; readonly input: ReservationId }
  | { readonly name: 'deliver'; readonly input: Deliver }
  | { readonly name: 'deliverWithoutChat'; readonly input: ReservationId }
  | { readonly name: 'fail'; readonly input: Fail }
  | { readonly name: 'observe'; readonly input: Observe }
  | { readonly name: 'settle'; readonly input: Settle }
  /** The state that the run before handed over, with its unsaved alerts. */
  | { readonly name: 'carried'; readonly input: Account; readonly alerts: readonly Event[] };
export type Ordered =
  | { readonly name: 'configure'; readonly input: Configure }
  | { readonly name: 'connect'; readonly input: Start }
  | { readonly name: 'credits'; readonly input: ObserveCredits }
  | { readonly name: 'reply'; readonly input: RecordedReply }
  | { readonly name: 'hold' | 'resume'; readonly input: Order }
  | { readonly name: 'disconnect'; readonly input: Parameters<typeof disconnect>[1] };

/** One message in the history of a closed run, in the order in which the run took them. */
export type RunMessage = (Report | Ordered) & {
  readonly at: Instant;
  /** True if the row is newer: its policy, hold and cooldowns include the message. */
  readonly isInRow: boolean;
};

const ORDERS: readonly RunMessage['name'][] = [
  'configure',
  'connect',
  'credits',
  'reply',
  'hold',
  'resume',
  'disconnect',
];
/** True if the row of an account contains what the message did. */
export const isOrder = (message: RunMessage): message is RunMessage & Ordered =>
  ORDERS.includes(message.name);
