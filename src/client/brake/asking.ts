/**
 * A reserve of a caller: the brake is read before the account is asked, and again when a grant
 * comes (R27). A denial that the account would repeat is answered without a call.
 */
import {
  FLEET_HELD,
  type CallerAnswerWire,
  type FleetHeldWire,
} from '../../domain/fleet/fleetHeld.js';
import type { AnswerWire, GrantWire } from '../../domain/wire/decisions.js';
import type { Denials } from '../denials.js';
import { SafebandError } from '../errors.js';
import { isOfLine, type Reserving, type WaitRequest } from '../reserving.js';
import type { Brake } from './brake.js';

const GRANTED_MAX = 20_000;

type Parts = {
  readonly brake: Brake;
  readonly denials: Denials;
  readonly reserving: Pick<Reserving, 'ask'>;
};

export class Asking {
  readonly #parts: Parts;
  /** Ids with a grant for this client: a repeated reserve of such an id takes no new slot (R3). */
  readonly #granted = new Set<string>();
  /** Ids whose grant came while the brake was on, and was kept back. */
  readonly #kept = new Set<string>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Asks for one slot; resolves with the answer or the typed error. Never rejects. */
  async ask(
    accountId: string,
    request: WaitRequest,
    deadline: number,
  ): Promise<CallerAnswerWire | SafebandError> {
    try {
      const { reservationId } = request;
      if (await this.#parts.brake.holds(accountId, deadline)) return fleetHeld(reservationId);
      const answer = await this.#account(accountId, request, deadline);
      if (answer instanceof SafebandError || !answer.granted) return answer;
      return await this.#handed(accountId, answer, deadline);
    } catch (error) {
      if (error instanceof SafebandError) return error;
      return new SafebandError('Unavailable', `account ${accountId}: ${String(error)}`);
    }
  }

  /** Asks the account, or answers with a denial that it would repeat. */
  async #account(
    accountId: string,
    request: WaitRequest,
    deadline: number,
  ): Promise<AnswerWire | SafebandError> {
    const { denials, reserving } = this.#parts;
    const key = keyOf(accountId, request.reservationId);
    const isKnown = request.wait === true || this.#granted.has(key);
    const asked = { accountId, campaignId: request.campaignId };
    const known = isKnown ? undefined : denials.recall(asked, Date.now(), request);
    if (known) return { ...known, reservationId: request.reservationId };
    const answer = await reserving.ask(accountId, request, deadline);
    if (answer instanceof SafebandError || isOfLine(answer)) return answer;
    if (answer.granted) remember(this.#granted, key);
    else denials.remember(asked, answer, Date.now(), request);
    return answer;
  }

  /**
   * Returns the grant, or keeps it back if the brake came meanwhile. The slot is not released:
   * another caller with the same id may have had the same grant.
   */
  async #handed(accountId: string, grant: GrantWire, deadline: number): Promise<CallerAnswerWire> {
    const key = keyOf(accountId, grant.reservationId);
    // Until it is handed over, the caller has not learnt of it, also if the brake is not known.
    if (!grant.repeated) remember(this.#kept, key);
    if (await this.#parts.brake.holds(accountId, deadline)) return fleetHeld(grant.reservationId);
    // The account counts a second grant; for this caller it is the first.
    return this.#kept.delete(key) ? { ...grant, repeated: false } : grant;
  }
}

const keyOf = (accountId: string, reservationId: string): string => `${accountId}/${reservationId}`;

function remember(keys: Set<string>, key: string): void {
  if (keys.size >= GRANTED_MAX) keys.clear();
  keys.add(key);
}

const fleetHeld = (reservationId: string): FleetHeldWire => ({
  granted: false,
  reservationId,
  reason: FLEET_HELD,
  retryAt: null,
});
