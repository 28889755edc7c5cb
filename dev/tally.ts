/** Counts the outcomes of one account's sends, and prints each new kind of outcome once. */
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
  readonly #print: (line: string) => void;

  constructor(name: string, print: (line: string) => void) {
    this.#name = name;
    this.#print = print;
  }

  add(planned: PlannedSend, result: SendResult): void {
    this.asked += 1;
    const who = `${this.#name}: ${planned.recipient}`;
    if (result.sent === false && 'denial' in result) return this.#deny(who, result.denial);
    this.granted += 1;
    if (result.sent === true && this.#chats.has(result.chatId)) {
      this.unknown += 1;
      this.#print(`${who} got another InMail's chat, which proves nothing: its slot stays spent`);
    } else if (result.sent === true) {
      this.#chats.add(result.chatId);
      this.delivered += 1;
      if (planned.behaviour !== 'normal')
        this.#print(`${who} delivered (LinkedIn: ${planned.behaviour})`);
    } else if (result.sent === 'unknown') {
      this.unknown += 1;
      this.#print(`${who} uncertain, so its slot stays spent: ${result.why}`);
    } else {
      this.released += 1;
      this.#print(`${who} ${result.kind}, so its slot is free again: ${result.why}`);
    }
  }

  /** Prints an InMail that was sent manually and observed in the outbox. */
  observed({ recipient }: PlannedSend): void {
    this.#print(`${this.#name}: ${recipient} was sent manually; it counts at once`);
  }

  #deny(who: string, denial: Denial): void {
    const { reason, retryAt, used, limit } = denial;
    this.denied += 1;
    const before = this.denials.get(reason) ?? 0;
    this.denials.set(reason, before + 1);
    this.retryAt = retryAt;
    if (before > 0) return;
    const numbers = limit === undefined ? '' : ` (${used} of ${limit})`;
    const shift = shiftOf(denial);
    this.#print(`${who} denied, ${reason}${numbers}: ${shift}`);
  }
}

type Denial = Extract<SendResult, { denial: object }>['denial'];

/** Returns what a denial means for its send. */
function shiftOf({ reason, retryAt }: Denial): string {
  if (reason === 'recipient_contacted') {
    return `the recipient gets no second InMail before ${retryAt ?? 'the first has its outcome'}`;
  }
  return retryAt === null ? 'a person must decide' : `this send and later ones move to ${retryAt}`;
}
