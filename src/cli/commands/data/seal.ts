/** `safeband seal` and `safeband verify`: seals of closed months, and their signed files (R29). */
import type { Command } from 'commander';
import { ALTERED_WORDS } from '../../../domain/reconcile/fleetAudit.js';
import { neededErasureKey } from '../../../postgres/data/erasureKey.js';
import { sealMonths } from '../../../postgres/data/seal.js';
import { SealDeleted } from '../../../postgres/data/sealRows.js';
import { verifySeals, type Verified } from '../../../postgres/data/verifySeals.js';
import {
  checkSigned,
  SignedFileError,
  type CheckedFile,
  type LineFlaw,
} from '../../../platform/signedFile.js';
import { actorOf, withExamples, type Context, type Register } from '../../command.js';
import { CliError, EXIT, usage } from '../../errors.js';
import { withProgress, type Style } from '../../output.js';
import { thousands } from '../../text.js';
import { linesIn, publicKeyIn } from './signingKeys.js';

type Options = { readonly actor?: string; readonly withLate?: boolean };

export const registerSeal: Register = (program: Command, context) => {
  const { io, isJson, world, now } = context;
  const seal = program
    .command('seal')
    .summary('seal the closed months of the event log')
    .description(
      'Seals each month of the event log that ended at least 10 days ago and has no seal. A seal ' +
        'has a hash of all rows of the month, and of the seal before it.',
    )
    .option('--with-late', 'also seal rows that were added to a sealed month after its seal')
    .option('--actor <name>', 'who seals (default: cli:<user>)')
    .action(async ({ actor, withLate = false }: Options) => {
      const key = neededErasureKey(io.env);
      const by = actorOf(io, actor);
      const { sealed, late } = await withProgress(io, isJson, 'sealing', () =>
        sealMonths(world.exactPool(), key, { at: now(), by, withLate }).catch(refuseDeleted),
      );
      if (late > 0) {
        throw new CliError(
          EXIT.refused,
          'LateRows',
          `${late} rows were added to sealed months: check them; --with-late seals them, too`,
          'safeband verify',
        );
      }
      context.answer({
        json: { sealed },
        text: ({ table }) =>
          sealed.length === 0
            ? 'no closed month is without a seal'
            : table(
                sealed.map(({ month, rows, hash }) => [month, thousands(rows), hash]),
                ['month', '>rows', 'hash'],
              ),
      });
    });
  withExamples(seal, 'seal');
  const verify = program
    .command('verify')
    .summary('compare sealed months with the event log; exit code 1 if a row differs')
    .description(
      'Finds each row of a sealed month that was edited, removed or added, and each seal that was ' +
        'changed or deleted. Keep the last hash in another place: it proves the whole chain. ' +
        'With --file, finds each changed line of a file of safeband sign; this needs no server.',
    )
    .option('--file <file>', 'a file of safeband sign')
    .option('--public-key <file>', 'with --file: the public key, in PEM')
    .action(async (options: FileOptions) => {
      if (options.file !== undefined || options.publicKey !== undefined) {
        return verifiedFile(context, options);
      }
      const key = neededErasureKey(io.env);
      const found = await withProgress(io, isJson, 'comparing', () =>
        verifySeals(world.exactPool(), key),
      );
      context.answer({
        json: found,
        exitCode: found.flaws.length > 0 ? EXIT.found : EXIT.ok,
        text: (style) => textOf(found, style),
      });
    });
  withExamples(
    verify,
    'verify',
    'verify --json',
    'verify --file 2026-10.jsonl --public-key public.pem',
  );
};

/** Names the command that shows which seals are missing. */
function refuseDeleted(error: unknown): never {
  if (!(error instanceof SealDeleted)) throw error;
  const text = `${error.message} (docs/runbook.md, log_altered)`;
  throw new CliError(EXIT.refused, 'SealBroken', text, 'safeband verify');
}

type FileOptions = { readonly file?: string; readonly publicKey?: string };

async function verifiedFile(context: Context, options: FileOptions): Promise<void> {
  const { file, publicKey } = options;
  if (file === undefined || publicKey === undefined) {
    throw usage('--file and --public-key: give both, or none of them', 'safeband verify --help');
  }
  const key = await publicKeyIn(publicKey);
  const found = await checkSigned(linesIn(file), key).catch((error: unknown) => {
    if (!(error instanceof SignedFileError)) throw error;
    throw new CliError(EXIT.found, error.type, `${file}: ${error.message}`);
  });
  context.answer({
    json: found,
    exitCode: found.flaws.length > 0 ? EXIT.found : EXIT.ok,
    text: (style) => fileText(found, style),
  });
}

const LINE_WORDS: Readonly<Record<LineFlaw['flaw'], string>> = {
  edited: 'row was edited',
  missing: 'row is missing',
  added: 'row was added',
  content: 'rows were changed, and their hashes with them',
};

function fileText({ header, flaws, isCut }: CheckedFile, style: Style): string {
  const whose =
    header.group === null
      ? (header.accounts?.join(', ') ?? 'all accounts')
      : `group ${header.group}`;
  const what = [
    `${thousands(header.rows)} rows of ${header.month} (${whose})`,
    `seal: ${header.seal}`,
    `signed by: ${header.publicKey}`,
  ];
  if (flaws.length === 0) return [`${what[0]}: no difference`, ...what.slice(1)].join('\n');
  const table = style.table(
    flaws.map(({ flaw, line }) => [LINE_WORDS[flaw], line === null ? '-' : thousands(line)]),
    ['found', '>row'],
  );
  return [table, '', ...(isCut ? ['more differences are not shown'] : []), ...what].join('\n');
}

function textOf({ months, rows, head, flaws, isCut }: Verified, style: Style): string {
  if (months === 0 && flaws.length === 0) return 'no month is sealed yet\nnext: safeband seal';
  const all = `${thousands(rows)} rows of ${thousands(months)} sealed months`;
  const last = `last hash: ${head}`;
  if (flaws.length === 0) return `${all}: no difference\n${last}`;
  const table = style.table(
    flaws.map((one) => [ALTERED_WORDS[one.flaw], one.accountId, one.day, one.eventId]),
    ['found', 'account', 'day', '>event'],
  );
  return [table, '', ...(isCut ? ['more differences are not shown'] : []), all, last].join('\n');
}
