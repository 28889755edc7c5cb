/**
 * `safeband keys`: makes API keys (each shown once), lists them without their secret, revokes them.
 */
import { Argument, Option, type Command } from 'commander';
import { commandLine } from '../../../domain/primitives/commandLine.js';
import { isoInstant, isoOrNull } from '../../../domain/primitives/time.js';
import {
  hasKeys,
  listKeys,
  makeKey,
  nameFlaw,
  revokeKey,
  ROLES,
  scopeText,
  type KeyRow,
  type Role,
} from '../../../postgres/access/keys.js';
import { scopesOfGroup } from '../../../postgres/groups/members.js';
import { actorOf, withExamples, type Context, type Register } from '../../command.js';
import { CliError, EXIT, usage } from '../../errors.js';
import { accountList, groupList, groupScopeOption, whole } from '../../options.js';
import { when } from '../../text.js';

export const registerKeys: Register = (program, context) => {
  const keys = program
    .command('keys')
    .summary('make, list and revoke API keys, and list log-ins')
    .helpCommand(false);
  registerMake(keys, context);
  registerList(keys, context);
  registerRevoke(keys, context);
  registerLog(keys, context);
};

type MakeOptions = {
  readonly role: Role;
  readonly accounts?: readonly string[] | null;
  readonly groups?: readonly string[] | null;
};

function registerMake(keys: Command, context: Context): void {
  const command = keys
    .command('make')
    .summary('make a key; this command shows it once')
    .addArgument(
      new Argument(
        '<name>',
        'name of the owner: recorded as the actor of each change made with this key',
      ),
    )
    .addOption(
      new Option(
        '--role <role>',
        'rights: a pipeline may send, a reader may read, an operator may do both and change accounts',
      )
        .choices([...ROLES])
        .makeOptionMandatory(),
    )
    .option('--accounts <list>', 'only these accounts, such as acme-anna,acme-ben', accountList)
    .option('--groups <list>', 'the accounts of these groups, such as acme,eu-sales', groupList)
    .action(async (name: string, options: MakeOptions) => {
      const { role, accounts = null, groups = null } = options;
      const flaw = nameFlaw(name);
      if (flaw !== undefined) throw usage(flaw);
      const made = await makeKey(
        context.world.pool(),
        { name, role, accounts, groups },
        actorOf(context.io, undefined),
      );
      if (!made) {
        const text = `the name ${name} is in use by another key: revoke that key, or use another name`;
        throw new CliError(EXIT.refused, 'NameTaken', text, commandLine('keys revoke', [name]));
      }
      context.answer({
        json: { keyId: made.keyId, name, role, accounts, groups, key: made.key },
        text: ({ colors }) =>
          [
            made.key,
            '',
            colors.yellow('Store the key now: it is not shown again.'),
            `Send it as ${colors.bold('Authorization: Bearer <key>')}. Its id is ${made.keyId}.`,
          ].join('\n'),
      });
    });
  withExamples(
    command,
    'keys make outreach --role pipeline',
    'keys make acme-viewer --role reader --accounts acme-anna,acme-ben',
    'keys make acme --role operator --groups acme',
  );
}

function registerList(keys: Command, context: Context): void {
  const command = keys
    .command('list')
    .summary('all keys, including revoked ones, without their secrets')
    .addOption(groupScopeOption('keys'))
    .action(async ({ group = null }: { readonly group?: string | null }) => {
      const pool = context.world.pool();
      const found = (await listKeys(pool)).filter(await scopesOfGroup(pool, group));
      const now = context.now();
      context.answer({
        json: { keys: found.map(keyJson) },
        text: ({ table, colors }) => {
          const make = colors.bold('safeband keys make <name> --role operator');
          if (found.length === 0) {
            return group === null ? `no keys yet\nnext: ${make}` : 'no key names these accounts';
          }
          const rows = found.map((key) => [
            key.keyId,
            key.name,
            key.role,
            scopeText(key),
            when(key.createdAt, now),
            when(key.lastUsedAt, now),
            key.revokedAt === null ? '' : colors.dim(`revoked ${when(key.revokedAt, now)}`),
          ]);
          return table(rows, ['key', 'name', 'role', 'accounts', 'made', 'last used', '']);
        },
      });
    });
  withExamples(command, 'keys list', 'keys list --group eu-sales');
}

const keyJson = (key: KeyRow) => ({
  keyId: key.keyId,
  name: key.name,
  role: key.role,
  accounts: key.accounts,
  groups: key.groups,
  createdAt: isoInstant(key.createdAt),
  lastUsedAt: isoOrNull(key.lastUsedAt),
  revokedAt: isoOrNull(key.revokedAt),
});

function registerRevoke(keys: Command, context: Context): void {
  const command = keys
    .command('revoke')
    .summary('revoke a key and end its log-ins')
    .addArgument(new Argument('<key>', 'its id or its name'))
    .action(async (idOrName: string) => {
      const pool = context.world.pool();
      const revoked = await revokeKey(pool, idOrName, actorOf(context.io, undefined));
      if (!revoked) {
        const text = `no active key has the id or name ${idOrName}`;
        throw new CliError(EXIT.unknown, 'KeyUnknown', text, 'safeband keys list');
      }
      // The key is revoked, also if this cannot be read.
      const isLast = !(await hasKeys(pool).catch(() => true));
      context.answer({
        json: keyJson(revoked),
        text: ({ colors }) =>
          [
            `key ${revoked.name} (${revoked.keyId}) is revoked; servers refuse it within seconds`,
            ...(isLast
              ? [
                  'No key is left, so no client can use the API:',
                  `next: ${colors.bold('safeband keys make <name> --role operator')}`,
                ]
              : []),
          ].join('\n'),
      });
    });
  withExamples(command, 'keys revoke outreach');
}

const LOG_LIMIT = 50;
type LogOptions = {
  readonly limit: number;
  readonly before?: number | null;
  readonly group?: string | null;
};

function registerLog(keys: Command, context: Context): void {
  const command = keys
    .command('log')
    .summary('log-ins, and changes of keys and webhooks, newest first')
    .option('--limit <n>', 'how many changes, newest first', whole(1, 1_000), LOG_LIMIT)
    .option(
      '--before <change>',
      'only changes before this change id',
      whole(1, Number.MAX_SAFE_INTEGER),
    )
    .addOption(groupScopeOption('changes'))
    .action(async ({ limit, before = null, group = null }: LogOptions) => {
      const asked = { before, limit, group };
      const { changes, next } = await context.world.source().accessChanges(asked);
      context.answer({
        json: { changes, next },
        text: ({ table, colors }) => {
          if (changes.length === 0) {
            return group === null
              ? 'no log-in and no change yet'
              : 'no change names these accounts';
          }
          const rows = changes.map(({ changeId, at, kind, actor, target }) => [
            changeId,
            at.slice(0, 19).replace('T', ' '),
            kind.replace('_', ' '),
            actor,
            target,
          ]);
          const only = group === null ? '' : ` --group ${group}`;
          const more = colors.bold(`safeband keys log${only} --before ${next}`);
          return (
            table(rows, ['>change', 'at (UTC)', 'what', 'by', 'key or webhook']) +
            (next === null ? '' : `\n\nmore: ${more}`)
          );
        },
      });
    });
  withExamples(command, 'keys log', 'keys log --limit 200 --json');
}
