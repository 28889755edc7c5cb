/**
 * Random stories of asks of a group (R31): lost answers, late grants, crashes and slow steps in any
 * order. Whatever happens, no caller gets a second grant of an id, or of a recipient.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SafebandError } from '../../../src/client/errors.js';
import { GroupAsking } from '../../../src/client/group/groupAsking.js';
import type { GroupContact } from '../../../src/domain/fleet/groupAsk.js';
import type { GroupAsk, Place } from '../../../src/domain/fleet/groupPlace.js';
import type { CallerDecisionWire } from '../../../src/domain/fleet/fleetHeld.js';
import type { GroupDesk } from '../../../src/postgres/groups/desk.js';

const ACCOUNTS = ['anna', 'ben', 'cara'];
const HOLD_MS = 20_000;

type Slot = { id: string; recipient: string | null; isReleased: boolean; savedAt: number };
type Claim = { granted: { account: string; id: string } | null; by: string | null; until: number };
/** What happens to one call. `late`: it has no answer, and is decided in a later step. */
type Fate = 'answered' | 'unsent' | 'lost' | 'late';
type Luck = { readonly fate: Fate; readonly ms: number; readonly isCut: boolean };

/** Accounts and rows in memory, as docs/contract.md describes them. */
class World {
  now = 0;
  readonly slots = new Map(ACCOUNTS.map((name): [string, Slot[]] => [name, []]));
  readonly places = new Map<string, Omit<Place, 'isMember'>>();
  readonly claims = new Map<string, Claim>();
  /** The accounts whose grant a caller has got, by id. */
  readonly handed = new Map<string, Set<string>>();
  readonly #scheduler: fc.Scheduler;
  readonly #luck: () => Luck;

  constructor(scheduler: fc.Scheduler, luck: () => Luck) {
    this.#scheduler = scheduler;
    this.#luck = luck;
  }

  /** Takes a step of its own, in any order with those of others. */
  async step<T>(work: () => T): Promise<T> {
    await this.#scheduler.schedule(Promise.resolve());
    this.now += this.#luck().ms;
    return work();
  }

  readonly reserve = async (
    account: string,
    { reservationId, recipientId }: { reservationId: string; recipientId?: string | null },
  ): Promise<CallerDecisionWire> => {
    const decide = () => this.#decide(account, reservationId, recipientId ?? null);
    const { fate } = this.#luck();
    if (fate === 'answered') return this.step(decide);
    if (fate === 'lost') await this.step(decide).catch(() => undefined);
    if (fate === 'late') void this.step(decide).catch(() => undefined);
    throw new SafebandError('Unavailable', fate);
  };

  #decide(account: string, id: string, recipient: string | null): CallerDecisionWire {
    const slots = this.slots.get(account) ?? [];
    const own = slots.find((one) => one.id === id);
    if (own?.isReleased) throw new SafebandError('ReservationSettled', id);
    const denied = { granted: false, reservationId: id, retryAt: null } as const;
    const other = slots.find(
      (one) =>
        !one.isReleased && one.id !== id && recipient !== null && one.recipient === recipient,
    );
    if (!own && other) return { ...denied, reason: 'recipient_contacted', contactedBy: other.id };
    if (!own && slots.filter((one) => !one.isReleased).length >= 1) {
      return { ...denied, reason: 'daily_cap' };
    }
    if (!own) slots.push({ id, recipient, isReleased: false, savedAt: this.now + 10_000 });
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
        const claim = this.claims.get(key) ?? { granted: null, by: null, until: 0 };
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

const MOSTLY_ANSWERED = Array.from({ length: 5 }, (): Fate => 'answered');
const luck = fc.record({
  fate: fc.constantFrom<Fate>(...MOSTLY_ANSWERED, 'unsent', 'lost', 'late'),
  ms: fc.constantFrom(0, 0, 1, 3_000, 25_000),
  isCut: fc.integer({ min: 0, max: 39 }).map((n) => n === 0),
});
const asks = fc.array(fc.record({ id: fc.integer({ min: 0, max: 4 }), releases: fc.boolean() }), {
  minLength: 2,
  maxLength: 10,
});

it('no id and no recipient has two grants, and a lost grant is found again', async () => {
  let granted = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.infiniteStream(luck),
      asks,
      async (scheduler, fates, list) => {
        const world = new World(scheduler, () => fates.next().value);
        const asking = new GroupAsking(world, world.desk, () => world.now);
        const send = async ({ id, releases }: { id: number; releases: boolean }) => {
          const reservationId = `r${id}`;
          // The last two ids have no recipient.
          const recipientId = id < 3 ? `ACoAA${id % 2}` : null;
          const answer = await asking.reserve('eu', { reservationId, recipientId });
          if (!answer.granted) return;
          granted += 1;
          const accounts = world.handed.get(reservationId) ?? new Set();
          world.handed.set(reservationId, accounts.add(answer.accountId));
          expect([...accounts]).toHaveLength(1);
          expect(world.handedFor(recipientId).length).toBeLessThanOrEqual(1);
          if (releases) await world.failed(answer.accountId, { reservationId });
        };
        const faults: unknown[] = [];
        const all = list.map((one) =>
          send(one).catch((error: unknown) => {
            if (!(error instanceof SafebandError)) faults.push(error);
          }),
        );
        await scheduler.waitFor(Promise.all(all));
        expect(faults).toEqual([]);
      },
    ),
    { numRuns: 1_000 },
  );
  expect(granted).toBeGreaterThan(1_000);
});
