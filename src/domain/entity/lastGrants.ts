/**
 * The slots that an account's last workflow may have granted, and that its rows do not have (R13).
 */
import { findSlot, type Account, type Slot } from '../account/account.js';
import type { Event } from '../account/events.js';
import { isShadow } from '../account/policy.js';
import { reservedSlot, type Reserve } from '../account/slot.js';
import { deniedBy, type Denied } from '../commands/denied.js';
import { marked } from '../commands/reserve.js';
import { roomOf } from '../gate/caps.js';
import { barrierAt, type DenialReason } from '../gate/gate.js';
import { contactsOf } from '../gate/recipient.js';
import { verdictAt } from '../gate/shadow.js';
import { dayOf, startOf, type Instant } from '../primitives/time.js';
import type { Promised, RunMessage } from './lastRunMessages.js';

export type Context = Pick<RunMessage, 'at' | 'isInRow'>;

/** Keeps a promised slot for its caller; a slot that may have been taken stays spent. */
export function reserved(
  account: Account,
  ask: Reserve,
  { at, isInRow, promised }: Context & { readonly promised: Promised | null },
): readonly Event[] {
  if (findSlot(account, ask.reservationId)) return [];
  if (!promised && isDenied(account, ask, { at, isInRow })) return [];
  const taken = reservedSlot(account, ask, at);
  const quotaDay = promised?.quotaDay ?? dayOf(at);
  const slot: Slot = {
    ...taken,
    quotaDay,
    reservedAt: Math.max(startOf(quotaDay), Math.min(at, startOf(quotaDay + 1) - 1)),
    leaseExpiresAt: promised?.leaseExpiresAt ?? taken.leaseExpiresAt,
    // No report has settled it since, so it may have landed today (R7).
    carriedInto: quotaDay < account.day ? account.day : null,
  };
  return [{ type: 'SlotReserved', slot, ...marked(ask), ...shadowed(account, ask, at) }];
}

/** Returns the denial of shadow mode, as far as rows and earlier messages show it (R23). */
function shadowed(account: Account, ask: Reserve, at: Instant): { readonly wouldDeny?: Denied } {
  const contacts = contactsOf(account, ask);
  const asked = { campaignId: ask.campaignId, contacts };
  const { wouldDeny } = verdictAt(account, at, { ...asked, isForecast: true });
  return wouldDeny ? { wouldDeny: deniedBy(account, wouldDeny, at, asked) } : {};
}

/** True if this request was certainly denied; if that is not certain, the slot is taken. */
function isDenied(account: Account, ask: Reserve, { at, isInRow }: Context): boolean {
  const inShadow = isShadow(account.policy);
  if (roomOf(account).remaining === 0 && !inShadow) return true;
  if (isInRow || inShadow) return ask.validUntil !== undefined && ask.validUntil <= at;
  const barrier = barrierAt(account, at, ask);
  return barrier !== undefined && CERTAIN.includes(barrier.reason);
}
const CERTAIN: readonly DenialReason[] = ['expired', 'held', 'no_credits', 'cooldown'];
