/**
 * One ask for a group of accounts (R31): asks the members one after the other until one grants. The
 * account is written down before it is asked, and its grant before the caller gets it. So a retry
 * with the same id finds its account, and two asks for one recipient get one grant.
 */
import {
  endsWalk,
  groupContacted,
  groupDenial,
  MEMBERS_ASKED_MAX,
  routeOf,
  type GroupAnswerWire,
  type GroupGrantWire,
  type GroupOrder,
  type MemberDenial,
} from '../../domain/fleet/groupAsk.js';
import type { GroupDesk } from '../../postgres/groups/desk.js';
import type { GroupAsk, Hold, Place } from '../../domain/fleet/groupPlace.js';
import { FLEET_HELD, type CallerDecisionWire } from '../../domain/fleet/fleetHeld.js';
import { errorText } from '../../domain/primitives/errorText.js';
import { parseGroupReserve } from '../../domain/wire/requests.js';
import { NEXT_DEFAULT } from '../../domain/diagnostics/canSend/groupOrder.js';
import type { GrantWire } from '../../domain/wire/decisions.js';
import { MINUTE_MS, SECOND_MS, type Instant } from '../../domain/primitives/time.js';
import { isUnknownAccount, SafebandError } from '../errors.js';
import type { ReserveRequest } from '../reserving.js';
import { checkNextCount, nextOf, type GroupNext, type MemberReads } from './groupNext.js';

/** A request for a slot of any account of a group. It does not wait in a line. */
export type GroupRequest = Omit<ReserveRequest, 'replyTo' | 'wait'>;

/** How long an ask goes from member to member. Each member has the deadline of a call. */
const WALK_MS = 8 * SECOND_MS;
/**
 * How often an ask begins again because another request with its id was faster: such requests go
 * over the members together.
 */
const TRIES = MEMBERS_ASKED_MAX + 5;
/** How long an account that did not answer is asked after the others. */
const SILENT_MS = MINUTE_MS;

/** The group has no connected account. */
export class GroupUnknown extends SafebandError {
  constructor(group: string) {
    super('AccountUnknown', `group ${group} has no connected account`);
  }
}

/** What a client does with one account. */
type Accounts = MemberReads & {
  reserve(accountId: string, request: ReserveRequest): Promise<CallerDecisionWire>;
  failed(
    accountId: string,
    report: { readonly reservationId: string; readonly kind: 'not_attempted' },
  ): Promise<unknown>;
};
export type GroupOptions = {
  /** False: the caller may not learn of the account, which was in the group before. */
  readonly maySee?: (accountId: string) => boolean;
};
/** One request, also if it begins again: who has denied it, and until when it asks. */
type Work = {
  readonly request: GroupRequest;
  readonly end: Instant;
  readonly denials: Map<string, MemberDenial>;
};
type Walk = Work & {
  readonly ask: GroupAsk;
  readonly place: Place | undefined;
  readonly stopped: GroupOrder['stopped'];
  readonly asks: readonly string[];
};

export class GroupAsking {
  readonly #accounts: Accounts;
  readonly #desk: GroupDesk;
  readonly #now: () => Instant;
  /** Accounts that did not answer, and until when the others come first. */
  readonly #silent = new Map<string, Instant>();

  constructor(accounts: Accounts, desk: GroupDesk = noDesk, now: () => Instant = Date.now) {
    this.#accounts = accounts;
    this.#desk = desk;
    this.#now = now;
  }

