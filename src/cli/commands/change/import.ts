/** `safeband import`: connects many accounts from a CSV file, after a check that changes nothing. */
import { commandLine } from '../../../domain/primitives/commandLine.js';
import { registerHistoryImport } from './importHistory.js';
import { withExamples, type Context, type Register } from '../../command.js';
import { EXIT, usage } from '../../errors.js';
import { withProgress, type Answer } from '../../output.js';
import { counted, thousands } from '../../text.js';
import type { Source } from '../../source/source.js';
import { accountLines } from '../../import/accountLines.js';
import { readCsv } from '../../import/csvFile.js';
import { faultsIn, writeReport } from '../../import/report.js';
import { checked, connectAll, type ImportedLine } from '../../import/importing.js';

const PAGE = 1_000;

type ImportOptions = { readonly apply?: boolean; readonly report?: string };

export const registerImport: Register = (program, context) => {
  const group = program
    .command('import')
    .summary('connect many accounts from a file, or import what they sent before')
    .helpCommand(false);
  const command = group
    .command('accounts <file>', { isDefault: true })
    .summary('connect the accounts of a CSV file; without --apply it only checks the file')
    .description(
      'Reads a CSV file with the columns account and tier, and optionally timezone, daily_cap, ' +
        'weekly_cap, ramp, window, pacing, campaigns, recipient_memory, recipient_scope, velocity, learnt_cap, ' +
        'credits_renew_on, group, identity, sent_today and delivered_today, each written as the ' +
        'option of connect. An empty cell keeps the stored value. Without --apply, it checks every ' +
        'line and changes ' +
        'nothing. You may run it twice: an account that exists only gets its policy.',
    )
    .option('--apply', 'connect the accounts')
    .option('--report <file>', 'write what became of each line into a CSV file')
    .action(async (file: string, options: ImportOptions) => {
      context.answer(await imported(context, file, options));
    });
  withExamples(
    command,
    'import examples/accounts.csv',
    'import accounts examples/accounts.csv --apply',
  );
  registerHistoryImport(group, context);
};

async function imported(context: Context, file: string, options: ImportOptions): Promise<Answer> {
  const { io, isJson, world } = context;
  const lines = accountLines(await readCsv(file), context.now());
  if (lines.length === 0) throw usage(`${file} has no line after its columns`);
  const isApplied = options.apply === true;
  // A file that cannot be written is found before the first account is connected.
  if (isApplied && options.report !== undefined) await writeReport(options.report, []);
  const source = world.source();
  const report = isApplied
    ? await withProgress(io, isJson, 'connecting', async (show) => {
        const orders = await source.orders();
        const total = thousands(lines.length);
        const progress = (done: number): void => show(`${thousands(done)} of ${total}`);
        return connectAll(lines, (start) => orders.connect(start), { progress, signal: io.signal });
      })
    : checked(lines, await allAccounts(source));
  const counts = countsOf(report);
  if (options.report !== undefined) {
    const [done = ''] = summary(counts, isApplied, lines.length);
    const next = `${commandLine('import', [file])} --apply`;
    await writeReport(options.report, report, isApplied ? { done, next } : undefined);
  }
  const isWrong = counts.refused + counts.failed > 0;
  return {
    json: { file, applied: isApplied, counts, lines: report },
    text: ({ colors }) =>
      [
        ...summary(counts, isApplied, lines.length),
        ...faultsIn(report),
        ...(options.report === undefined ? [] : [`report: ${options.report}`]),
        ...(isApplied
          ? [`next: ${colors.bold('safeband status')}`]
          : [
              `nothing was changed; next: ${colors.bold(`${commandLine('import', [file])} --apply`)}`,
            ]),
      ].join('\n'),
    ...(isWrong ? { exitCode: EXIT.found } : {}),
  };
}

type Counts = Readonly<Record<ImportedLine['result'], number>>;
function countsOf(report: readonly ImportedLine[]): Counts {
  const of = (result: ImportedLine['result']): number =>
    report.filter((one) => one.result === result).length;
  return {
    new: of('new'),
    known: of('known'),
    connected: of('connected'),
    refused: of('refused'),
    failed: of('failed'),
  };
}

function summary(counts: Counts, isApplied: boolean, total: number): readonly string[] {
  const { refused, failed } = counts;
  const wrong = [
    ...(refused > 0 ? [`${thousands(refused)} refused`] : []),
    ...(failed > 0 ? [`${thousands(failed)} without an answer`] : []),
  ];
  const right = isApplied
    ? `${thousands(counts.connected)} connected`
    : `${thousands(counts.new)} new, ${thousands(counts.known)} that exist`;
  return [`${counted(total, 'line')}: ${[right, ...wrong].join(', ')}`];
}

/** Returns the ids of all accounts, page by page. */
async function allAccounts(source: Source): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  let after: string | null = '';
  while (after !== null) {
    const asked = { state: null, sending: null, group: null, prefix: '', after, limit: PAGE };
    const page: Awaited<ReturnType<Source['accounts']>> = await source.accounts(asked);
    for (const { accountId } of page.accounts) ids.add(accountId);
    after = page.next;
  }
  return ids;
}
