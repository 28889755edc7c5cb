/**
 * A pipeline that sends one InMail in the order of the contract. At random it dies, sleeps, loses
 * messages or repeats them (R18, src/client/sendWithSlot.ts):
 *
 *   reserve -> journal row -> permission to call -> LinkedIn -> journal outcome -> report
 */
import {
  isCampaignId,
  isChatId,
  isMessageId,
  isRecipientId,
  isReservationId,
  type ReservationId,
} from '../../src/domain/primitives/ids.js';
import type { LineFull, Waiting } from '../../src/domain/commands/line.js';
import type { Decision, Grant } from '../../src/domain/commands/reserve.js';
import type { Reserve } from '../../src/domain/account/slot.js';
import { weighted, type Random } from './random.js';
import { serveLine } from './line.js';
import type { Member } from './member.js';
import type { Message } from './memory.js';
import { named } from './names.js';
import { Report, type Ending } from './report.js';
import { checkDecision, checkLanding } from './rules.js';
import type { World } from './world.js';
import { isRefusal, type Refusal } from '../../src/domain/account/refusals.js';

type Answer = Decision | Waiting | LineFull | Refusal;

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const FRESH = 5 * SECOND;
const TRIES = 3;

const ENDINGS: readonly (readonly [Ending, number])[] = [
  ['delivered', 60],
  ['rejected', 12],
  ['unknown', 14],
  ['throttled', 3],
  ['no_credits', 0.7],
  ['restricted', 0.7],
  ['no chat', 2],
  ['lied', 2],
];
const UNVERIFIED_TRIES = 4;

export class Send {
  readonly id: ReservationId;
  readonly member: Member;
  readonly random: Random;
  readonly request: Reserve;
  readonly chat;
  readonly messageId;
  /** How long the call may take; the lease is longer. */
  readonly patience: number;
  /** Ends the pipeline's process, which then does nothing more. */
  readonly diesAt: 'granted' | 'journaled' | 'called' | 'noted' | 'never';
  readonly report: Report;
  landedAt: number | null = null;
  /** True if its slot was lost with a workflow that had not saved it. */
  isLost = false;
  /** True if the caller reported "rejected" although LinkedIn had accepted it. */
  isLie = false;
  /** True if its machine and its clock slept, so that it does not know how late it is. */
  isFrozen = false;
  /** The grant. */
  quotaDay = 0;
  /** True if the account received the outcome. */
  isReported = false;
  /** Until when it waits in the line; null: it does not wait. */
  waitsUntil: number | null = null;
  #isDecided = false;
  #refused = 0;
  readonly #world: World;
  readonly #ending: Ending | null;
  #tries = 0;
  #knownAt = 0;
  #isAnswered = false;

  /** `ending` is its outcome; random by default. */
  constructor(world: World, member: Member, random: Random, ending: Ending | null = null) {
    this.#ending = ending;
    this.#world = world;
    this.member = member;
    this.random = random;
    const n = member.sends.size;
    this.id = named(isReservationId, `s${n}`);
    this.chat = named(isChatId, `chat-${member.index}-${n}`);
    this.messageId = named(isMessageId, `message-${n}`);
    const leaseSeconds = random.pick([60, 300, 900, 900, 900, 3_600, 7_200, 21_600, 86_400]);
    this.patience = Math.min(60, leaseSeconds / 2) * SECOND;
    const isLate = random.chance(0.06);
    this.request = {
      reservationId: this.id,
      leaseSeconds,
      journaled: random.chance(0.7),
      ...(random.chance(0.7)
        ? { recipientId: named(isRecipientId, `person-${random.between(1, 24)}`) }
        : {}),
      ...(random.chance(0.3) ? { again: true } : {}),
      ...(n % 7 === 6 ? { free: true } : {}),
      ...(n % 5 === 0 ? {} : { campaignId: named(isCampaignId, n % 5 === 4 ? 'k2' : 'k1') }),
      ...(isLate && random.chance(0.6) ? { validUntil: world.clock + 30 * SECOND } : {}),
      ...(n % 4 === 1 ? waiting(world, random) : {}),
    };
    this.diesAt = random.chance(0.13)
      ? random.pick(['granted', 'journaled', 'called', 'noted'])
      : 'never';
    this.report = new Report(world, this);
    member.sends.set(this.id, this);
    this.#ask(isLate ? random.between(1, 20 * 60) * SECOND : random.between(2, 500));
  }

