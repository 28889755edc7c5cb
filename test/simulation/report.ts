/** The outcome of a send, reported to the journal, to the account, and by LinkedIn's webhook. */
import type { FailureKind } from '../../src/domain/account/account.js';
import { checkCounted } from './rules.js';
import type { Send } from './send.js';
import type { Message } from './memory.js';
import type { Workflow } from './workflow.js';
import type { World } from './world.js';
import { isRefusal, type Refusal } from '../../src/domain/account/refusals.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

export type Ending =
  | 'delivered'
  | 'no chat'
  | 'lied'
  | 'rejected'
  | 'unknown'
  | 'throttled'
  | 'no_credits'
  | 'restricted';

export class Report {
  readonly #world: World;
  readonly #send: Send;

  constructor(world: World, send: Send) {
    this.#world = world;
    this.#send = send;
  }

  ends(ending: Ending): void {
    if (ending === 'delivered') this.#delivered();
    else if (ending === 'no chat') this.#deliver(this.#withoutChat());
    else if (ending === 'lied') {
      this.fails('rejected');
      const { member, random } = this.#send;
      this.#world.after(random.between(1, 40) * MINUTE, member, () => this.#delivered());
    } else this.fails(ending);
  }

  /** Reports again or late, with the present true outcome. */
  delivered(): void {
    this.#delivered();
  }

  #delivered(): void {
    const { id, chat, messageId, random } = this.#send;
    const hasMessageId = random.chance(0.6);
    const proof = { chatId: chat, messageId: hasMessageId ? messageId : null };
    const { member } = this.#send;
    this.#note(() => {
      member.database.note(id, { outcome: 'delivered', ...proof });
      if (member.database.attempts.get(id)?.chatId === chat) {
        member.proofs.set(chat, this.#send.quotaDay);
      }
    });
    if (this.#send.diesAt === 'noted') return this.#world.happened('pipeline died');
    const report = {
      reservationId: id,
      chatId: chat,
      ...(hasMessageId ? { messageId } : {}),
      deliveredAt: this.#world.clock,
    };
    return this.#deliver((self) => {
      const { account } = self.entity;
      const slot = account.slots.find(({ reservationId }) => reservationId === id);
      const wasObserved = account.externals.some(({ chatId }) => chatId === chat);
      const answer = self.execute(this.#world.domain.deliver, report);
      checkCounted(this.#world, this.#send.member, self.entity, answer, proof);
      if (isRefusal(answer)) return answer;
      const isNow = answer.settled === 'delivered';
      if (isNow && wasObserved) this.#world.happened('external claimed');
      if (isNow && slot?.state === 'released') this.#world.happened('delivered after a release');
      if (!isNow && !this.#send.isReported) this.#world.happened('proof before the report');
      this.#send.isReported = true;
      return answer;
    });
  }

  fails(kind: FailureKind): void {
    const { id, member, diesAt, random } = this.#send;
    if (kind !== 'unknown') {
      this.#note(() => member.database.note(id, { outcome: 'failed', errorCode: kind }));
    }
    if (diesAt === 'noted') return this.#world.happened('pipeline died');
    const report = { reservationId: id, kind, retryAfterSeconds: random.pick([0, 60, 9_000]) };
    return this.#deliver((self) => self.execute(this.#world.domain.fail, report));
  }

  #withoutChat = (): ((self: Workflow) => object | null | Refusal) => {
    const { id } = this.#send;
    return (self) => self.execute(this.#world.domain.deliverWithoutChat, id);
  };

  /** Writes the outcome to the journal. If this fails, the report is the first evidence. */
  #note(write: () => void): void {
    const { random, request } = this.#send;
    const { mode } = this.#world;
    if (!request.journaled || mode === 'away' || mode === 'commit lost') return;
    if (random.chance(0.05)) this.#world.happened('journal outcome not written');
    else write();
  }

  /** Sends a report, which may be lost, doubled or late: after the lease, midnight or a release. */
  #deliver(act: (self: Workflow) => object | null | Refusal): void {
    const { random, member } = this.#send;
    const message: Message = {
      asks: null,
      unread: null,
      act: (self) => {
        const answer = act(self);
        this.#world.happened(answer ? wordOf(answer) : 'report: no chat');
        return null;
      },
    };
    if (random.chance(0.08)) this.#world.happened('message lost');
    else this.#world.post(member, this.#delay(), message, true);
    if (random.chance(0.08)) {
      this.#world.happened('message doubled');
      this.#world.post(member, this.#delay(), message, true);
    }
  }

  #delay(): number {
    const { random } = this.#send;
    if (!random.chance(0.1)) return random.between(2, 900);
    this.#world.happened('message late');
    return random.pick([random.between(1, 90) * MINUTE, random.between(1, 50) * HOUR]);
  }

  /** Lets LinkedIn report a message in the outbox before or after the report, or never. */
  webhook(): void {
    const { random } = this.#send;
    if (!random.chance(0.5)) return;
    this.#observed(
      random.chance(0.8) ? random.between(10, 20_000) : random.between(1, 240) * MINUTE,
    );
    if (random.chance(0.1)) this.#observed(random.between(10, 40_000));
  }

  #observed(delay: number): void {
    const { chat, messageId, landedAt, request } = this.#send;
    const sentAt = landedAt ?? this.#world.clock;
    observe(this.#world, this.#send.member, delay, {
      chatId: chat,
      messageId,
      sentAt: sentAt - (this.#world.clock - this.#world.serverNow()),
      ...(request.recipientId === undefined ? {} : { recipientId: request.recipientId }),
    });
  }
}

/** Reports a message in the account's outbox, as a webhook does. */
export function observe(
  world: World,
  member: Send['member'],
  delay: number,
  observed: Parameters<World['domain']['observe']>[1],
): void {
  world.post(
    member,
    delay,
    {
      asks: null,
      unread: null,
      act: (self) => {
        const answer = self.execute(world.domain.observe, observed);
        checkCounted(world, member, self.entity, answer, observed);
        if (!isRefusal(answer)) {
          world.happened(
            answer.matched
              ? 'observe: matched'
              : `observe: ${answer.counted ? 'counted' : 'known'}`,
          );
        }
        return null;
      },
    },
    true,
  );
}

function wordOf(answer: object): string {
  if ('refused' in answer) return `report: ${String(answer.refused)}`;
  return `report: ${'settled' in answer ? String(answer.settled) : 'taken'}`;
}
