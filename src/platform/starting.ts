/**
 * How a process of ours starts. It waits for a server that does not answer, with a line every few
 * seconds. Any other error ends it at once, with one sentence and exit code 1. Signals keep their
 * default meaning until the process runs.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { sentenceOf } from './config.js';
import { shownLines } from '../domain/primitives/text.js';
import { SECOND_MS } from '../domain/primitives/time.js';
import { ConfigError, type Environment } from './environment.js';

const TRY_AGAIN_MS = SECOND_MS;
const REPORT_MS = 5 * SECOND_MS;
/** How long a worker or an HTTP server waits for servers that start with the machine. */
export const START_WAIT_S = 60;
const WAIT_MAX_S = 3_600;

type Refused = { readonly sentence: string; readonly mayPass: boolean };
/** Reports why a start waits, and how many seconds are left. */
export type Report = (why: string, leftSeconds: number) => void;

/** The time that one start may wait, for everything that it needs together. */
export class Waiting {
  readonly #endsAt: number;
  readonly #report: Report;

  constructor(waitMs: number, report: Report) {
    this.#endsAt = performance.now() + waitMs;
    this.#report = report;
  }

  /**
   * Tries until it succeeds. Throws a ConfigError for a lasting error, or when the time has ended.
   */
  async until<T>(
    work: () => Promise<T>,
    refusal: (error: unknown) => Refused | undefined,
  ): Promise<T> {
    const begun = performance.now();
    let nextReport = begun;
    for (;;) {
      try {
        return await work();
      } catch (error) {
        const refused = refusal(error);
        if (!refused) throw error;
        const now = performance.now();
        if (!refused.mayPass || now >= this.#endsAt) {
          const waited = Math.round((now - begun) / SECOND_MS);
          const end = refused.mayPass && waited > 0 ? ` (waited ${waited} s)` : '';
          throw new ConfigError(`${refused.sentence}${end}`);
        }
        if (now >= nextReport) {
          nextReport = now + REPORT_MS;
          this.#report(refused.sentence, Math.ceil((this.#endsAt - now) / SECOND_MS));
        }
        await sleep(TRY_AGAIN_MS);
      }
    }
  }
}

/**
 * Reads how long a start waits for Postgres and Temporal, in ms. Workers and servers start with the
 * machine, perhaps before Postgres and Temporal. People who type a command want the answer now.
 */
export function startWaitFrom(environment: Environment, usualSeconds: number): number {
  const raw = environment['SAFEBAND_START_WAIT_SECONDS'] || String(usualSeconds);
  if (/^\d{1,4}$/.test(raw) && Number(raw) <= WAIT_MAX_S) return Number(raw) * SECOND_MS;
  throw new ConfigError(
    `SAFEBAND_START_WAIT_SECONDS=${raw}: it should be a whole number of seconds, 0 to ${WAIT_MAX_S}`,
  );
}

/** Returns one sentence for any error that ends a start. */
export const endOf = (error: unknown): string =>
  sentenceOf(error) ??
  (error instanceof Error ? `${error.name}: ${error.message.split('\n')[0] ?? ''}` : String(error));

/**
 * Runs an entry. An error ends the process at once, also with open connections: `report` writes the
 * sentence.
 */
export function runEntry(
  main: () => Promise<void>,
  report: (sentence: string, error: unknown) => void,
): void {
  main().catch((error: unknown) => {
    report(endOf(error), error);
    process.exit(1);
  });
}

/** Prints a command's sentence on stderr, without a log line around it. */
export const printPlainly = (sentence: string): void => {
  process.stderr.write(`${shownLines(sentence)}\n`);
};
/** Prints on stderr why a command waits. */
export const reportPlainly: Report = (why, leftSeconds) => {
  process.stderr.write(`${shownLines(why)}; trying again for ${leftSeconds} s\n`);
};
