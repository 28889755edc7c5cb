/** `safeband check`: compares the sources of one account, and explains each difference. */
import type { Command } from 'commander';
import { commandLine } from '../../../domain/primitives/commandLine.js';
import {
  differencesIn,
  isUnsaved,
  verdictOf,
  type CheckVerdict,
  type Difference,
  type Reading,
} from '../../../domain/diagnostics/consistency.js';
import { SAVED_MS } from '../../../domain/primitives/limits.js';
import { SECOND_MS } from '../../../domain/primitives/time.js';
import { accountArgument, withExamples, type Context, type Register } from '../../command.js';
import { EXIT } from '../../errors.js';
import { wrapped } from '../../text.js';
import { whole } from '../../options.js';
import { widthOf, withProgress, type Answer, type Style, type Row } from '../../output.js';

/** How long the check waits before it reads the sources again. */
const READ_AGAIN_MS = SECOND_MS;

export const registerCheck: Register = (program: Command, context: Context) => {
  const command = program
    .command('check')
    .summary(
      "compare an account's workflow, row, journal and event log; exit code 1 if they differ",
    )
    .description(
      'Compares the workflow, the row, the reservations, the journal and the event log of an ' +
        'account. The result is one of three: equal; a stale read, because rows are not written ' +
        'yet; or a real difference, with its parts. Changes nothing.',
    )
    .addArgument(accountArgument())
    .option(
      '--wait <seconds>',
      'how long to repeat the check before the result is a stale read',
      whole(0, 600),
      SAVED_MS / SECOND_MS,
    )
    .action(async (accountId: string, { wait }: { wait: number }) => {
      const { io, isJson } = context;
      const found = await withProgress(io, isJson, `checking ${accountId}`, (report) =>
        readUntilSure(context, accountId, { waitMs: wait * SECOND_MS, report }),
      );
      context.answer(answerOf(accountId, found, widthOf(io)));
    });
  withExamples(command, 'check acme-anna', 'check acme-anna --wait 0 --json');
};

type Found = { readonly last: Reading; readonly verdict: CheckVerdict; readonly reads: number };

/** Reads the sources until the result is not stale, or the time is used up. */
async function readUntilSure(
  context: Context,
  accountId: string,
  { waitMs, report }: { readonly waitMs: number; readonly report: (text: string) => void },
): Promise<Found> {
  const first = await context.world.source().reading(accountId);
  const since = context.now();
  let [last, reads, waitedMs] = [first, 1, 0];
  let verdict = verdictOf(null, first);
  const isDone = (): boolean => context.io.signal.aborted || (reads > 1 && waitedMs >= waitMs);
  while (verdict === 'stale' && !isDone()) {
    report('the numbers differ; reading them again');
    await new Promise((resolve) => {
      setTimeout(resolve, READ_AGAIN_MS);
    });
    waitedMs = context.now() - since;
    const before = last;
    last = await context.world.source().reading(accountId);
    reads += 1;
    verdict = verdictOf({ first, before, waitedMs }, last);
  }
  return { last, verdict, reads };
}

function answerOf(accountId: string, { last, verdict, reads }: Found, width: number): Answer {
  const { status, sides, why } = last;
  const differences = verdict === 'equal' ? [] : differencesIn(last);
  const workflow = status && {
    version: status.version,
    unsaved: status.unsaved,
    counter: status.counter,
    inFlight: status.inFlight,
    uncertain: status.uncertain,
    delivered: status.delivered,
    external: status.external,
    imported: status.imported,
    unexplained: status.unexplained,
    carried: status.carried,
  };
  return {
    json: {
      accountId,
      asOf: why.asOf,
      quotaDay: why.quotaDay,
      verdict,
      looks: reads,
      differences,
      workflow,
      ...sides,
      headline: why.headline,
      parts: why.parts,
    },
    exitCode: verdict === 'different' ? EXIT.found : EXIT.ok,
    text: (style) => textOf(accountId, last, { verdict, differences, width }, style),
  };
}

type Judged = {
  readonly verdict: CheckVerdict;
  readonly differences: readonly Difference[];
  readonly width: number;
};

function textOf(
  accountId: string,
  last: Reading,
  judged: Judged,
  { colors, table }: Style,
): string {
  const { verdict, width } = judged;
  const { status, why } = last;
  // A difference that is a part of the gap is printed with the gap.
  const others = judged.differences.filter(
    ({ text }) => !why.parts.some((part) => part.text === text),
  );
  const line = (mark: string, text: string): string => `${mark} ${wrapped(text, width - 2)}`;
  const name = colors.bold(accountId);
  const words: Readonly<Record<CheckVerdict, string>> = {
    equal: `${name} on ${why.quotaDay}: ${colors.green('equal')}, all sources agree`,
    stale: `${name} on ${why.quotaDay}: ${colors.yellow('a stale read')}, a number changed during the check or is not written yet`,
    different: `${name} on ${why.quotaDay}: ${colors.red('a real difference')}, waiting does not resolve it`,
  };
  const head = ['', '>workflow', '>row', '>reservations', '>journal', '>event log'];
  const next = {
    equal: [],
    stale: ['', `next: ${colors.bold(commandLine('check', [accountId]))} in a few seconds`],
    different: [
      '',
      last.isGone || isUnsaved(last)
        ? `next: ${colors.bold('safeband doctor')} shows why the account is not saved`
        : `next: ${colors.bold(commandLine('reconcile', [accountId]))} corrects it now; otherwise the next automatic reconcile does (every 10 minutes)`,
    ],
  };
  return [
    words[verdict],
    '',
    table(rowsOf(last), head),
    ...(status
      ? []
      : ['', colors.yellow('the workflow does not answer: all numbers are from Postgres')]),
    '',
    why.headline,
    ...why.parts.map(({ text, isNormal }) =>
      line(isNormal ? colors.green('-') : colors.red('!'), text),
    ),
    ...(others.length > 0 ? ['', 'Differences:'] : []),
    ...others.map(({ text }) => line(colors.red('!'), text)),
    ...next[verdict],
  ].join('\n');
}

function rowsOf({ status, sides }: Reading): readonly Row[] {
  const { row, reservations, journal, eventLog } = sides;
  return [
    ['counter', status?.counter ?? null, row.counter, '', '', ''],
    ['in flight', status?.inFlight ?? null, row.inFlight, reservations.inFlight, journal.open, ''],
    ['uncertain', status?.uncertain ?? null, row.uncertain, reservations.uncertain, '', ''],
    [
      'delivered',
      status?.delivered ?? null,
      '',
      reservations.delivered,
      journal.delivered,
      eventLog.delivered,
    ],
    ['released', '', '', reservations.released, journal.failed + journal.void, ''],
    ['external', status?.external ?? null, row.external, '', '', eventLog.external],
    ['imported', status?.imported ?? null, row.imported, '', '', ''],
    ['unexplained', status?.unexplained ?? null, row.unexplained, '', '', ''],
    ['carried', status?.carried ?? null, row.carried, '', '', ''],
  ];
}
