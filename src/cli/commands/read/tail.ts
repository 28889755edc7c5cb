/**
 * `safeband tail`: prints the rows of an account (events, changes, alerts…) as they are written.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { assertNever } from '../../../domain/primitives/assert.js';
import { correctionWords } from '../../../domain/gap/correctionWords.js';
import { changesText, settingsIn } from '../../../domain/records/settingsChange.js';
import { shown } from '../../../domain/primitives/text.js';
import { isoInstant, MINUTE_MS, type Instant } from '../../../domain/primitives/time.js';
import type { Happening } from '../../../postgres/read/feed.js';
import { accountArgument, withExamples, type Context, type Register } from '../../command.js';
import { cliErrorOf, EXIT } from '../../errors.js';
import { whole } from '../../options.js';
import { styleOf, type Style } from '../../output.js';

const POLL_MS = 1_000;
/** Maximum number of rows in one read. */
const PAGE = 1_000;
/** How long a printed row is remembered: after that, no read returns it again. */
const FORGET_MS = MINUTE_MS;

type TailOptions = { readonly last: number; readonly follow: boolean };

export const registerTail: Register = (program: Command, context: Context) => {
  const command = program
    .command('tail')
    .summary('print new rows of an account as they are written; Ctrl-C ends it')
    .description(
      'Prints the last rows of an account in Postgres (events, reservations, changes, alerts, ' +
        'corrections), then each new row. With --json: one object per line.',
    )
    .addArgument(accountArgument())
    .option('--last <n>', 'how many past rows to print first', whole(0, PAGE), 10)
    .option('--no-follow', 'end after the past rows')
    .action(async (accountId: string, options: TailOptions) => {
      await context.world.source().known(accountId);
      await follow(context, accountId, options);
      context.end(EXIT.ok);
    });
  withExamples(command, 'tail acme-anna', 'tail acme-anna --last 100 --no-follow --json');
};

async function follow(context: Context, accountId: string, options: TailOptions): Promise<void> {
  const { io, world, isJson } = context;
  const style = styleOf(io);
  const source = world.source();
  const printed = new Map<string, Instant>();
  const print = (found: readonly Happening[]): void => {
    for (const one of found) {
      if (printed.has(one.key)) continue;
      printed.set(one.key, one.recordedAt);
      io.stdout(`${isJson ? JSON.stringify(jsonOf(one)) : lineOf(one, style)}\n`);
    }
  };
  const past = await source.feed(accountId, { since: null, limit: PAGE });
  const first = options.last === 0 ? [] : past.slice(-options.last);
  for (const one of past) if (!first.includes(one)) printed.set(one.key, one.recordedAt);
  print(first);
  if (past.length === 0 && !isJson) io.stderr(`account ${accountId} has no such rows yet\n`);
  if (!options.follow) return;
  if (io.isTerminal && !isJson)
    io.stderr(style.colors.dim('waiting for new rows; Ctrl-C ends it\n'));
  let newest = past.at(-1)?.recordedAt ?? null;
  let isUnreachable = false;
  while (await pause(io.signal)) {
    try {
      const found = await source.feed(accountId, { since: newest, limit: PAGE });
      print(found);
      newest = found.at(-1)?.recordedAt ?? newest;
      for (const [key, at] of printed)
        if (newest !== null && at < newest - FORGET_MS) printed.delete(key);
      if (isUnreachable) io.stderr('the rows can be read again\n');
      isUnreachable = false;
    } catch (error) {
      if (io.signal.aborted) return;
      const known = cliErrorOf(error);
      if (known.exitCode !== EXIT.unreachable) throw error;
      if (!isUnreachable) io.stderr(`${shown(known.message)}; trying again until it answers\n`);
      isUnreachable = true;
    }
  }
}

/** Waits until the next read; returns false if the signal ends the command. */
const pause = (signal: AbortSignal): Promise<boolean> =>
  sleep(POLL_MS, true, { signal }).catch(() => false);

const jsonOf = ({ kind, at, details }: Happening) => ({ at: isoInstant(at), kind, details });

function lineOf({ kind, at, details }: Happening, { colors }: Style): string {
  const time = isoInstant(at).slice(0, 19).replace('T', ' ');
  const isResolved = details['resolved'] === true;
  const [word, text] = isResolved
    ? ['resolved', `alert ${wordOf(details['kind'])}`]
    : kind === 'correction'
      ? ['corrected', correctedIn(details)]
      : kind === 'change' && details['kind'] === 'policy'
        ? [
            'policy',
            `by ${wordOf(details['actor'])}: ${changesText(settingsIn(details['details']))}` +
              (details['reason'] ? ` (reason: ${wordOf(details['reason'])})` : ''),
          ]
        : wordsOf(kind, (name) => wordOf(details[name]));
  const colour = kind === 'alert' ? colors.yellow : kind === 'event' ? colors.green : String;
  return `${colors.dim(time)}  ${colour(word.padEnd(11))}  ${text}`;
}

const wordOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';

type Of = (name: string) => string;

function correctedIn({ before, after, columns, quotaDay }: Happening['details']): string {
  const number = (value: unknown): number | null => (typeof value === 'number' ? value : null);
  const names = Array.isArray(columns) ? columns.map(wordOf) : [];
  const found = { before: number(before), after: number(after), columns: names };
  return correctionWords(found, wordOf(quotaDay));
}

function wordsOf(
  kind: Exclude<Happening['kind'], 'correction'>,
  of: Of,
): readonly [string, string] {
  const because = of('reason') === '' ? '' : `: ${of('reason')}`;
  switch (kind) {
    case 'event': {
      const id = of('reservationId');
      const sender = id === '' ? 'no reservation' : `reservation ${id}`;
      return ['delivered', `${sender}, chat ${of('chatId')} (${of('source')})`];
    }
    case 'reservation':
      return [of('state').replace('_', ' '), `reservation ${of('reservationId')}${because}`];
    case 'change':
      return [of('kind'), `by ${of('actor')}${because}`];
    case 'alert': {
      if (of('action') !== '')
        return [of('action'), `alert ${of('kind')} by ${of('actor')}${because}`];
      const often = of('times') === '1' ? '' : `, ${of('times')} times`;
      return ['alert', `${of('kind')} (${of('severity')})${often}`];
    }
    default:
      return assertNever(kind);
  }
}
