/**
 * Accounts and rows of a group in memory, as docs/contract.md describes them (R31, and R20 with
 * `recipientScope`). Each step comes in any order with those of others, and any call may be lost.
 */
import type fc from 'fast-check';
import { SafebandError } from '../../src/client/errors.js';
import type { GroupContact } from '../../src/domain/fleet/groupAsk.js';
import type { GroupAsk, Place } from '../../src/domain/fleet/groupPlace.js';
import type { CallerDecisionWire } from '../../src/domain/fleet/fleetHeld.js';
import { CLAIM_MS } from '../../src/domain/primitives/limits.js';
import type { GroupDesk } from '../../src/postgres/groups/desk.js';

export const ACCOUNTS = ['anna', 'ben', 'cara'];
const HOLD_MS = 20_000;

type Slot = { id: string; recipient: string | null; isReleased: boolean; savedAt: number };
type Claim = {
  granted: { account: string; id: string } | null;
  by: string | null;
  until: number;
  /** The account that may decide (R20). */
  taken: { account: string; id: string; at: number } | null;
};
type Asked = { readonly reservationId: string; readonly recipientId?: string | null };
/** How long after its begin a row of an account may come. */
const SAVE_MS = 10_000;
/** What happens to one call. `late`: it has no answer, and is decided in a later step. */
export type Fate = 'answered' | 'unsent' | 'lost' | 'late';
export type Luck = { readonly fate: Fate; readonly ms: number; readonly isCut: boolean };

/** Accounts and rows in memory, as docs/contract.md describes them. */
export class GroupWorld {
  now = 0;
  readonly slots = new Map(ACCOUNTS.map((name): [string, Slot[]] => [name, []]));
  readonly places = new Map<string, Omit<Place, 'isMember'>>();
  readonly claims = new Map<string, Claim>();
  /** The accounts whose grant a caller has got, by id. */
  readonly handed = new Map<string, Set<string>>();
  readonly #scheduler: fc.Scheduler;
  readonly #luck: () => Luck;
  /** True: the accounts compare recipients with their group. */
  readonly #isOfGroup: boolean;
  /** The ask that each account decides: the next one with a claim waits for it. */
  readonly #deciding = new Map<string, Promise<unknown>>();

  constructor(scheduler: fc.Scheduler, luck: () => Luck, isOfGroup = false) {
    this.#scheduler = scheduler;
    this.#luck = luck;
    this.#isOfGroup = isOfGroup;
  }

  /** Takes a step of its own, in any order with those of others. */
  async step<T>(work: () => T): Promise<T> {
    await this.#scheduler.schedule(Promise.resolve());
    this.now += this.#luck().ms;
    return work();
  }

  readonly status = () => Promise.reject(new Error('no story reads an account'));
  readonly nextSlots = () => Promise.reject(new Error('no story reads an account'));

  readonly reserve = async (account: string, asked: Asked): Promise<CallerDecisionWire> => {
    const decide = () => this.#decided(account, asked);
    const { fate } = this.#luck();
    if (fate === 'answered') return decide();
    if (fate === 'lost') await decide().catch(() => undefined);
    if (fate === 'late') void decide().catch(() => undefined);
    throw new SafebandError('Unavailable', fate);
  };

