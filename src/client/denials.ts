/**
 * Remembers each denial until its `retryAt`, or for a minute if that is shorter. Until then, the
 * account would deny every reserve of that campaign, so the client answers it without a call,
 * whatever its id. Another campaign may have a grant, or another `retryAt` (R22).
 */
import type { ReserveRequest } from './reserving.js';
import type { DenialWire } from '../domain/wire/decisions.js';

const MEMORY_MS = 60_000;
const ACCOUNTS_MAX = 10_000;
const CAMPAIGNS_MAX = 100;

/** What was asked for; null and no campaign are the same. */
type Asked = { readonly accountId: string; readonly campaignId?: string | null | undefined };
type Remembered = { readonly denial: DenialWire; readonly until: number };

export class Denials {
  readonly #byAccount = new Map<string, Map<string | null, Remembered>>();
  readonly #memoryMs: number;

  /** With `memoryMs` 0 it remembers nothing. */
  constructor(memoryMs: number = MEMORY_MS) {
    this.#memoryMs = memoryMs;
  }

  /** Returns the denial that a new reserve would get again now; undefined if it may be granted. */
  recall(
    { accountId, campaignId = null }: Asked,
    now: number,
    { free }: Pick<ReserveRequest, 'free'> = {},
  ): DenialWire | undefined {
    const known = this.#byAccount.get(accountId)?.get(campaignId);
    // An InMail that costs no credit may have a grant (R24).
    if (free === true && known?.denial.reason === 'no_credits') return undefined;
    return known && now < known.until ? known.denial : undefined;
  }

  /**
   * Remembers a denial, except those that are about one reserve and not about the account:
   * `expired`, each that names a contact of the recipient, and `unverified` for a recipient, whose
   * contacts may not be known.
   */
  remember(
    { accountId, campaignId = null }: Asked,
    denial: DenialWire,
    now: number,
    { recipientId }: Pick<ReserveRequest, 'recipientId'> = {},
  ): void {
    if (denial.reason === 'expired' || denial.contactedBy !== undefined) return;
    if (denial.reason === 'unverified' && recipientId) return;
    if (this.#memoryMs === 0) return;
    const retryAt = denial.retryAt === null ? Infinity : Date.parse(denial.retryAt);
    const until = Math.min(retryAt, now + this.#memoryMs);
    if (this.#byAccount.size >= ACCOUNTS_MAX) this.#byAccount.clear();
    const byCampaign = this.#byAccount.get(accountId) ?? new Map<string | null, Remembered>();
    if (byCampaign.size >= CAMPAIGNS_MAX) byCampaign.clear();
    byCampaign.set(campaignId, { denial, until });
    this.#byAccount.set(accountId, byCampaign);
  }

  /**
   * Forgets the denials of an account, because a report or a person may have changed the account.
   */
  forget(accountId: string): void {
    this.#byAccount.delete(accountId);
  }
}
