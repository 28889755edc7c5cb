/** The asks of the demonstration that wait in their accounts until they are granted (R21). */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PlannedSend } from './day.js';
import type { Pipeline } from './pipeline.js';
import type { Tally } from './tally.js';

/** What the line needs of a pipeline. */
type Sender = Pick<Pipeline, 'send'> & {
  readonly client: {
    readonly reservation: (
      accountId: string,
      reservationId: string,
    ) => Promise<
      | { readonly state: 'waiting'; readonly position: number; readonly expectedAt: string | null }
      | { readonly state: 'in_flight' | 'delivered' | 'released' | 'uncertain' }
    >;
  };
};

type Ask = {
  readonly accountId: string;
  readonly planned: PlannedSend;
  readonly sent: Promise<void>;
};

const POLL_MS = 500;
const WAIT_MS = 60_000;

const openLine = (planned: PlannedSend | undefined): string =>
  `${planned?.account}: ${planned?.recipient} has had no turn yet`;

export class Line {
  readonly #pipeline: Sender;
  readonly #print: (line: string) => void;
  readonly #ending = new AbortController();
  readonly #asks = new Set<Ask>();

  constructor(pipeline: Sender, print: (line: string) => void) {
    this.#pipeline = pipeline;
    this.#print = print;
  }

  /** Asks for a slot and waits for it, also after the demonstration. */
  ask(accountId: string, planned: PlannedSend, tally: Tally | undefined): void {
    const ask: Ask = {
      accountId,
      planned,
      sent: this.#send(accountId, planned, tally).finally(() => this.#asks.delete(ask)),
    };
    this.#asks.add(ask);
  }

  async #send(accountId: string, planned: PlannedSend, tally: Tally | undefined): Promise<void> {
    const { signal } = this.#ending;
    try {
      const result = await this.#pipeline.send(accountId, planned, signal);
      if (signal.aborted) return;
      tally?.add(planned, result);
      if (result.sent === true) {
        const at = new Date().toISOString().slice(11, 19);
        this.#print(`${planned.account}: ${planned.recipient} had its turn, at ${at} UTC`);
      }
    } catch (error) {
      this.#print(`${planned.account}: ${planned.recipient} does not wait: ${String(error)}`);
    }
  }

  /**
   * Resolves when every ask that is still open waits for the next day, and prints its turn. After
   * `waitMs` it names the asks that it still does not know, and the demonstration continues.
   */
  async untilMidnight(waitMs = WAIT_MS): Promise<void> {
    const deadline = Date.now() + waitMs;
    for (;;) {
      const asks = [...this.#asks];
      const turns = await Promise.all(asks.map((ask) => this.#turnOf(ask)));
      if (turns.every((turn) => turn !== undefined) || Date.now() >= deadline) {
        const lines = turns.map((turn, n) => turn ?? openLine(asks[n]?.planned));
        for (const line of lines.toSorted()) this.#print(line);
        return;
      }
      await sleep(POLL_MS);
    }
  }

  /** Returns when an ask is expected to be granted; undefined if it may be granted today. */
  async #turnOf({ accountId, planned: { account, recipient } }: Ask): Promise<string | undefined> {
    const { client } = this.#pipeline;
    const known = await client.reservation(accountId, recipient).catch(() => undefined);
    if (known?.state !== 'waiting' || known.expectedAt === null) return undefined;
    const today = new Date().toISOString().slice(0, 10);
    if (known.expectedAt.slice(0, 10) <= today) return undefined;
    const turn = known.expectedAt.slice(0, 19).replace('T', ' ');
    return `${account}: ${recipient} waits, number ${known.position} in line; its turn is ${turn} UTC`;
  }

  /** Withdraws every ask that still waits. */
  async end(): Promise<void> {
    this.#ending.abort();
    await Promise.all([...this.#asks].map(({ sent }) => sent));
  }
}
