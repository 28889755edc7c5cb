/** The input of the demonstration: accounts, and a day's sends, as two CSV files. */
import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { DateTime } from 'luxon';
import type { StartInput } from '../client/index.js';
import { isTier } from '../domain/tier.js';
import { WEEKDAYS } from '../domain/window.js';
import { SetupError } from './devConfig.js';
import { BEHAVIOURS, type Behaviour } from './linkedin.js';

/** Who makes a send: this process, a second one that will be killed, or a person's hand. */
const MAKERS = ['main', 'second', 'by-hand'] as const;
export type PlannedSend = {
  readonly atSeconds: number;
  readonly account: string;
  readonly campaign: string;
  readonly recipient: string;
  readonly behaviour: Behaviour;
  readonly by: (typeof MAKERS)[number];
};

/** A row of text, whose errors name file, line, column and what should be there. */
class Line {
  readonly #cells: ReadonlyMap<string, string>;
  readonly #where: string;

  constructor(record: Record<string, string>, where: string) {
    this.#cells = new Map(Object.entries(record));
    this.#where = where;
  }

  text(column: string): string {
    return this.#cells.get(column) || this.flaw(column, 'a text');
  }

  maybe(column: string): string | undefined {
    return this.#cells.get(column) || undefined;
  }

  count(column: string): number | undefined {
    const raw = this.maybe(column);
    if (raw === undefined) return undefined;
    const value = Number(raw);
    return value >= 0 && Number.isFinite(value) ? value : this.flaw(column, 'a number');
  }

  oneOf<T extends string>(column: string, words: readonly T[]): T {
    const word = words.find((one) => one === this.maybe(column));
    return word ?? this.flaw(column, `one of ${words.join(', ')}`);
  }

  flaw(column: string, shouldBe: string): never {
    const found = JSON.stringify(this.#cells.get(column) ?? '');
    throw new SetupError(`${this.#where}, column ${column}: ${found} should be ${shouldBe}`);
  }
}

async function linesOf(file: string): Promise<readonly Line[]> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new SetupError(`${file} cannot be read; restore it`);
  });
  try {
    const records: Record<string, string>[] = parse(text, { columns: true, trim: true });
    return records.map((record, i) => new Line(record, `${file}, line ${i + 2}`));
  } catch (error) {
    throw new SetupError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The day's sends, in order of time. */
export async function readSends(file: string): Promise<readonly PlannedSend[]> {
  return (await linesOf(file)).map((line) => ({
    atSeconds: line.count('at_seconds') ?? 0,
    account: line.text('account'),
    campaign: line.text('campaign'),
    recipient: line.text('recipient'),
    behaviour: line.oneOf('behaviour', BEHAVIOURS),
    by: line.oneOf('by', MAKERS),
  }));
}

/** The accounts' start objects; `now` in ms is what relative windows are reckoned from. */
export async function readAccounts(file: string, now: number): Promise<readonly StartInput[]> {
  return (await linesOf(file)).map((line) => {
    const tier = line.text('tier');
    if (!isTier(tier)) line.flaw('tier', 'a tier');
    const timezone = line.text('timezone');
    const [dailyCap, ramp, window] = [
      line.count('daily_cap'),
      line.maybe('ramp'),
      line.maybe('window'),
    ];
    const [sent, delivered] = [line.count('inmails_sent_today'), line.count('delivered_today')];
    return {
      accountId: line.text('account'),
      tier: isTier(tier) ? tier : 'free',
      timezone,
      ...(dailyCap === undefined ? {} : { dailyCap }),
      ...(ramp === undefined ? {} : { ramp: { dailyCaps: ramp.split(' ').map(Number) } }),
      ...(window === undefined ? {} : { sendingWindow: windowOf(line, window, timezone, now) }),
      ...(sent === undefined ? {} : { inmailsSentToday: sent }),
      ...(delivered === undefined ? {} : { deliveredToday: delivered }),
    };
  });
}

/** `+360m..+540m`: opens in six hours and closes in nine, on the account's own clock. */
function windowOf(
  line: Line,
  text: string,
  timezone: string,
  now: number,
): NonNullable<StartInput['sendingWindow']> {
  const minutes = /^\+(\d+)m\.\.\+(\d+)m$/.exec(text)?.slice(1).map(Number);
  const [opens, closes] = minutes ?? line.flaw('window', 'such as +360m..+540m');
  const local = (offset: number | undefined): string =>
    DateTime.fromMillis(now, { zone: timezone })
      .plus({ minutes: offset ?? 0 })
      .toFormat('HH:mm');
  return { days: WEEKDAYS, start: local(opens), end: local(closes) };
}
