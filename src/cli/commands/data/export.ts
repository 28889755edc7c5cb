/** `safeband export`: writes the rows that the audit will delete (R28), before it deletes them. */
import { Argument, InvalidArgumentError, type Command } from 'commander';
import { commandLine } from '../../../domain/primitives/commandLine.js';
import { cellOf } from '../../../domain/primitives/csv.js';
import { dayOf, isoDay, parseDay, startOf, type UtcDay } from '../../../domain/primitives/time.js';
import { PRUNED, PRUNED_TABLES, type PrunedTable } from '../../../domain/records/retention.js';
import { retentionFrom } from '../../../platform/retention.js';
import { ascii, exportRows, recordExport } from '../../../postgres/operations/exportRows.js';
import { actorOf, withExamples, type Context, type Register } from '../../command.js';
import { errorAfter, EXIT, usage } from '../../errors.js';
import { groupFilterOption } from '../../options.js';

/** A day, such as 2026-06-01. */
function day(raw: string): UtcDay {
  const found = parseDay(raw);
  if (found !== undefined) return found;
  throw new InvalidArgumentError('Use a day such as 2026-06-01.');
}

type Options = {
  readonly before?: UtcDay;
  readonly group?: string;
  readonly csv?: true;
  readonly record?: true;
};

export const registerExport: Register = (program: Command, context) => {
  const command = program
    .command('export')
    .summary('write the rows that the audit will delete, as JSON lines or CSV')
    .description(
      'Writes each row of a table from before a day to standard output: one line of JSON, or CSV. ' +
        'Without --before, the rows that are older than the setting of this machine keeps them. ' +
        'With --record, Safeband remembers that these rows are in a file; with ' +
        'SAFEBAND_PRUNE_ONLY_EXPORTED=yes a worker deletes no other rows of these tables.',
    )
    .addArgument(new Argument('<table>', 'the table').choices([...PRUNED_TABLES]))
    .option('--before <day>', 'only rows from before that day (UTC)', day)
    .addOption(groupFilterOption('rows of accounts'))
    .option('--csv', 'write CSV with a header; control characters become visible')
    .option('--record', 'remember that these rows were exported')
    .action((table: PrunedTable, options: Options) => exported(context, table, options));
  withExamples(
    command,
    'export reservations > reservations.jsonl',
    'export alerts --before 2026-06-01 --csv > alerts.csv',
    'export account_changes --group eu-sales --csv > changes.csv',
    'export reconciler_runs --record > reconciler_runs.jsonl',
  );
};

async function exported(context: Context, table: PrunedTable, options: Options): Promise<void> {
  const { io, world, now, isJson } = context;
  const { group = null, csv = false, record = false } = options;
  if (csv && isJson) throw usage('--csv: leave out --json, because each is a format');
  if (record && group !== null) {
    throw usage(
      '--record: leave out --group, because the file should have the rows of all accounts',
    );
  }
  const today = dayOf(now());
  const before = options.before ?? oldDay(context, table, today);
  if (before > today) {
    throw usage(`--before ${isoDay(before)}: use today (${isoDay(today)}) or an earlier day`);
  }
  const pool = world.exactPool();
  const write = csv ? csvWriter(io.stdout) : (json: string) => io.stdout(`${ascii(json)}\n`);
  const { asOf } = await exportRows(pool, { table, before: startOf(before), group }, write);
  if (record) {
    const by = actorOf(io, undefined);
    const kept = { table, before: startOf(before), asOf, by };
    await recordExport(pool, kept).catch((error: unknown) => {
      const what = 'all rows were written, and Safeband does not remember the file';
      throw errorAfter(
        what,
        error,
        commandLine('export', [table], `--before ${isoDay(before)} --record`),
      );
    });
  }
  context.end(EXIT.ok);
}

/** Returns the day before which the settings of this machine delete rows. */
function oldDay({ io }: Context, table: PrunedTable, today: UtcDay): UtcDay {
  const group = PRUNED[table];
  const days = retentionFrom(io.env)[group];
  if (days !== null) return today - days;
  throw usage(`${table} is kept permanently: name a day with --before`, 'safeband export --help');
}

/** Returns a writer of CSV, whose header is the columns of the first row. */
function csvWriter(print: (text: string) => void): (json: string) => void {
  let hasHeader = false;
  return (json) => {
    const row: Record<string, unknown> = JSON.parse(json);
    if (!hasHeader) print(`${Object.keys(row).join(',')}\n`);
    hasHeader = true;
    print(`${Object.values(row).map(cellOf).join(',')}\n`);
  };
}
