/**
 * The tables at the end: asks and their outcomes, and the counters with LinkedIn's true numbers.
 */
import Table from 'cli-table3';
import colors from 'picocolors';
import type { DemoResult } from './demo.js';
import type { LinkedIn } from './linkedin.js';

const BAR_WIDTH = 20;

/** Returns what is wrong with an account's numbers; empty if they are right. */
export function flawsOf(
  { accountId, status, inLog }: DemoResult,
  linkedIn: LinkedIn,
): readonly string[] {
  const { inFlight, uncertain, delivered, external, imported, unexplained, counter } = status;
  const taken = linkedIn.received(accountId);
  const open = inFlight + uncertain;
  const proven = taken.filter(({ hasProof }) => hasProof).length;
  const byHand = taken.filter(({ reservationId }) => reservationId === null).length;
  const checks: readonly (readonly [boolean, string])[] = [
    [
      counter === inFlight + uncertain + delivered + external + imported + unexplained,
      `the counter ${counter} is not the sum of its parts`,
    ],
    [counter - external - imported <= status.caps.daily, `${counter} exceeds the cap`],
    [delivered === proven, `${delivered} delivered, but LinkedIn gave ${proven} proofs`],
    [external === byHand, `${external} external, but ${byHand} sent manually`],
    [inLog === delivered + external, `${inLog} in the event log`],
    [
      taken.length <= delivered + external + open,
      `LinkedIn received ${taken.length}, more than is counted`,
    ],
    [status.unsaved === 0, `${status.unsaved} rows are not saved`],
  ];
  return checks.filter(([holds]) => !holds).map(([, flaw]) => flaw);
}

/** Returns the text with both tables. */
export const tableOf = (results: readonly DemoResult[], linkedIn: LinkedIn): string =>
  [
    'The asks, and their outcomes:',
    asksOf(results),
    '',
    'The counters, compared with what LinkedIn really received',
    '(# delivered, ? in flight or uncertain, + external or imported, . free):',
    countsOf(results, linkedIn),
  ].join('\n');

function asksOf(results: readonly DemoResult[]): string {
  const table = tableWith(
    [
      'account',
      'tier',
      'asked',
      'granted',
      'sent',
      'released',
      'unknown',
      'wait',
      'denied',
      'ask again',
    ],
    [2, 3, 4, 5, 6, 7],
  );
  for (const { start, tally, status } of results) {
    const denied = [...tally.denials].map(([reason, count]) => `${count} ${reason}`).join(', ');
    const { asked, granted, delivered, released, unknown, retryAt } = tally;
    const again = retryAt?.slice(0, 16).replace('T', ' ') ?? 'a person must decide';
    const { waiting } = status;
    const numbers = [asked + waiting, granted, delivered, released, unknown, waiting];
    table.push([start.accountId, start.tier, ...numbers, denied, denied ? again : '']);
  }
  return table.toString();
}

function countsOf(results: readonly DemoResult[], linkedIn: LinkedIn): string {
  const parts = ['in flight', 'uncertain', 'delivered', 'external', 'imported'];
  const table = tableWith(
    ['account', 'counter', 'cap', '', ...parts, 'LinkedIn has', 'state', ''],
    [1, 2, 4, 5, 6, 7, 8, 9],
  );
  for (const result of results) {
    const { start, status, accountId } = result;
    const { counter, caps, inFlight, uncertain, delivered, external, imported, state } = status;
    const isRight = flawsOf(result, linkedIn).length === 0;
    table.push([
      start.accountId,
      counter,
      caps.effective,
      bar(status),
      inFlight,
      uncertain,
      delivered,
      external,
      imported,
      linkedIn.received(accountId).length,
      state,
      isRight ? colors.green('right') : colors.red('WRONG'),
    ]);
  }
  return table.toString();
}

/** Makes a table without lines between its rows; the columns `numbers` are aligned right. */
const tableWith = (head: readonly string[], numbers: readonly number[]): Table.Table =>
  new Table({
    style: { head: [], border: [] },
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
    head: [...head],
    colAligns: head.map((_, i) => (numbers.includes(i) ? 'right' : 'left')),
  });

/** Draws the day as a bar: delivered, open, external or imported, free. */
function bar(status: DemoResult['status']): string {
  const { delivered, inFlight, uncertain, external, imported, counter, caps } = status;
  const whole = Math.max(counter, caps.daily, 1);
  const part = (count: number): number => Math.round((count / whole) * BAR_WIDTH);
  const filled =
    '#'.repeat(part(delivered)) +
    '?'.repeat(part(inFlight + uncertain)) +
    '+'.repeat(part(external + imported));
  return filled.slice(0, BAR_WIDTH).padEnd(BAR_WIDTH, '.');
}
