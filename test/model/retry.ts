/** `retryAt` and the contact of a recipient, checked against the reference and by living on. */
import {
  isRecipientId,
  type CampaignId,
  type RecipientId,
} from '../../src/domain/primitives/ids.js';
import { maybe, rid } from './names.js';
import { contactsOf, namedOf } from './people.js';
import type { Play } from './play.js';
import { rested } from './rested.js';
import { same } from './same.js';
import type { PeekWire, WouldDenyWire } from '../../src/domain/wire/decisions.js';

const DAY = 86_400_000;

type Asked = { recipientId?: RecipientId | undefined; campaignId?: CampaignId | undefined };

/**
 * `retryAt`, checked by living until then: no message comes, and each run settles what its
 * lease
 * has left. A reserve is granted at that instant, and not a millisecond earlier. In shadow mode it
 * is granted without `wouldDeny`.
 */
function liveUntil(run: Play, retryAt: number, asks: Asked): void {
  const { domain } = run;
  const asked = (at: number): boolean => {
    let entity = rested(domain, run.entity, run.clock, at);
    const runs = entity.account.slots
      .filter((slot) => slot.state === 'in_flight')
      .map((slot) => ({
        reservationId: slot.reservationId,
        at: Math.max(run.clock, domain.runAfter(entity.account.accountId, slot.leaseExpiresAt)),
      }))
      .filter((one) => one.at < at)
      .toSorted((a, b) => a.at - b.at);
    const settleBefore = (instant: number): void => {
      for (let one = runs[0]; one && one.at < instant; one = runs[0]) {
        runs.shift();
        const report = { reservationId: one.reservationId, kind: 'unknown' } as const;
        entity = domain.execute(entity, domain.fail, report, one.at).entity;
      }
    };
    // The midnight timer of an idle account.
    for (let day = Math.floor(run.clock / DAY) + 1; day * DAY + 60_000 < at; day += 1) {
      settleBefore(day * DAY + 60_000);
      entity = domain.pass(entity, day * DAY + 60_000);
    }
    settleBefore(at);
    entity = domain.record(domain.pass(entity, at), [{ type: 'Reconciled', at }]);
    const ask = { reservationId: rid('asked-again'), ...asks };
    const { answer } = domain.execute(entity, domain.reserve, ask, at);
    return 'granted' in answer && answer.granted && answer.wouldDeny === undefined;
  };
  same([isoOf(retryAt), asked(retryAt)], [isoOf(retryAt), true]);
  if (retryAt - 1 > run.clock)
    same([isoOf(retryAt - 1), asked(retryAt - 1)], [isoOf(retryAt - 1), false]);
}

/** Returns what denies the reserve, also if the account is in shadow mode and grants it (R23). */
const deniedIn = (peek: PeekWire): WouldDenyWire | undefined =>
  peek.granted ? peek.wouldDeny : peek;

const isoOf = (at: number): string => new Date(at).toISOString();

/** A day whose cap and ramp permanently permit nothing has no `retryAt`; all others have one. */
export function checkRetry(run: Play, campaignId: CampaignId | undefined): void {
  const { domain, entity, clock } = run;
  const peek = deniedIn(domain.peekWire(entity.account, clock, false, { campaignId }));
  const slots = domain.nextSlots(entity.account, clock, 3, { campaignId });
  if (!peek) {
    same(slots[0], clock);
    return;
  }
  if (peek.retryAt === null) {
    same(slots, []);
    return;
  }
  same(slots[0], Date.parse(peek.retryAt));
  liveUntil(run, Date.parse(peek.retryAt), { campaignId });
}

/** Who has contacted the recipient, and from when on the recipient may be contacted again (R20). */
export function checkContact(run: Play, recipient: string | undefined): void {
  const { domain, entity, clock, reference } = run;
  const recipientId = maybe(isRecipientId, recipient);
  const peek = deniedIn(domain.peekWire(entity.account, clock, false, { recipientId }));
  const contacts = contactsOf(reference.all.filter(reference.isKnown), recipient);
  const by = peek?.contactedBy;
  same([by, by !== undefined], [by, contacts.length > 0]);
  if (!peek || by === undefined) return;
  same([by, namedOf(contacts, reference.day).includes(by)], [by, true]);
  const isOpen = contacts.some((r) => r.state === 'in_flight' || r.state === 'uncertain');
  if (isOpen) same(peek.retryAt, null);
  if (peek.retryAt !== null) liveUntil(run, Date.parse(peek.retryAt), { recipientId });
}
