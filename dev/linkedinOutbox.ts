/**
 * What the simulated LinkedIn really has: every InMail that it took, whatever it answered, and its
 * verdict on each account. Safeband's numbers are compared with this, so this file does not read
 * them; only the safe bands are shared.
 *
 * Memory is bounded: a full outbox refuses more InMails with an error.
 */
import { randomUUID } from 'node:crypto';
import { dayOf, isoDay, isoInstant, type Instant } from '../src/domain/primitives/time.js';
import { SAFE_BAND, type Tier } from '../src/domain/primitives/tier.js';

/** Maximum InMails, and maximum accounts, that are kept: about sixty demonstrations. */
export const ROOM_DEFAULT = 20_000;

/** An InMail that was really taken. */
export type Taken = {
  readonly accountId: string;
  /** Null: a person sent it manually. */
  readonly reservationId: string | null;
  readonly recipientId: string;
  readonly campaignId: string | null;
  readonly chatId: string;
  readonly messageId: string;
  /**
   * When the call arrived, and when the InMail was in the outbox: they differ for a hanging call.
   */
  readonly receivedAt: string;
  readonly sentAt: string;
  /** The caller got this very chat as proof. */
  readonly hasProof: boolean;
};
/** A webhook's report of an InMail in the outbox: without its sender and its way. */
export type Sent = Pick<Taken, 'accountId' | 'chatId' | 'messageId' | 'recipientId' | 'sentAt'>;

/** The InMails of one UTC day. */
export type DaySum = { readonly day: string; readonly pipeline: number; readonly byHand: number };
export type AccountSummary = {
  readonly accountId: string;
  /** Null: the account was not enrolled, so the widest band decides. */
  readonly tier: Tier | null;
  /** InMails a UTC day. */
  readonly band: number;
  readonly days: readonly DaySum[];
  readonly withProof: number;
  readonly standing: 'good' | 'BANNED';
  /** The first UTC day over the band. */
  readonly bannedOn: string | null;
  /**
   * The cause: `pipeline` if the pipeline's InMails of a day exceed the band, which Safeband must
   * prevent; `by_hand` if they do only together with manual InMails, which it cannot prevent.
   */
  readonly bannedBy: 'pipeline' | 'by_hand' | null;
};

/** The outbox is full; nothing was taken. Fastify answers with the status code. */
export class OutboxFull extends Error {
  override readonly name = 'OutboxFull';
  readonly statusCode = 503;

  constructor(room: number) {
    super(`this LinkedIn keeps ${room} InMails and accounts at most; start a new one`);
  }
}

/** The sender, the recipient, and when the call arrived. */
export type Letter = Pick<Taken, 'accountId' | 'reservationId' | 'recipientId' | 'campaignId'> & {
  readonly receivedAt: Instant;
};
type Kept = { -readonly [K in keyof Taken]: Taken[K] };
type Member = {
  tier: Tier | null;
  readonly inmails: Kept[];
  readonly days: Map<string, { pipeline: number; byHand: number }>;
  bannedOn: string | null;
  isPipelineOver: boolean;
};

const WIDEST_BAND = Math.max(...Object.values(SAFE_BAND));
const bandOf = (tier: Tier | null): number => (tier === null ? WIDEST_BAND : SAFE_BAND[tier]);

export class Outbox {
  readonly #now: () => Instant;
  readonly #room: number;
  readonly #members = new Map<string, Member>();
  readonly #listeners = new Set<(sent: Sent) => void>();
  #count = 0;

  constructor(now: () => Instant, room: number) {
    this.#now = now;
    this.#room = room;
  }

  /** Sets an account's tier: its band counts for InMails that come after this. */
  enrol(accountId: string, tier: Tier): void {
    this.#member(accountId).tier = tier;
  }

  /** Takes an InMail; its caller has no proof yet. Throws `OutboxFull`. */
  take({ receivedAt, ...letter }: Letter): Taken {
    if (this.#count >= this.#room) throw new OutboxFull(this.#room);
    const member = this.#member(letter.accountId);
    const now = this.#now();
    const kept: Kept = {
      ...letter,
      chatId: `chat-${randomUUID()}`,
      messageId: `msg-${randomUUID()}`,
      receivedAt: isoInstant(receivedAt),
      sentAt: isoInstant(now),
      hasProof: false,
    };
    this.#count += 1;
    member.inmails.push(kept);
    judge(member, isoDay(dayOf(now)), letter.reservationId === null);
    this.#report(kept);
    return kept;
  }

  /** Records that the caller gets this InMail's own chat. */
  prove({ accountId, chatId }: Pick<Taken, 'accountId' | 'chatId'>): void {
    const kept = this.#members.get(accountId)?.inmails.find((one) => one.chatId === chatId);
    if (kept) kept.hasProof = true;
  }

  /** Returns the account's first InMail whose chat a caller got. */
  proven(accountId: string): Taken | undefined {
    return this.#members.get(accountId)?.inmails.find(({ hasProof }) => hasProof);
  }

  /** Returns copies of the account's InMails, in order: later InMails do not change the list. */
  of(accountId: string): readonly Taken[] {
    return (this.#members.get(accountId)?.inmails ?? []).map((one) => ({ ...one }));
  }

  sentBy(accountId: string): readonly Sent[] {
    return (this.#members.get(accountId)?.inmails ?? []).map(sentOf);
  }

  /** Reports each InMail from now on, also manual ones; the returned function ends it. */
  onSent(listener: (sent: Sent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  summary(): readonly AccountSummary[] {
    return [...this.#members].map(([accountId, member]) => ({
      accountId,
      tier: member.tier,
      band: bandOf(member.tier),
      days: [...member.days].map(([day, sums]) => ({ day, ...sums })),
      withProof: member.inmails.filter(({ hasProof }) => hasProof).length,
      standing: member.bannedOn === null ? 'good' : 'BANNED',
      bannedOn: member.bannedOn,
      bannedBy: bannedBy(member),
    }));
  }

  #member(accountId: string): Member {
    const known = this.#members.get(accountId);
    if (known) return known;
    if (this.#members.size >= this.#room) throw new OutboxFull(this.#room);
    const member: Member = {
      tier: null,
      inmails: [],
      days: new Map(),
      bannedOn: null,
      isPipelineOver: false,
    };
    this.#members.set(accountId, member);
    return member;
  }

  /** Calls the listeners later, so that a failing listener cannot change LinkedIn's answer. */
  #report(kept: Kept): void {
    const sent = sentOf(kept);
    for (const listener of this.#listeners) queueMicrotask(() => listener(sent));
  }
}

/** Counts the InMail on its day. A ban is permanent: no later day and no better tier lifts it. */
function judge(member: Member, day: string, isByHand: boolean): void {
  const sums = member.days.get(day) ?? { pipeline: 0, byHand: 0 };
  member.days.set(day, sums);
  sums[isByHand ? 'byHand' : 'pipeline'] += 1;
  const band = bandOf(member.tier);
  if (sums.pipeline + sums.byHand > band) member.bannedOn ??= day;
  if (sums.pipeline > band) member.isPipelineOver = true;
}

const bannedBy = ({ bannedOn, isPipelineOver }: Member): AccountSummary['bannedBy'] => {
  if (bannedOn === null) return null;
  return isPipelineOver ? 'pipeline' : 'by_hand';
};

const sentOf = ({ accountId, chatId, messageId, recipientId, sentAt }: Taken): Sent => ({
  accountId,
  chatId,
  messageId,
  recipientId,
  sentAt,
});
