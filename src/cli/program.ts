/** Builds the program: its commands in the order of the help, and the options of every command. */
import { Command, Help } from 'commander';
import type { Context, Register } from './command.js';
import { registerAlerts } from './commands/read/alerts.js';
import { registerBrake } from './commands/change/brake.js';
import { registerCampaigns } from './commands/read/campaigns.js';
import { registerCheck } from './commands/read/check.js';
import { registerCompletion } from './commands/system/completion.js';
import { registerConnect } from './commands/change/connect.js';
import { registerCredits } from './commands/change/credits.js';
import { registerReply } from './commands/change/reply.js';
import { registerDrift } from './commands/read/drift.js';
import { registerDoctor } from './commands/system/doctor.js';
import { registerErase } from './commands/data/erase.js';
import { registerExport } from './commands/data/export.js';
import { registerFind } from './commands/read/find.js';
import { registerGroup } from './commands/system/group.js';
import { registerHistory } from './commands/read/history.js';
import { registerKeys } from './commands/system/keys.js';
import { registerEvents } from './commands/read/events.js';
import { registerImport } from './commands/change/import.js';
import { registerMcp } from './commands/system/mcp.js';
import { registerNext } from './commands/read/next.js';
import { registerOperate } from './commands/change/operate.js';
import { registerOrder } from './commands/change/order.js';
import { registerRecover } from './commands/change/recover.js';
import { registerRestart } from './commands/change/restart.js';
import { registerSeal } from './commands/data/seal.js';
import { registerSign } from './commands/data/sign.js';
import { registerShadow } from './commands/read/shadow.js';
import { registerShare } from './commands/change/share.js';
import { registerWaiting } from './commands/read/waiting.js';
import { registerSlots } from './commands/read/slots.js';
import { registerStack } from './commands/system/stack.js';
import { registerStatus } from './commands/read/status.js';
import { registerTail } from './commands/read/tail.js';
import { registerWithdraw } from './commands/change/withdraw.js';
import { registerWhatIf } from './commands/read/whatIf.js';
import { registerWebhooks } from './commands/system/webhooks.js';
import { registerWhy } from './commands/read/why.js';
import { styleOf, widthOf } from './output.js';
import { isByKey } from './source/keyAccess.js';
import { checkByKey } from './source/needs.js';

/** The commands under each heading of the help. */
const GROUPS: readonly (readonly [string, readonly Register[]])[] = [
  [
    'Inspect:',
    [
      registerStatus,
      registerWhy,
      registerSlots,
      registerNext,
      registerWaiting,
      registerCheck,
      registerHistory,
      registerWhatIf,
      registerShadow,
      registerFind,
      registerCampaigns,
      registerEvents,
      registerAlerts,
      registerDrift,
      registerTail,
    ],
  ],
  [
    'Change:',
    [
      registerConnect,
      registerImport,
      registerOperate,
      registerBrake,
      registerOrder,
      registerWithdraw,
      registerCredits,
      registerReply,
      registerShare,
      registerRestart,
      registerRecover,
    ],
  ],
  ['Data:', [registerExport, registerErase, registerSeal, registerSign]],
  ['Run:', [registerStack]],
  [
    'Set up:',
    [
      registerDoctor,
      registerKeys,
      registerGroup,
      registerWebhooks,
      registerMcp,
      registerCompletion,
    ],
  ],
];

/** Leaves out `[options]`, which nearly every command has, and the second name of a command. */
const subcommandTerm = (command: Command): string =>
  new Help().subcommandTerm(command).replace(' [options]', '').replace(/\|\S+/, '');

/** Returns the words of a command after `safeband`, such as `keys make`. */
function pathOf(command: Command): string {
  const { parent } = command;
  return parent?.parent ? `${pathOf(parent)} ${command.name()}` : command.name();
}

export function createProgram(context: Context): Command {
  const { io, version } = context;
  const { colors, isColoured } = styleOf(io);
  const program = new Command('safeband')
    .description(
      'Counts the InMails that each LinkedIn account sends per day, and enforces its daily cap.',
    )
    .version(version, '--version', 'print the version')
    .helpOption('--help', 'show what a command does, with an example')
    .option('--json', 'print JSON with stable field names (docs/cli.md)')
    .helpCommand(false)
    .exitOverride()
    .configureHelp({ showGlobalOptions: true, styleTitle: colors.bold, subcommandTerm })
    .configureOutput({
      writeOut: io.stdout,
      writeErr: () => undefined,
      outputError: () => undefined, // `run` prints the error
      getOutHasColors: () => isColoured,
      getErrHasColors: () => isColoured,
      getOutHelpWidth: () => widthOf(io),
      getErrHelpWidth: () => widthOf(io),
    });
  program.hook('preAction', (_, command) => {
    const path = pathOf(command);
    const isOffline = path === 'verify' && command.opts()['file'] !== undefined;
    if (isByKey(io.env) && !isOffline) checkByKey(path);
  });
  for (const [heading, registers] of GROUPS) {
    program.commandsGroup(heading);
    for (const register of registers) register(program, context);
  }
  return program;
}
