/** `safeband import history`: what an account sent before it is connected. */
import type { Command } from 'commander';
import { commandLine } from '../../../domain/primitives/commandLine.js';
import { dayOf } from '../../../domain/primitives/time.js';
import { inTransaction } from '../../../postgres/pool.js';
import { addPastSends, type PastSend } from '../../../postgres/save/pastSends.js';
import { actorOf, withExamples, type Context } from '../../command.js';
import { errorAfter, EXIT, usage } from '../../errors.js';
import { readCsv } from '../../import/csvFile.js';
import { historyLines, type HistoryLine } from '../../import/historyLines.js';
import { faultsIn, writeReport, type ReportLine } from '../../import/report.js';
import { accountId as idOf } from '../../options.js';
import { withProgress, type Answer } from '../../output.js';
import { counted, thousands } from '../../text.js';

type Options = {
  readonly account?: string;
  readonly member?: string;
  readonly apply?: boolean;
  readonly report?: string;
};

/** Adds the command to its group. */
export function registerHistoryImport(group: Command, context: Context): void {
  const command = group
    .command('history <file>')
    .summary('import what accounts sent before; without --apply it only checks the file')
    .description(
      "Reads messages.csv of LinkedIn's data export, or a CSV file with the columns sent_at, " +
        'recipient and account. Import it before you connect the account: then its week, its ' +
        'chart and the memory of recipients begin with these sends. For an account that is ' +
        'connected already, only the recipients are remembered. You may run it twice.',
    )
    .option('--account <account>', 'the account of all lines', idOf)
    .option('--member <url>', "the member's profile in LinkedIn's export, if it is not clear")
    .option('--apply', 'import the sends')
    .option('--report <file>', 'write what became of each line into a CSV file')
    .action(async (file: string, options: Options) => {
      context.answer(await imported(context, file, options));
    });
  withExamples(
    command,
    'import history examples/past-sends.csv --account acme-ben',
    'import history examples/past-sends.csv --account acme-ben --apply',
  );
}

type Added = { readonly accountId: string; readonly added: number; readonly isCounted: boolean };

async function imported(context: Context, file: string, options: Options): Promise<Answer> {
  const { account: accountId, member } = options;
  const now = context.now();
  const lines = historyLines(await readCsv(file), { accountId, member, now });
  if (lines.length === 0) throw usage(`${file} has no line after its columns`);
  const sends = byAccount(lines);
  const next = again(file, options);
  const isApplied = options.apply === true;
  // A file that cannot be written is found before the first import.
  if (isApplied && options.report !== undefined) await writeReport(options.report, []);
  const added = isApplied ? await addAll(context, sends, next) : [];
  const report = lines.map(reportLine);
  if (options.report !== undefined) {
    const done = doneText(added.length, sends.size);
    await writeReport(options.report, report, isApplied ? { done, next } : undefined);
  }
  const count = (result: HistoryLine['result']): number =>
    lines.filter((one) => one.result === result).length;
  const counts = { sent: count('sent'), leftOut: count('left_out'), refused: count('refused') };
  const today = lines.filter((one) => one.result === 'sent' && dayOf(one.sentAt) === dayOf(now));
  return {
    json: { file, applied: options.apply === true, counts, today: today.length, accounts: added },
    text: ({ colors }) =>
      [
        `${counted(lines.length, 'line')}: ${counted(counts.sent, 'send')} of ` +
          `${counted(sends.size, 'account')}, ${thousands(counts.leftOut)} left out` +
          (counts.refused > 0 ? `, ${thousands(counts.refused)} refused` : ''),
        ...faultsIn(report),
        ...todayLine(today.length),
        ...added.filter(({ isCounted }) => !isCounted).map(({ accountId: id }) => lateLine(id)),
        ...(options.report === undefined ? [] : [`report: ${options.report}`]),
        options.apply === true
          ? `${counted(
              added.reduce((sum, one) => sum + one.added, 0),
              'send',
            )} imported`
          : `nothing was changed; next: ${colors.bold(next)}`,
      ].join('\n'),
    ...(counts.refused > 0 ? { exitCode: EXIT.found } : {}),
  };
}

/** Imports one account after the other, so an error in one of them leaves those before it. */
async function addAll(
  { io, isJson, world }: Context,
  sends: ReadonlyMap<string, readonly PastSend[]>,
  next: string,
): Promise<readonly Added[]> {
  const added: Added[] = [];
  const work = async (show: (text: string) => void): Promise<void> => {
    for (const [id, found] of sends) {
      const add = inTransaction(world.pool(), (db) =>
        addPastSends(db, id, found, actorOf(io, undefined)),
      );
      added.push({ accountId: id, ...(await add) });
      show(`${thousands(added.length)} of ${counted(sends.size, 'account')}`);
    }
  };
  await withProgress(io, isJson, 'importing', work).catch((error: unknown) => {
    if (added.length === 0) throw error;
    throw errorAfter(doneText(added.length, sends.size), error, next);
  });
  return added;
}

const doneText = (done: number, all: number): string =>
  `the sends of ${thousands(done)} of ${counted(all, 'account')} are imported`;

const todayLine = (count: number): readonly string[] =>
  count === 0
    ? []
    : [`${counted(count, 'send')} of today: pass them with --sent-today when you connect`];

const lateLine = (id: string): string =>
  `${id} is connected already: its recipients are remembered, and its week stays as it is`;

const again = (file: string, { account, member }: Options): string => {
  const of = [
    ...(account === undefined ? [] : ['--account', account]),
    ...(member === undefined ? [] : ['--member', member]),
  ];
  return `${commandLine('import history', [file, ...of])} --apply`;
};

function byAccount(lines: readonly HistoryLine[]): ReadonlyMap<string, readonly PastSend[]> {
  const sends = new Map<string, PastSend[]>();
  for (const one of lines) {
    if (one.result !== 'sent') continue;
    const { accountId, sentAt, recipientId } = one;
    const known = sends.get(accountId);
    if (known) known.push({ sentAt, recipientId });
    else sends.set(accountId, [{ sentAt, recipientId }]);
  }
  return sends;
}

const reportLine = (one: HistoryLine): ReportLine => ({
  line: one.line,
  accountId: one.accountId,
  result: one.result,
  message: one.result === 'sent' ? null : one.message,
});
