/** `safeband sign`: writes a sealed month of the event log with a signature (R29). */
import { Argument, InvalidArgumentError, type Command } from 'commander';
import { neededErasureKey } from '../../../postgres/data/erasureKey.js';
import { exportMonth, type SignedResult } from '../../../postgres/data/signedMonth.js';
import { actorOf, withExamples, type Context, type Register } from '../../command.js';
import { CliError, EXIT, usage } from '../../errors.js';
import { accountId, group } from '../../options.js';
import { privateKeyIn } from './signingKeys.js';

/** A month, such as 2026-10. */
function month(raw: string): string {
  if (/^\d{4}-(0[1-9]|1[0-2])$/.test(raw)) return raw;
  throw new InvalidArgumentError('Use a month such as 2026-10.');
}
const accounts = (raw: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  accountId(raw),
];

type Options = {
  readonly privateKey: string;
  readonly account?: readonly string[];
  readonly group?: string;
  readonly actor?: string;
};

export const registerSign: Register = (program: Command, context) => {
  const command = program
    .command('sign')
    .summary('write a sealed month of the event log with a signature')
    .description(
      'Compares a sealed month of the event log with its seal, and writes it to standard output: ' +
        'a header, one line of JSON for each row, and an Ed25519 signature. safeband verify ' +
        '--file checks the file without a server, as openssl does (docs/data.md).',
    )
    .addArgument(new Argument('<month>', 'such as 2026-10').argParser(month))
    .requiredOption('--private-key <file>', 'the private key, in PEM')
    .option('--account <account>', 'only this account; repeatable', accounts)
    .option('--group <group>', 'only the accounts that are in this group now', group)
    .option('--actor <name>', 'who exports (default: cli:<user>)')
    .action((chosen: string, options: Options) => signed(context, chosen, options));
  withExamples(command, 'sign 2026-10 --private-key private.pem > 2026-10.jsonl');
};

async function signed(context: Context, chosen: string, options: Options): Promise<void> {
  const { io, world, now } = context;
  if (options.account && options.group !== undefined) {
    throw usage('--account and --group: name accounts or a group, not both');
  }
  const key = neededErasureKey(io.env);
  const ask = {
    month: chosen,
    accounts: options.account ? [...new Set(options.account)].toSorted() : null,
    group: options.group ?? null,
    by: actorOf(io, options.actor),
    at: now(),
    privateKey: await privateKeyIn(options.privateKey),
  };
  const done = await exportMonth(world.exactPool(), key, ask, io.stdout);
  if (done.result !== 'written') throw refusalOf(chosen, done);
  context.end(EXIT.ok);
}

function refusalOf(
  chosen: string,
  done: Exclude<SignedResult, { readonly result: 'written' }>,
): CliError {
  if (done.result === 'unknown') {
    const text = `there is no ${done.what}`;
    return new CliError(EXIT.unknown, 'AccountUnknown', text, 'safeband status');
  }
  if (done.result === 'broken') {
    const text = `${chosen}: rows or seals differ from what was sealed, so nothing is signed`;
    return new CliError(EXIT.refused, 'SealBroken', text, 'safeband verify');
  }
  const last = done.last === null ? 'no month has one' : `the last month with one is ${done.last}`;
  const text = `${chosen} has no seal, and ${last}: only a sealed month is signed`;
  return new CliError(EXIT.refused, 'NotSealed', text, 'safeband seal');
}
