/** The lines of a file of accounts: what each column means, and what is wrong with a line. */
import { InvalidArgumentError } from 'commander';
import { TIERS, type Tier } from '../../domain/primitives/tier.js';
import type { Instant } from '../../domain/primitives/time.js';
import { parseStart } from '../../domain/wire/adminRequests.js';
import type { StartInput } from '../../client/inputs.js';
import { usage } from '../errors.js';
import * as read from '../options.js';
import { policyOf } from '../policy.js';
import type { CsvFile, CsvLine } from './csvFile.js';

const INMAILS_MAX = 100_000;

/** The columns have the names of the options of `safeband connect`. */
const COLUMNS =
  'account tier timezone daily_cap weekly_cap ramp window pacing campaigns recipient_memory ' +
  'recipient_scope velocity learnt_cap credits_renew_on group identity sent_today delivered_today';
/** Names that other products use. */
const ALIASES: Readonly<Record<string, string>> = { account_id: 'account', time_zone: 'timezone' };

/** A line that can be imported, or its flaw. */
export type AccountLine = {
  readonly line: number;
  /** Empty if the line names no account. */
  readonly accountId: string;
} & (
  | { readonly start: StartInput; readonly flaw?: undefined }
  | { readonly flaw: string; readonly start?: undefined }
);

/** Returns each line with its flaw, if it has one. Throws if the columns are wrong. */
export function accountLines({ columns, lines }: CsvFile, now: Instant): readonly AccountLine[] {
  const names = columns.map((name) => ALIASES[name] ?? name);
  const unknown = names.filter((name) => !COLUMNS.split(' ').includes(name));
  if (unknown.length > 0) {
    throw usage(
      `the first line has unknown columns (${unknown.join(', ')}): the columns are ` +
        COLUMNS.replaceAll(' ', ', '),
    );
  }
  for (const needed of ['account', 'tier']) {
    if (!names.includes(needed)) throw usage(`the first line has no column ${needed}`);
  }
  const once = { account: new Map<string, number>(), identity: new Map<string, number>() };
  return lines.map((one) => {
    const line = lineOf(one, now);
    if (line.flaw !== undefined) return line;
    const { accountId, identity } = line.start;
    const twice =
      takenIn(once.account, 'account', accountId.toLowerCase(), line.line) ??
      takenIn(once.identity, 'identity', identity ?? '', line.line);
    return twice === undefined ? line : { line: line.line, accountId, flaw: twice };
  });
}

/** Returns the flaw of a value that a line before has already. */
function takenIn(
  seen: Map<string, number>,
  column: string,
  value: string,
  line: number,
): string | undefined {
  const before = value === '' ? undefined : seen.get(value);
  if (before !== undefined) return `${column}: line ${before} has the same`;
  seen.set(value, line);
  return undefined;
}

class CellFlaw extends Error {}

function lineOf({ line, cells: raw, flaw }: CsvLine, now: Instant): AccountLine {
  const cells = new Map([...raw].map(([name, cell]) => [ALIASES[name] ?? name, cell]));
  const accountId = cells.get('account') ?? '';
  if (flaw !== undefined) return { line, accountId, flaw };
  try {
    const start = startOf(cells);
    const parsed = parseStart(start, 'strict', now);
    if (!parsed.ok) return { line, accountId, flaw: parsed.message };
    return { line, accountId, start };
  } catch (error) {
    if (!(error instanceof CellFlaw)) throw error;
    return { line, accountId, flaw: error.message };
  }
}

function startOf(cells: ReadonlyMap<string, string>): StartInput {
  /** Reads a cell. An empty one is an absent option: it keeps the stored value. */
  const at = <T>(column: string, by: (raw: string) => T): T | undefined => {
    const raw = cells.get(column) ?? '';
    if (raw === '') return undefined;
    try {
      return by(raw);
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      throw new CellFlaw(`${column}: "${raw}" is not valid. ${error.message}`);
    }
  };
  const needed = <T>(column: string, by: (raw: string) => T): T => {
    const value = at(column, by);
    if (value === undefined) throw new CellFlaw(`${column} is empty`);
    return value;
  };
  const identity = at('identity', String);
  const inmailsSentToday = at('sent_today', read.whole(0, INMAILS_MAX));
  const deliveredToday = at('delivered_today', read.whole(0, INMAILS_MAX));
  return {
    accountId: needed('account', read.accountId),
    tier: needed('tier', tier),
    ...policyOf({
      dailyCap: at('daily_cap', read.cap),
      weeklyCap: at('weekly_cap', read.cap),
      ramp: at('ramp', (raw) => read.ramp(raw.replaceAll(/[ ;]+/g, ','))),
      window: at('window', read.sendingWindow),
      timezone: at('timezone', String),
      creditsRenewOn: at('credits_renew_on', read.renewalDay),
      pacing: at('pacing', read.pacing),
      recipientMemory: at('recipient_memory', read.memoryDays),
      recipientScope: at('recipient_scope', read.scope),
      campaigns: at('campaigns', read.campaigns),
      group: at('group', read.group),
      velocity: at('velocity', read.velocity),
      learntCap: at('learnt_cap', read.onOrOff),
    }),
    ...(identity === undefined ? {} : { identity }),
    ...(inmailsSentToday === undefined ? {} : { inmailsSentToday }),
    ...(deliveredToday === undefined ? {} : { deliveredToday }),
  };
}

/** Reads a tier also as people write it, such as `Sales Navigator`. */
function tier(raw: string): Tier {
  const word = raw.toLowerCase().replaceAll(/[\s-]+/g, '_');
  const found = TIERS.find((one) => one === word);
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`Use one of ${TIERS.join(', ')}.`);
}
