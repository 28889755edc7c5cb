/** One account held side by side, and what it means. */
import type { Command } from 'commander';
import {
  differencesIn,
  verdictOf,
  type CheckVerdict,
  type Difference,
  type Looked,
} from '../../domain/check.js';
import { dayOf, parseDay, SECOND_MS } from '../../domain/time.js';
import { readSides } from '../../postgres/sides.js';
import { readWhy } from '../../postgres/why.js';
import { knownRow } from '../accounts.js';
import { accountArgument, withExamples, type Context, type Register } from '../command.js';
import { cliErrorOf, EXIT } from '../errors.js';
import { wrapped } from '../text.js';
import { whole } from '../options.js';
import { widthOf, withProgress, type Answer, type Look, type Row } from '../output.js';

/** A change is in Postgres within this time of the message. */
const SAVED_SECONDS = 15;
const LOOK_AGAIN_MS = SECOND_MS;

export const registerCheck: Register = (program: Command, context: Context) => {
  const command = program
    .command('check')
    .summary('workflow, row, journal and event log side by side: exit code 1 if they differ')
    .description(
      'Holds the workflow, the row, the reservations, the journal and the event log of an ' +
        'account side by side, and says: equal, a stale read (rows on their way), or a real ' +
        'difference with what it is made of. Changes nothing.',
    )
    .addArgument(accountArgument())
    .option(
      '--wait <seconds>',
      'look again for so long before it is a stale read',
      whole(0, 600),
      SAVED_SECONDS,
    )
    .action(async (accountId: string, { wait }: { wait: number }) => {
      await knownRow(context, accountId);
      const { io, isJson } = context;
      const found = await withProgress(io, isJson, `checking ${accountId}`, (say) =>
        lookUntilSure(context, accountId, { waitMs: wait * SECOND_MS, say }),
      );
      context.answer(answerOf(accountId, found, widthOf(io)));
    });
  withExamples(command, 'check acme-anna', 'check acme-anna --wait 0 --json');
};

type Found = { readonly last: Looked; readonly verdict: CheckVerdict; readonly looks: number };

async function lookUntilSure(
  context: Context,
  accountId: string,
  { waitMs, say }: { readonly waitMs: number; readonly say: (text: string) => void },
): Promise<Found> {
  const deadline = context.now() + waitMs;
  let before: Looked | null = null;
  for (let looks = 1; ; looks += 1) {
    const last = await look(context, accountId);
    const verdict = verdictOf(before, last);
    const isOver = context.now() + LOOK_AGAIN_MS > deadline && before !== null;
    if (verdict !== 'stale' || isOver || context.io.signal.aborted) return { last, verdict, looks };
    say('the numbers differ, looking again');
    before = last;
    await new Promise((resolve) => {
      setTimeout(resolve, LOOK_AGAIN_MS);
    });
  }
}

async function look({ world, now }: Context, accountId: string): Promise<Looked> {
  const status = await world
    .client()
    .then((client) => client.status(accountId))
    .catch((error: unknown) => {
      const { exitCode } = cliErrorOf(error);
      if (exitCode === EXIT.unreachable || exitCode === EXIT.unknown) return null;
      throw error;
    });
  const pool = world.pool();
  const at = now();
  const why = await readWhy(pool, accountId, { now: at, status: status ?? undefined });
  const day = parseDay(why?.quotaDay ?? '') ?? dayOf(at);
  const sides = await readSides(pool, accountId, day);
  if (!why || !sides) throw new Error(`account ${accountId} has no row any more`);
  return { status, sides, why };
}

function answerOf(accountId: string, { last, verdict, looks }: Found, width: number): Answer {
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
      looks,
      differences,
      workflow,
      ...sides,
      headline: why.headline,
      parts: why.parts,
    },
    exitCode: verdict === 'different' ? EXIT.found : EXIT.ok,
    text: (how) => textOf(accountId, last, { verdict, differences, width }, how),
  };
}

type Judged = {
  readonly verdict: CheckVerdict;
  readonly differences: readonly Difference[];
  readonly width: number;
};

function textOf(
  accountId: string,
  looked: Looked,
  judged: Judged,
  { colors, table }: Look,
): string {
  const { verdict, width } = judged;
  const { status, why } = looked;
  // What a part of the gap says is said there.
  const others = judged.differences.filter(
    ({ text }) => !why.parts.some((part) => part.text === text),
  );
  const say = (mark: string, text: string): string => `${mark} ${wrapped(text, width - 2)}`;
  const name = colors.bold(accountId);
  const words: Readonly<Record<CheckVerdict, string>> = {
    equal: `${name} on ${why.quotaDay}: ${colors.green('equal')}, all places tell the same`,
    stale: `${name} on ${why.quotaDay}: ${colors.yellow('a stale read')}, something moved or is not written yet`,
    different: `${name} on ${why.quotaDay}: ${colors.red('a real difference')}, nothing moved and it stays`,
  };
  const head = ['', '>workflow', '>row', '>reservations', '>journal', '>event log'];
  const next = {
    equal: [],
    stale: ['', `next: ${colors.bold(`safeband check ${accountId}`)} in some seconds`],
    different: [
      '',
      `next: ${colors.bold(`safeband reconcile ${accountId}`)} heals it now; the run every ten minutes does it by itself`,
    ],
  };
  return [
    words[verdict],
    '',
    table(rowsOf(looked), head),
    ...(status ? [] : ['', colors.yellow('the workflow does not answer: Postgres alone was read')]),
    '',
    why.headline,
    ...why.parts.map(({ text, isNormal }) =>
      say(isNormal ? colors.green('-') : colors.red('!'), text),
    ),
    ...(others.length > 0 ? ['', 'What does not fit:'] : []),
    ...others.map(({ text }) => say(colors.red('!'), text)),
    ...next[verdict],
  ].join('\n');
}

function rowsOf({ status, sides }: Looked): readonly Row[] {
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
