/** `safeband drift`: accounts whose numbers disagree now, as the fleet audit finds them. */
import type { Command } from 'commander';
import { commandLine } from '../../../domain/primitives/commandLine.js';
import type { Suspect } from '../../../domain/reconcile/fleetAudit.js';
import { dayOf, type Instant } from '../../../domain/primitives/time.js';
import { ACCOUNTS_PAGE, readAccountsPage } from '../../../postgres/operations/fleet.js';
import { pageAccounts } from '../../../postgres/read/lists.js';
import type { Pool } from '../../../postgres/pool.js';
import type { StatusRow } from '../../../postgres/read/reads.js';
import { withExamples, type Context, type Register } from '../../command.js';
import { EXIT } from '../../errors.js';
import { whole } from '../../options.js';
import type { Answer, Style } from '../../output.js';
import { accountJson } from '../../shapes.js';
import { clock, counted, thousands } from '../../text.js';
import { stateText } from './status.js';

const LIMIT = 50;

export const registerDrift: Register = (program: Command, context: Context) => {
  const command = program
    .command('drift')
    .summary('accounts whose counter and event log disagree now; exit code 1 if there are any')
    .description(
      'Lists connected accounts whose counter and event log differ by more than their slots in ' +
        'flight and uncertain slots, or whose row has a manual edit. The next reconcile corrects ' +
        'each account.',
    )
    .option(
      '--limit <n>',
      'how many accounts to show, the largest differences first',
      whole(1, 1_000),
      LIMIT,
    )
    .action(async ({ limit }: { limit: number }) => {
      const at = context.now();
      context.answer(answerOf(await find(context.world.pool(), at, limit), at));
    });
  withExamples(command, 'drift');
};

type Disagreeing = StatusRow & { readonly isEdited: boolean };
type Found = {
  readonly checked: number;
  readonly all: number;
  readonly accounts: readonly Disagreeing[];
};

/** Reads the fleet page by page, so that its size does not matter. */
async function find(pool: Pool, at: Instant, limit: number): Promise<Found> {
  const disagreeing: Suspect[] = [];
  let checked = 0;
  for (let after: string | null = ''; after !== null;) {
    const page = await readAccountsPage(pool, { after, limit: ACCOUNTS_PAGE, day: dayOf(at) });
    disagreeing.push(...page.suspects.filter(({ isUnequal, isEdited }) => isUnequal || isEdited));
    checked += page.connected.length;
    after = page.last;
  }
  const shown = disagreeing
    .toSorted((a, b) => Math.abs(b.drift) - Math.abs(a.drift))
    .slice(0, limit);
  const ids = shown.map(({ accountId }) => accountId);
  const rows = await pageAccounts(pool, {
    at,
    after: '',
    limit,
    state: null,
    prefix: '',
    accounts: ids,
  });
  const accounts = shown.flatMap(({ accountId, isEdited }) => {
    const row = rows.find((one) => one.accountId === accountId);
    return row ? [{ ...row, isEdited }] : [];
  });
  return { checked, all: disagreeing.length, accounts };
}

/** Returns the counter of an edited row where it is not the gate's. */
function editText({ isEdited, edited, counter }: Found['accounts'][number]): string {
  if (!isEdited) return '';
  return edited && edited.row !== counter ? `the row has ${edited.row}` : 'manual edit';
}

const answerOf = (found: Found, at: Instant): Answer => ({
  json: {
    checked: found.checked,
    disagreeing: found.all,
    accounts: found.accounts.map((row) => ({ ...accountJson(row, at), isEdited: row.isEdited })),
  },
  exitCode: found.all > 0 ? EXIT.found : EXIT.ok,
  text: (style) => textOf(found, at, style),
});

function textOf({ checked, all, accounts }: Found, at: Instant, style: Style): string {
  const [first] = accounts;
  if (!first) {
    return checked === 0
      ? 'no connected accounts'
      : `${counted(checked, 'account')} checked: all numbers agree`;
  }
  const rows = accounts.map((row) => [
    row.accountId,
    stateText(row.state, style),
    row.counter,
    row.delivered + row.external,
    row.inFlight,
    row.uncertain,
    row.imported,
    row.drift - row.inFlight - row.uncertain,
    editText(row),
    clock(row.lastCheckedAt, at),
  ]);
  const head = ['account', 'state', '>counter', '>log', '>in flight', '>uncertain', '>imported'];
  const { bold } = style.colors;
  return [
    style.table(rows, [...head, '>unexplained', '', 'checked (UTC)']),
    '',
    `${thousands(all)} of ${thousands(checked)} disagree. ` +
      `${bold(commandLine('check', [first.accountId]))} shows the details; ` +
      `${bold(commandLine('reconcile', [first.accountId]))} corrects it now`,
  ].join('\n');
}