  #happened(what: string): void {
    this.#world.happened(what);
  }

  /** Sends the request; it may be lost or doubled, or its answer may be lost. */
  #ask(delay: number): void {
    const { random } = this;
    const world = this.#world;
    this.#tries += 1;
    const isLost = random.chance(0.04);
    if (isLost) this.#happened('message lost');
    else world.post(this.member, delay, this.#message());
    if (random.chance(0.05)) {
      this.#happened('message doubled');
      world.post(this.member, delay + random.between(1, 90_000), this.#message());
    }
    const isTriedAgain = this.#tries < TRIES;
    world.after(delay + 8 * SECOND, this.member, () => {
      if (this.#isAnswered || !isTriedAgain) return false;
      this.#ask(random.between(2, 500));
      return true;
    });
  }

  #message(): Message {
    const isDeaf = this.random.chance(0.04);
    const receive = (answer: Answer): (() => void) => {
      return () => {
        if (isDeaf) return this.#happened('answer lost on its way');
        const delay = this.random.between(1, 200);
        return this.#world.after(delay, this.member, () => this.#heard(answer));
      };
    };
    return {
      asks: this.id,
      act: (self) => {
        serveLine(self); // an ask that waits comes before an ask that comes now
        const before = self.entity;
        const { ask, reserve } = this.#world.domain;
        const answer = this.request.wait
          ? self.execute(ask, this.request)
          : self.execute(reserve, this.request);
        checkDecision(this.#world, this.member, before, self.entity, answer);
        return receive(answer);
      },
      unread: () => this.#happened('asked before it was read back'),
    };
  }

  #heard(answer: Answer): void {
    if (this.#isAnswered) return;
    // The answer that the ask waits may come after the decision, which is asked for again.
    if (this.#isDecided && 'waiting' in answer) return;
    this.#isAnswered = true;
    if (isRefusal(answer)) {
      this.#happened(`reserve: ${answer.refused}`);
      return;
    }
    if (this.#world.listener) this.#world.print(`${this.id} receives ${JSON.stringify(answer)}`);
    if ('waiting' in answer) {
      this.waitsUntil = this.request.validUntil ?? null;
      if (this.random.chance(0.1)) this.#withdraws();
      return;
    }
    if (!answer.granted) {
      if (answer.reason !== 'unverified') this.#denied(answer.retryAt);
      else if ((this.#refused += 1) < UNVERIFIED_TRIES) this.#denied(answer.retryAt);
    }
    if (answer.granted) this.#granted(answer);
  }

  /** Takes its ask out of the line, if it still waits there. */
  #withdraws(): void {
    this.#world.post(this.member, this.random.between(1, 60) * MINUTE, {
      asks: null,
      unread: null,
      act: (self) => {
        const answer = self.execute(this.#world.domain.withdraw, { reservationId: this.id });
        return () => {
          if (isRefusal(answer)) return;
          this.#happened('an ask was withdrawn');
          this.waitsUntil = null;
        };
      },
    });
  }

  /** Receives the decision of the line; a granted slot is asked for again, and then used (R21). */
  decided(decision: string): void {
    this.#happened(`the line decided: ${decision}`);
    this.#isDecided = true;
    this.waitsUntil = null;
    if (decision !== 'granted') return;
    this.#isAnswered = false;
    this.#tries = 0;
    this.#ask(1);
  }

  /** Asks again at `retryAt`, so that no send is dropped. */
  #denied(retryAt: number | null): void {
    if (retryAt === null || retryAt > this.#world.story.end || this.random.chance(0.4)) return;
    const wait = Math.max(1, retryAt - this.#world.clock);
    this.#world.after(wait, this.member, () => {
      this.#isAnswered = false;
      this.#tries = 0;
      this.#happened('asked again at retryAt');
      this.#ask(1);
    });
  }

  #granted(grant: Grant): void {
    this.#knownAt = this.#world.clock;
    this.quotaDay = grant.quotaDay;
    if (grant.repeated) this.#happened('granted again');
    if (this.diesAt === 'granted') return this.#happened('pipeline died');
    if (!this.request.journaled && grant.repeated) return;
    const lease = grant.leaseExpiresAt - this.#world.clock;
    this.#later(this.#pause(lease), () => this.#journal(grant));
  }

  /** Continues at once, or sleeps and wakes with an old grant. */
  #pause(lease: number): number {
    if (!this.random.chance(0.07)) return this.random.between(1, 400);
    this.#happened('pipeline slept');
    if (this.request.journaled && this.random.chance(0.4)) this.isFrozen = true;
    return this.random.between(
      SECOND,
      Math.max(2 * SECOND, Math.min(1.6 * lease, 8 * 60 * MINUTE)),
    );
  }

  #later(ms: number, then: () => void): void {
    this.#world.after(ms, this.member, then);
  }

  #lastCall = (grant: Grant): number => grant.leaseExpiresAt - this.patience;

  #journal(grant: Grant): void {
    if (!this.request.journaled) return this.#leave(grant);
    const { mode, clock } = this.#world;
    const { database } = this.member;
    if (mode === 'away' || mode === 'commit lost') {
      if (clock + 30 * SECOND > this.#lastCall(grant)) return this.report.fails('not_attempted');
      return this.#later(30 * SECOND, () => this.#journal(grant));
    }
    const isHeldOpen = this.random.chance(0.06);
    if (!database.begin(this.id, grant.quotaDay, clock, isHeldOpen)) {
      const row = database.attempts.get(this.id);
      this.#happened(row?.outcome === 'void' ? 'late caller met the fence' : 'attempted before');
      return undefined;
    }
    if (isHeldOpen) return this.#hold(grant);
    // The answer of the INSERT was lost: the owner of the row is not known, so nothing is sent.
    if (mode === 'answer lost') return this.#happened('attempted before');
    return this.#begun(grant);
  }

  /** Keeps its transaction open, maybe until the lease has ended; then it may roll back. */
  #hold(grant: Grant): void {
    const lease = Math.max(SECOND, grant.leaseExpiresAt - this.#world.clock);
    const open = this.random.between(SECOND, Math.min(1.3 * lease + 11 * MINUTE, 3 * 60 * MINUTE));
    const isCommitted = this.random.chance(0.8);
    this.#happened('journal transaction held open');
    this.isFrozen ||= this.random.chance(0.4);
    this.#later(open, () => {
      this.member.database.end(this.id, isCommitted);
      if (isCommitted) this.#begun(grant);
      else this.#happened('journal transaction rolled back');
    });
  }

  #begun(grant: Grant): void {
    if (this.diesAt === 'journaled') return this.#happened('pipeline died');
    return this.#later(this.random.chance(0.04) ? this.#pause(2 * MINUTE) : 1, () =>
      this.#leave(grant),
    );
  }

  /** Asks for the permission to call LinkedIn (R18). */
  #leave(grant: Grant): void {
    const { clock, domain } = this.#world;
    if (this.isFrozen) {
      if (clock > grant.leaseExpiresAt) this.#happened('called after the lease');
      return this.#call();
    }
    if (clock > this.#lastCall(grant)) return this.report.fails('not_attempted');
    if (clock - this.#knownAt >= FRESH) {
      const { workflow } = this.member;
      const entity = workflow?.kept.entity;
      if (!workflow || !entity || workflow.isDown) return this.report.fails('not_attempted');
      const now = Math.max(entity.account.now, this.#world.serverNow());
      const account = domain.viewOf(entity, now, now);
      const slot = domain.findSlot(account, this.id);
      if (!slot || !domain.mayAttempt(account, slot, now)) {
        this.#happened('leave refused');
        return this.report.fails('not_attempted');
      }
    }
    return this.#call();
  }

  #call(): void {
    const { random } = this;
    const ending = this.#ending ?? weighted(random, ENDINGS);
    const takes = random.between(50, this.patience);
    this.isLie = ending === 'lied';
    const lands =
      ending === 'delivered' ||
      ending === 'no chat' ||
      this.isLie ||
      (ending === 'unknown' && random.chance(0.5));
    if (lands) this.#later(random.between(1, takes), () => this.#lands());
    const dies = this.diesAt === 'called';
    this.#later(takes, () => {
      if (dies) this.#happened('pipeline died');
      else this.report.ends(ending);
    });
  }

  #lands(): void {
    this.landedAt = this.#world.clock;
    if (this.isLie) this.#happened('landed, and reported as rejected');
    else checkLanding(this.#world, this.member, this);
    this.report.webhook();
  }
}

/** The fields of an ask that may wait: only a send with a journal row may (R18, R21). */
const waiting = (world: World, random: Random): Partial<Reserve> => ({
  journaled: true,
  wait: true,
  priority: random.pick([0, 5, 9]),
  validUntil: world.clock + random.between(1, 40 * 60) * MINUTE,
});
