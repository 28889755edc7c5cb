/** `safeband check`: compares the numbers of one account, and explains each difference. */
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
import { dayOf, parseDay, SECOND_MS } from '../../../domain/primitives/time.js';
import { workflowIdOf } from '../../../temporal/protocol.js';
import { readSides } from '../../../postgres/diagnostics/sides.js';
import { readWhy } from '../../../postgres/diagnostics/why.js';
import { knownRow } from '../../accounts.js';
import { accountArgument, withExamples, type Context, type Register } from '../../command.js';
import { cliErrorOf, EXIT } from '../../errors.js';
import { wrapped } from '../../text.js';
import { whole } from '../../options.js';
import type { World } from '../../world.js';
import { widthOf, withProgress, type Answer, type Look, type Row } from '../../output.js';

const LOOK_AGAIN_MS = SECOND_MS;
const ENDED: readonly string[] = ['COMPLETED', 'FAILED', 'CANCELLED', 'TERMINATED', 'TIMED_OUT'];

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
      SAVED_MS / SECOND_MS,
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

type Found = { readonly last: Reading; readonly verdict: CheckVerdict; readonly looks: number };

async function lookUntilSure(
  context: Context,
  accountId: string,
  { waitMs, say }: { readonly waitMs: number; readonly say: (text: string) => void },
): Promise<Found> {
  const first = await look(context, accountId);
  const since = context.now();
  let [last, looks, waitedMs] = [first, 1, 0];
  let verdict = verdictOf(null, first);
  const isOver = (): boolean => context.io.signal.aborted || (looks > 1 && waitedMs >= waitMs);
  while (verdict === 'stale' && !isOver()) {
    say('the numbers differ, looking again');
    await new Promise((resolve) => {
      setTimeout(resolve, LOOK_AGAIN_MS);
    });
    waitedMs = context.now() - since;
    const before = last;
    last = await look(context, accountId);
    looks += 1;
    verdict = verdictOf({ first, before, waitedMs }, last);
  }
  return { last, verdict, looks };
}

async function look({ world, now }: Context, accountId: string): Promise<Reading> {
  const { status, isGone } = await statusIn(world, accountId);
  const pool = world.pool();
  const at = now();
  const why = await readWhy(pool, accountId, { now: at, status: status ?? undefined });
  const day = parseDay(why?.quotaDay ?? '') ?? dayOf(at);
  const sides = await readSides(pool, accountId, day);
  if (!why || !sides) throw new Error(`account ${accountId} has no row any more`);
  return { status, isGone, sides, why };
}

/** Reads the status from the workflow; an ended workflow still answers with its last state. */
async function statusIn(
  world: World,
  accountId: string,
): Promise<Pick<Reading, 'status' | 'isGone'>> {
  try {
    const { client, safeband } = await world.temporal();
    const status = await safeband.status(accountId);
    const { status: run } = await client.workflow.getHandle(workflowIdOf(accountId)).describe();
    return { status, isGone: ENDED.includes(run.name) };
  } catch (error) {
    const { exitCode } = cliErrorOf(error);
    if (exitCode === EXIT.unreachable) return { status: null, isGone: false };
    if (exitCode === EXIT.unknown) return { status: null, isGone: true };
    throw error;
  }
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
  looked: Reading,
  judged: Judged,
  { colors, table }: Look,
): string {
  const { verdict, width } = judged;
  const { status, why } = looked;
  // A difference that is a part of the gap is printed with the gap.
  const others = judged.differences.filter(
    ({ text }) => !why.parts.some((part) => part.text === text),
  );
  const say = (mark: string, text: string): string => `${mark} ${wrapped(text, width - 2)}`;
  const name = colors.bold(accountId);
  const words: Readonly<Record<CheckVerdict, string>> = {
    equal: `${name} on ${why.quotaDay}: ${colors.green('equal')}, all places tell the same`,
    stale: `${name} on ${why.quotaDay}: ${colors.yellow('a stale read')}, something moved or is not written yet`,
    different: `${name} on ${why.quotaDay}: ${colors.red('a real difference')}, it stays`,
  };
  const head = ['', '>workflow', '>row', '>reservations', '>journal', '>event log'];
  const next = {
    equal: [],
    stale: ['', `next: ${colors.bold(commandLine('check', [accountId]))} in some seconds`],
    different: [
      '',
      looked.isGone || isUnsaved(looked)
        ? `next: ${colors.bold('safeband doctor')} says what keeps it from being saved`
        : `next: ${colors.bold(commandLine('reconcile', [accountId]))} heals it now; the run every ten minutes does it by itself`,
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
