/** `safeband restart`: terminates a workflow whose tasks fail, and starts the account again. */
import { Option, type Command } from 'commander';
import { commandLine } from '../../../domain/primitives/commandLine.js';
import { areFailing, failureText } from '../../../domain/reconcile/failingTasks.js';
import type { StatusWire } from '../../../domain/wire/responses.js';
import { readFailingAlerts } from '../../../postgres/operations/failing.js';
import { firstVerified, knownRow } from '../../accounts.js';
import {
  accountArgument,
  actorOf,
  withExamples,
  type Context,
  type Register,
} from '../../command.js';
import { CliError, errorAfter, EXIT } from '../../errors.js';
import { withProgress } from '../../output.js';

type RestartOptions = {
  readonly reason: string;
  readonly actor?: string;
  readonly force?: boolean;
};

export const registerRestart: Register = (program: Command, context: Context) => {
  const command = program
    .command('restart')
    .summary('terminate a workflow whose tasks fail, and start the account again')
    .description(
      'Terminates the workflow of an account whose tasks fail repeatedly, and starts the ' +
        'account again. The start reads the answers of the old workflow from its history, so no ' +
        'count and no delivery is lost. For this, the workers need all keys of ' +
        'SAFEBAND_PAYLOAD_KEYS. The command does not change a workflow whose tasks succeed.',
    )
    .addArgument(accountArgument())
    .addOption(
      new Option('--reason <text>', 'the reason, shown to other people').makeOptionMandatory(),
    )
    .option('--actor <name>', 'the name of the person who acts (default: cli:<user>)')
    .option('--force', 'restart even if its tasks succeed or its history cannot be read')
    .action(async (accountId: string, options: RestartOptions) => {
      const row = await knownRow(context, accountId);
      if (row.state === 'disconnected') {
        const text = `account ${accountId} is disconnected: there is nothing to start again`;
        const next = commandLine('connect', [accountId], `--tier ${row.tier}`);
        throw new CliError(EXIT.unknown, 'AccountUnknown', text, next);
      }
      const alerted = await readFailingAlerts(context.world.pool());
      const unread = alerted.find((one) => one.accountId === accountId)?.unread ?? null;
      if (unread !== null && !options.force) {
        const text =
          `the workers cannot read the history of ${accountId} (${unread}), so a start would lose ` +
          'what it contains: give each worker all keys of SAFEBAND_PAYLOAD_KEYS, or restart it ' +
          'with --force';
        throw new CliError(EXIT.refused, 'HistoryUnreadable', text, 'safeband doctor');
      }
      const found = await restarted(context, { accountId, tier: row.tier }, options);
      context.answer({
        json: { accountId, ...found },
        text: ({ colors }) =>
          `${found.terminated === null ? `${accountId} had no workflow` : `the old workflow of ${accountId} (run ${found.terminated}) was terminated`}; ` +
          `it is started again: ${found.state ?? 'its state cannot be read yet'}\n` +
          `next: ${colors.bold(commandLine('why', [accountId]))}`,
      });
    });
  withExamples(command, 'restart acme-anna --reason "its history cannot be replayed" --force');
};

async function restarted(
  { world, io, isJson, now }: Context,
  account: { readonly accountId: string; readonly tier: string },
  { reason, actor, force = false }: RestartOptions,
): Promise<{ readonly terminated: string | null; readonly state: string | null }> {
  const { accountId } = account;
  const by = actorOf(io, actor);
  const { client, taskQueue, safeband } = await world.temporal();
  const { readTasks, startAgain, terminateRun } =
    await import('../../../temporal/workflowTasks.js'); // heavy
  const tasks = await readTasks(client, accountId);
  if (tasks && !areFailing(tasks) && !force) {
    const why =
      tasks.failures === 0
        ? 'no task of it fails'
        : `${tasks.failures} attempts of its task failed (${failureText(tasks.cause, tasks.message)})`;
    throw new CliError(
      EXIT.refused,
      'NotFailing',
      `the workflow of ${accountId} is not changed: ${why}; --force terminates it nevertheless`,
      commandLine('status', [accountId]),
    );
  }
  if (tasks) {
    const { runId } = tasks;
    await terminateRun(client, { accountId, runId }, `safeband restart by ${by}: ${reason}`);
  }
  await startAgain(client, account, taskQueue).catch((error: unknown) => {
    if (!tasks) throw error;
    const what =
      `the old workflow of ${accountId} (run ${tasks.runId}) was terminated, and the account is ` +
      'not started yet; the next fleet audit starts it';
    throw errorAfter(what, error, commandLine('restart', [accountId], '--reason …'));
  });
  const read = (): Promise<Pick<StatusWire, 'verified'> & { readonly state: string | null }> =>
    safeband.status(accountId).catch(() => ({ verified: false, state: null }));
  const { state } = await withProgress(io, isJson, "reading the account's old answers", () =>
    firstVerified(now, read),
  );
  return { terminated: tasks?.runId ?? null, state };
}
