/**
 * `safeband recover`: starts all accounts that have no workflow, waits until they have read their
 * rows, and shows the progress.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { commandLine } from '../../../domain/primitives/commandLine.js';
import { SECOND_MS } from '../../../domain/primitives/time.js';
import { previewOrder } from '../../../postgres/fleet/orderPreview.js';
import { readConnected } from '../../../postgres/operations/fleet.js';
import { withExamples, type Context, type Register } from '../../command.js';
import { EXIT } from '../../errors.js';
import { withProgress, type Style } from '../../output.js';
import { thousands } from '../../text.js';

/** The pause between two checks: at least this, and longer than a check takes. */
const CHECK_MS = SECOND_MS;
/** Without one more account for so long, the command gives up. */
const PATIENCE_MS = 120 * SECOND_MS;

const WAITING = {
  cooldown: 'unclean_end',
  all: undefined,
  tier: undefined,
  state: undefined,
  accountIds: undefined,
} as const;

export const registerRecover: Register = (program: Command, context: Context) => {
  const command = program
    .command('recover')
    .summary('start all accounts that have no workflow, and show the progress')
    .description(
      'Starts every connected account that has no workflow, as after the loss of Temporal: it runs ' +
        'the fleet audit at once, and waits until all accounts have a workflow and have read ' +
        'their rows. What an account sent last may be missing there, so it may wait. After a ' +
        'restore of Postgres, such an account must wait: do not resume it on that day.',
    )
    .action(async () => {
      const { io, isJson } = context;
      const found = await withProgress(io, isJson, 'starting accounts', (show) =>
        recovered(context, show),
      );
      context.answer({
        json: found,
        exitCode: found.missing + found.opening > 0 ? EXIT.found : EXIT.ok,
        text: (style) => linesOf(found, style).join('\n'),
      });
    });
  withExamples(command, 'recover');
};

type Recovered = {
  readonly connected: number;
  /** Connected accounts without a workflow. */
  readonly missing: number;
  /** Accounts that were started and have not read their rows. */
  readonly opening: number;
  /** Accounts that wait after an unclean end. */
  readonly waiting: number;
};
const textOf = ({ connected, missing }: Pick<Recovered, 'connected' | 'missing'>): string =>
  `${thousands(connected - missing)} of ${thousands(connected)} connected accounts have a workflow`;

function linesOf(found: Recovered, { colors }: Style): readonly string[] {
  const { missing, opening, waiting } = found;
  const next = `next: ${colors.bold(commandLine('doctor', []))}`;
  const unread = opening === 1 ? 'account has not read its' : 'accounts have not read their';
  const [one, wait] = waiting === 1 ? ['account', 'waits'] : ['accounts', 'wait'];
  const order = commandLine('order make', ['resume'], '--cooldown unclean_end --reason …');
  return [
    textOf(found),
    ...(missing > 0 ? [`no account was started for two minutes; ${next}`] : []),
    ...(opening > 0 ? [`${thousands(opening)} started ${unread} rows yet; ${next}`] : []),
    ...(waiting > 0
      ? [
          `${thousands(waiting)} ${one} ${wait} until midnight UTC (unclean_end)`,
          'after a restore of Postgres: do not resume them on this day, their rows lack sends',
          `if only Temporal was lost, resume them after a check: ${colors.bold(order)}`,
        ]
      : []),
  ];
}

async function recovered(
  { world, io, now }: Context,
  show: (text: string) => void,
): Promise<Recovered> {
  const pool = world.pool();
  const { client, taskQueue } = await world.temporal();
  const { listRunning } = await import('../../../temporal/workflowTasks.js'); // heavy
  const { startAudit } = await import('../../../temporal/schedules.js');
  let last = { left: Number.POSITIVE_INFINITY, at: now() };
  for (;;) {
    const begin = now();
    const running = await listRunning(client);
    const ids = await readConnected(pool);
    const missing = ids.filter((id) => !running.has(id)).length;
    // Also those that other audits have started. Alerts do not show them: a person may work on
    // one, and an audit closes it as soon as the workflow runs.
    const opening = ids.filter((id) => running.get(id) === false).length;
    const connected = ids.length;
    show(textOf({ connected, missing }));
    const left = missing + opening;
    if (left < last.left) last = { left, at: now() };
    if (left === 0 || io.signal.aborted || now() - last.at > PATIENCE_MS) {
      // An account that has read its rows has written there whether it waits.
      const { count: waiting } = await previewOrder(pool, {
        kind: 'resume',
        filter: WAITING,
        accounts: null,
      });
      return { connected, missing, opening, waiting };
    }
    if (missing > 0) await startAudit(client, taskQueue);
    await sleep(Math.max(CHECK_MS, 2 * (now() - begin)));
  }
}
