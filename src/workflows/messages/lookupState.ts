/** What one workflow run knows about lookups of recipients (R20) and of replies (R24). */
import type { LoggedChat } from '../../domain/commands/reply.js';
import type { Claimed, LeftClaim, WantedClaim } from '../../domain/fleet/contactClaims.js';
import type { PastContact } from '../../domain/gate/recipient.js';
import type { ChatId, RecipientId } from '../../domain/primitives/ids.js';
import type { Instant } from '../../domain/primitives/time.js';
import { remotely } from '../activityProxies.js';
import type { AccountRun } from '../accountRun.js';
import type { Entry } from '../inHand.js';

/** Callers wait 5 s by default: the answer after a failed lookup still reaches them. */
export const lookup = remotely({
  startToCloseTimeout: 2_000,
  scheduleToCloseTimeout: 4_000,
  retry: { initialInterval: 200 },
});

/** An ask that waits until Postgres has been read. */
export type Parked = {
  readonly entry: Entry;
  readonly recipients: readonly RecipientId[];
  /** Empty if the account compares with its own reservations only. */
  readonly claims: readonly WantedClaim[];
};
/** What Postgres has of the recipients of an ask. */
export type Found = {
  readonly past: readonly PastContact[];
  /** Absent if the account compares with its own reservations only. */
  readonly claim?: Claimed;
};
/** A reply that waits until Postgres has been read. */
export type ParkedReply = {
  readonly entry: Entry;
  readonly chatId: ChatId;
  readonly at: Instant;
};

class Lookups {
  parked: readonly Parked[] = [];
  isRunning = false;
  /** By the number of the ask; null: Postgres did not answer. */
  readonly foundOf = new Map<number, Found | null>();
  /** What was found for the ask that is being decided; undefined: nothing was looked up. */
  found: Found | null | undefined;
  /** Claims without a grant, which are given back. */
  unused: readonly LeftClaim[] = [];
  readonly replies: {
    parked: readonly ParkedReply[];
    isRunning: boolean;
    /** By the number of the message; null: Postgres did not answer. */
    readonly chatOf: Map<number, LoggedChat | null>;
    /** What was found for the reply that is being decided. */
    chat: LoggedChat | null;
    /** Chats whose reply was not saved at the begin of a lookup of this run. */
    readonly recorded: Set<string>;
  } = { parked: [], isRunning: false, chatOf: new Map(), chat: null, recorded: new Set() };
}

const states = new WeakMap<AccountRun, Lookups>();

/** Returns the lookups of this run. */
export function lookupsOf(self: AccountRun): Lookups {
  const state = states.get(self) ?? new Lookups();
  states.set(self, state);
  return state;
}

/** True if no message waits until Postgres has been read. */
export function areLookupsDone(self: AccountRun): boolean {
  const { parked, replies } = lookupsOf(self);
  return parked.length === 0 && replies.parked.length === 0;
}