  /**
   * Reserves one slot of any account of the group, which the answer names. A denial is no error.
   * Throws `Unavailable` if a member did not answer: repeat it with the same id.
   */
  async reserve(
    group: string,
    request: GroupRequest,
    { maySee = () => true }: GroupOptions = {},
  ): Promise<GroupAnswerWire> {
    const parsed = parseGroupReserve({ ...request, group }, 'strict', this.#now());
    if (!parsed.ok) throw new SafebandError(parsed.refused, parsed.message);
    const { reservationId, recipientId = null } = request;
    const ask = { group, reservationId, recipientId };
    const work: Work = { request, end: this.#now() + WALK_MS, denials: new Map() };
    try {
      for (let n = 0; n < TRIES; n += 1) {
        const answer = await this.#once(ask, work, maySee);
        if (answer) return answer;
      }
    } catch (error) {
      if (error instanceof SafebandError) throw error;
      throw unavailable(ask, errorText(error), error);
    }
    throw unavailable(ask, 'other requests with this id are being decided');
  }

  /**
   * Returns the accounts of the group that may send now or first, in the order in which to ask
   * them. It takes no slot, and leaves out accounts that need a person or do not answer.
   */
  async next(
    group: string,
    { count = NEXT_DEFAULT }: { readonly count?: number } = {},
  ): Promise<readonly GroupNext[]> {
    checkNextCount(count);
    const order = await this.#desk.order(group);
    if (!order) throw new GroupUnknown(group);
    const ids = order.asks.map(({ accountId }) => accountId);
    return nextOf(this.#accounts, ids, count);
  }

  /** Undefined: another request with the same id was faster, so the ask begins again. */
  async #once(
    ask: GroupAsk,
    work: Work,
    maySee: (accountId: string) => boolean,
  ): Promise<GroupAnswerWire | undefined> {
    const { request } = work;
    const desk = this.#desk;
    const { group, reservationId } = ask;
    const place = await desk.readPlace(ask);
    if (place?.state === 'given_back') throw givenBack(reservationId);
    if (place?.state === 'granted') return this.#repeated(place, request, maySee);
    const order = await desk.order(group);
    if (!order) throw new GroupUnknown(group);
    const hold = await desk.hold(ask);
    if (!hold.held) {
      const { heldBy, until } = hold;
      return groupContacted({ reservationId, contactedBy: heldBy, accountId: null, until });
    }
    const route = this.#route({ hold, place, order, again: request.again === true });
    if ('contacted' in route) {
      await desk.leave(ask, null);
      const { accountId, reservationId: contactedBy, until } = route.contacted;
      const shown = maySee(accountId) ? accountId : null;
      return groupContacted({ reservationId, contactedBy, accountId: shown, until });
    }
    const stopped = route.isTied ? [] : order.stopped;
    return this.#walk({ ...work, ask, place, stopped, asks: route.asks });
  }

  /** A granted id stays with its account, whatever happens to the group. */
  async #repeated(
    { accountId, isMember }: Place,
    request: GroupRequest,
    maySee: (accountId: string) => boolean,
  ): Promise<GroupAnswerWire> {
    if (!isMember && !maySee(accountId)) {
      const text = `the account of reservation ${request.reservationId} has left the group`;
      throw new SafebandError('AccountUnknown', text);
    }
    const answer = await this.#accounts.reserve(accountId, request);
    if (answer.granted) return { ...answer, accountId };
    const last = { ...answer, accountId };
    return groupDenial({ ...request, denials: [last], last, stopped: [] });
  }

  #route(ask: {
    readonly hold: Extract<Hold, { readonly held: true }>;
    readonly place: Place | undefined;
    readonly order: GroupOrder;
    readonly again: boolean;
  }) {
    const { hold, place, order, again } = ask;
    const at = this.#now();
    for (const [accountId, until] of this.#silent) {
      if (until <= at) this.#silent.delete(accountId);
    }
    const isSilent = (accountId: string): number => Number(this.#silent.has(accountId));
    return routeOf({
      order: order.asks
        .map(({ accountId }) => accountId)
        .toSorted((a, b) => isSilent(a) - isSilent(b)),
      placed: place?.isMember ? place.accountId : null,
      granted: hold.granted,
      contacts: hold.contacts,
      again,
      at,
    });
  }

  async #walk(walk: Walk): Promise<GroupAnswerWire | undefined> {
    const { ask, request, place, stopped, asks, denials, end } = walk;
    const desk = this.#desk;
    const { reservationId } = ask;
    let from = place?.accountId ?? null;
    for (const accountId of asks) {
      if (denials.size > 0 && this.#now() > end) break;
      if (denials.has(accountId) && accountId !== place?.accountId) continue;
      if (!(await desk.place(ask, from, accountId))) return undefined;
      from = accountId;
      const answer = await this.#member(ask, accountId, request);
      if (answer.granted) return this.#confirmed(ask, accountId, answer);
      const last = { ...answer, accountId };
      denials.set(accountId, last);
      if (!endsWalk(answer)) continue;
      // The brake may have kept a grant of this account back, so it is the first after the release.
      await desk.leave(ask, answer.reason === FLEET_HELD ? null : accountId);
      return groupDenial({ reservationId, denials: [...denials.values()], last, stopped });
    }
    await desk.leave(ask, from);
    return groupDenial({ reservationId, denials: [...denials.values()], stopped });
  }

  /** Asks one member. Throws where it is not known what the member does. */
  async #member(
    ask: GroupAsk,
    accountId: string,
    request: GroupRequest,
  ): Promise<CallerDecisionWire> {
    const { reservationId } = ask;
    try {
      return await this.#accounts.reserve(accountId, request);
    } catch (error) {
      if (isUnknownAccount(error)) {
        return { granted: false, reservationId, reason: 'disconnected', retryAt: null };
      }
      if (!(error instanceof SafebandError) || error.type === 'Unavailable') {
        this.#silent.set(accountId, this.#now() + SILENT_MS);
        // The account may still grant: neither its place nor the recipient is left.
        const why = errorText(error);
        throw unavailable(ask, `account ${accountId} may still grant: ${why}`, error);
      }
      await this.#desk.leave(ask, null);
      throw error;
    }
  }

  /** Returns the grant if it is the one of this id; else gives it back: no caller has it. */
  async #confirmed(
    ask: GroupAsk,
    accountId: string,
    grant: GrantWire,
  ): Promise<GroupGrantWire | undefined> {
    const { state, accountId: holder } = await this.#desk.confirm(ask, accountId);
    if (state === 'granted' && holder === accountId) return { ...grant, accountId };
    // Another request with this id may have given a repeated grant to its caller. Also if the
    // account does not answer, the slot stays spent until its lease ends (R6).
    const report = { reservationId: ask.reservationId, kind: 'not_attempted' } as const;
    if (!grant.repeated) await this.#accounts.failed(accountId, report).catch(() => undefined);
    if (state === 'granted') return undefined;
    throw givenBack(ask.reservationId);
  }
}

const missing = async (): Promise<never> => {
  const text = 'groups is missing: createClient needs { groups: pgGroupDesk(pool) } for a group';
  throw new SafebandError('InvalidInput', text);
};
/** The desk of a client that was made without one. */
const noDesk: GroupDesk = {
  readPlace: missing,
  order: missing,
  hold: missing,
  place: missing,
  confirm: missing,
  leave: missing,
};

const givenBack = (reservationId: string): SafebandError =>
  new SafebandError(
    'ReservationSettled',
    `reservation ${reservationId}: another request with this id, or another ask for this ` +
      'recipient, was decided meanwhile; this id got no slot, so another try takes a new id',
  );

const unavailable = (
  { group, reservationId }: GroupAsk,
  why: string,
  cause?: unknown,
): SafebandError =>
  new SafebandError(
    'Unavailable',
    `group ${group}: ${why}; repeat reservation ${reservationId}: it continues with the same account`,
    { cause },
  );