  #decided(
    account: string,
    { reservationId: id, recipientId = null }: Asked,
  ): Promise<CallerDecisionWire> {
    const decide = () => this.#decide(account, id, recipientId);
    if (recipientId === null || !this.#isOfGroup) return this.step(decide);
    const before = this.#deciding.get(account) ?? Promise.resolve();
    const done = before.then(() => this.#withClaim(account, id, recipientId));
    this.#deciding.set(
      account,
      done.catch(() => undefined),
    );
    return done;
  }

  /** The account takes the claim, decides in a later step, and gives an unused claim back. */
  async #withClaim(account: string, id: string, recipient: string): Promise<CallerDecisionWire> {
    const denied = { granted: false, reservationId: id, retryAt: null } as const;
    const at = await this.step(() => this.now);
    const other = await this.step(() => this.#take(account, id, recipient, at));
    return this.step(() => {
      if (this.#slotOf(account, id)) return this.#decide(account, id, recipient);
      if (other !== null) return { ...denied, reason: 'recipient_contacted', contactedBy: other };
      const isLate = this.now - at > CLAIM_MS;
      const answer = isLate
        ? ({ ...denied, reason: 'unverified' } as const)
        : this.#decide(account, id, recipient);
      const claim = this.claims.get(recipient);
      const isNeeded = this.slots.get(account)?.some((one) => isOf(one, recipient)) ?? false;
      if (!answer.granted && !isNeeded && claim?.taken?.id === id) claim.taken = null;
      return answer;
    });
  }

  /** Returns who has the recipient; null: this ask has the claim. */
  #take(account: string, id: string, recipient: string, at: number): string | null {
    const claim = this.claims.get(recipient) ?? { ...NO_CLAIM };
    if (claim.by !== null && claim.by !== id && claim.until >= this.now) return claim.by;
    const { taken } = claim;
    if (taken && taken.account !== account && this.#isOpen(taken)) return taken.id;
    const [other] = this.#contacts(recipient, claim, id).filter(
      ({ accountId }) => accountId !== account,
    );
    if (other) return other.reservationId;
    const by = claim.by === id ? id : null;
    this.claims.set(recipient, { ...claim, by, taken: { account, id, at } });
    return null;
  }

  /** A row of its ask, or a whole save after its time, ends a claim. */
  #isOpen({ account, id, at }: { account: string; id: string; at: number }): boolean {
    const slot = this.#slotOf(account, id);
    if (slot && slot.savedAt <= this.now) return false;
    return this.now <= at + CLAIM_MS + SAVE_MS;
  }

  readonly #slotOf = (account: string, id: string): Slot | undefined =>
    this.slots.get(account)?.find((one) => one.id === id);

  #decide(account: string, id: string, recipient: string | null): CallerDecisionWire {
    const slots = this.slots.get(account) ?? [];
    const own = slots.find((one) => one.id === id);
    if (own?.isReleased) throw new SafebandError('ReservationSettled', id);
    const denied = { granted: false, reservationId: id, retryAt: null } as const;
    const other = slots.find((one) => one.id !== id && recipient !== null && isOf(one, recipient));
    if (!own && other) return { ...denied, reason: 'recipient_contacted', contactedBy: other.id };
    if (!own && slots.filter((one) => !one.isReleased).length >= 1) {
      return { ...denied, reason: 'daily_cap' };
    }
    if (!own) slots.push({ id, recipient, isReleased: false, savedAt: this.now + SAVE_MS });
    const day = { quotaDay: '2026-11-24', leaseExpiresAt: '2026-11-24T12:00:00.000Z' };
    return {
      granted: true,
      reservationId: id,
      ...day,
      remainingToday: 0,
      repeated: own !== undefined,
    };
  }

  readonly failed = (account: string, { reservationId }: { reservationId: string }) =>
    this.step(() => {
      for (const slot of this.slots.get(account) ?? []) {
        if (slot.id === reservationId) slot.isReleased = true;
      }
    });

  /** A statement of the desk; a crash comes before or after it. */
  #row<T>(work: () => T): Promise<T> {
    const { isCut, ms } = this.#luck();
    return this.step(() => {
      if (isCut && ms > 0) throw new Error('cut before');
      const done = work();
      if (isCut) throw new Error('cut after');
      return done;
    });
  }

  #contacts(recipient: string, claim: Claim, own: string): readonly GroupContact[] {
    const all = ACCOUNTS.flatMap((accountId) =>
      (this.slots.get(accountId) ?? []).map((slot) => ({ accountId, ...slot })),
    );
    const saved = all.filter((one) => one.savedAt <= this.now);
    const isUnsaved = ({ account, id }: { account: string; id: string }): boolean =>
      saved.every((one) => one.accountId !== account || one.id !== id);
    const contact = (accountId: string, reservationId: string) => ({
      accountId,
      reservationId,
      isMember: true,
      until: null,
    });
    return [
      ...saved
        .filter((one) => one.recipient === recipient && !one.isReleased && one.id !== own)
        .map((one) => contact(one.accountId, one.id)),
      ...(claim.granted && isUnsaved(claim.granted)
        ? [contact(claim.granted.account, claim.granted.id)]
        : []),
      ...(claim.taken && claim.taken.id !== own && this.#isOpen(claim.taken)
        ? [contact(claim.taken.account, claim.taken.id)]
        : []),
    ];
  }

  readonly desk: GroupDesk = {
    readPlace: ({ reservationId }) =>
      this.#row(() => {
        const place = this.places.get(reservationId);
        return place && { ...place, isMember: true };
      }),
    order: () =>
      this.#row(() => ({
        asks: ACCOUNTS.map((accountId) => ({ accountId, reason: null, notBefore: null })),
        stopped: [],
      })),
    hold: ({ recipientId, reservationId }) =>
      this.#row(() => {
        if (recipientId === null) return { held: true as const, granted: null, contacts: [] };
        const key = recipientId;
        const claim = this.claims.get(key) ?? NO_CLAIM;
        if (claim.by !== null && claim.by !== reservationId && claim.until >= this.now) {
          return { held: false as const, heldBy: claim.by, until: claim.until };
        }
        this.claims.set(key, { ...claim, by: reservationId, until: this.now + HOLD_MS });
        return {
          held: true as const,
          granted: claim.granted?.account ?? null,
          contacts: this.#contacts(key, claim, reservationId),
        };
      }),
    place: ({ reservationId }, from, accountId) =>
      this.#row(() => {
        const place = this.places.get(reservationId);
        if (place ? place.state !== 'asking' || place.accountId !== from : false) return false;
        this.places.set(reservationId, { accountId, state: 'asking' });
        return true;
      }),
    confirm: (ask, accountId) => this.#row(() => this.#confirm(ask, accountId)),
    leave: ({ recipientId, reservationId }, asked) =>
      this.#row(() => {
        const place = this.places.get(reservationId);
        if (place?.state === 'asking' && place.accountId === asked)
          this.places.delete(reservationId);
        const claim = this.claims.get(recipientId ?? '');
        if (recipientId !== null && claim?.by === reservationId) claim.by = null;
      }),
  };

  #confirm({ recipientId, reservationId }: GroupAsk, accountId: string): Omit<Place, 'isMember'> {
    const place = this.places.get(reservationId) ?? { accountId, state: 'asking' };
    if (place.state !== 'asking') return place;
    const claim = this.claims.get(recipientId ?? '');
    const isHeld = recipientId === null || claim?.by === reservationId;
    if (isHeld && claim)
      Object.assign(claim, { by: null, granted: { account: accountId, id: reservationId } });
    const state = isHeld ? ('granted' as const) : ('given_back' as const);
    this.places.set(reservationId, { accountId, state });
    return { accountId, state };
  }

  /** The slots of a recipient that callers have got and not released. */
  handedFor(recipient: string | null): readonly string[] {
    if (recipient === null) return [];
    return [...this.handed].flatMap(([id, accounts]) =>
      [...accounts].flatMap((account) => {
        const slot = this.slots.get(account)?.find((one) => one.id === id);
        return slot?.recipient === recipient && !slot.isReleased ? [`${account}/${id}`] : [];
      }),
    );
  }
}

const NO_CLAIM: Claim = { granted: null, by: null, until: 0, taken: null };
const isOf = ({ isReleased, recipient }: Slot, other: string): boolean =>
  !isReleased && recipient === other;
