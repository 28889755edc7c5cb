/** What became of one account's sends, told as it happens: each new kind of thing once. */
import type { SendResult } from '../src/client/index.js';
import type { PlannedSend } from './day.js';

export class Tally {
  asked = 0;
  granted = 0;
  denied = 0;
  delivered = 0;
  released = 0;
  unknown = 0;
  readonly denials = new Map<string, number>();
  retryAt: string | null = null;
  readonly #chats = new Set<string>();
  readonly #name: string;
  readonly #say: (line: string) => void;

  constructor(name: string, say: (line: string) => void) {
    this.#name = name;
    this.#say = say;
  }

  add(planned: PlannedSend, result: SendResult): void {
    this.asked += 1;
    const who = `${this.#name}: ${planned.recipient}`;
    if (result.sent === false && 'denial' in result) return this.#deny(who, result.denial);
    this.granted += 1;
    if (result.sent === true && this.#chats.has(result.chatId)) {
      this.unknown += 1;
      this.#say(`${who} answered with another InMail's chat, which proves nothing: it stays spent`);
    } else if (result.sent === true) {
      this.#chats.add(result.chatId);
      this.delivered += 1;
      if (planned.behaviour !== 'normal')
        this.#say(`${who} delivered (LinkedIn: ${planned.behaviour})`);
    } else if (result.sent === 'unknown') {
      this.unknown += 1;
      this.#say(`${who} uncertain, so its slot stays spent: ${result.why}`);
    } else {
      this.released += 1;
      this.#say(`${who} ${result.kind}, so its slot is free again: ${result.why}`);
    }
  }

  /** An InMail that was typed by hand, and seen in the outbox. */
  seen({ recipient }: PlannedSend): void {
    this.#say(`${this.#name}: ${recipient} was sent by hand; it counts at once`);
  }

  #deny(who: string, denial: Extract<SendResult, { denial: object }>['denial']): void {
    const { reason, retryAt, used, limit } = denial;
    this.denied += 1;
    const before = this.denials.get(reason) ?? 0;
    this.denials.set(reason, before + 1);
    this.retryAt = retryAt;
    if (before > 0) return;
    const numbers = limit === undefined ? '' : ` (${used} of ${limit})`;
    const shift =
      retryAt === null ? 'a person has to look' : `it and what follows shift to ${retryAt}`;
    this.#say(`${who} denied, ${reason}${numbers}: ${shift}`);
  }
}
