/** What the command line prints without any server: help, errors, completion. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, inject, it } from 'vitest';
import type { Command } from 'commander';
import { keepAddresses } from '../../../dev/addresses.js';
import { createProgram } from '../../../src/cli/program.js';
import { NEEDS } from '../../../src/cli/source/needs.js';
import { safeband, wordsOf } from '../../support/cli.js';
import { withAddresses } from '../../../src/cli/runningStack.js';

const programOf = (): Command =>
  createProgram({
    isJson: false,
    version: '0',
    now: () => 0,
    answer: () => undefined,
    end: () => undefined,
    io: {
      stdout: () => undefined,
      stderr: () => undefined,
      env: {},
      isTerminal: false,
      signal: AbortSignal.abort(),
      launch: async () => 0,
    },
    world: {
      pool: () => expect.fail(),
      exactPool: () => expect.fail(),
      hasDatabase: () => false,
      temporal: () => expect.fail(),
      client: () => expect.fail(),
      source: () => expect.fail(),
      close: async () => undefined,
    },
  });
const program = programOf();

/** Every command with its path, without the groups. */
type Leaf = readonly [string, Command];
function leavesOf(command: Command, above: readonly string[] = []): readonly Leaf[] {
  const shown = command.commands.filter((one) => !one.name().startsWith('__'));
  return shown.flatMap((one): readonly Leaf[] => {
    const at = [...above, one.name()];
    return one.commands.length > 0 ? leavesOf(one, at) : [[at.join(' '), one]];
  });
}
const leaves = leavesOf(program);
const usageOf = (at: string, command: Command): string =>
  [
    'safeband',
    at,
    ...command.registeredArguments.map((one) => {
      const name = one.name();
      return one.required ? `<${name}>` : `[${name}]`;
    }),
  ].join(' ');

describe('a name that begins with - or _', () => {
  const named = leavesOf(programOf()).filter(([, { registeredArguments }]) =>
    registeredArguments.some((one) => ['account', 'reservation'].includes(one.name())),
  );
  it.each(named)(
    'a name that begins with - or _ is accepted by %s after --',
    async (at, command) => {
      for (const one of command.options) {
        if (one.mandatory) command.setOptionValue(one.attributeName(), 'given');
      }
      const taken: unknown[] = [];
      command.action((...values: unknown[]) => {
        taken.push(...values.slice(0, command.registeredArguments.length));
      });
      const names = command.registeredArguments.map((one) => {
        if (one.name() === 'account') return '-_id';
        return one.name() === 'reservation' ? '--json' : '1';
      });
      let top: Command = command;
      while (top.parent) top = top.parent;
      await top.parseAsync([...at.split(' '), '--', ...names], { from: 'user' });
      expect(taken.map(String)).toEqual(names);
    },
  );
});

describe('the help', () => {
  it.each(leaves)('the help of %s describes it, with examples that it accepts', async (at) => {
    const { code, out } = await safeband([...at.split(' '), '--help']);
    expect(code).toBe(0);
    expect(out).toContain(`Usage: safeband ${at}`);
    expect(out).toContain(`  $ safeband ${at}`);
    expect(out).toContain('--json');
    expect(out.split('\n').filter((line) => line.length > 100)).toEqual([]);
    const examples = [...out.matchAll(/^ {2}\$ (.*)$/gm)].map(([, line = '']) => line);
    const taken: string[] = [];
    for (const line of examples) {
      const top = programOf();
      for (const [name, command] of leavesOf(top)) command.action(() => void taken.push(name));
      await top.parseAsync(wordsOf(line).slice(1), { from: 'user' });
    }
    expect(taken).toEqual(examples.map(() => at));
  });

  it('the help is printed if no command is given, and the version with --version', async () => {
    const { code, out } = await safeband([]);
    expect([code, out.includes('status [account]'), out.includes('\u001B')]).toEqual([
      0,
      true,
      false,
    ]);
    expect(await safeband(['--version'])).toMatchObject({ code: 0, out: '0.2.0' });
  });

  it('the help lists the same commands as docs/cli.md', async () => {
    const docs = await readFile('docs/cli.md', 'utf8');
    const table = /## Commands\n\n([\s\S]*?)\n\n/.exec(docs)?.[1] ?? '';
    const rows = table
      .split('\n')
      .slice(2)
      .map((row) => row.split('|').map((cell) => cell.trim()));
    expect(rows.map(([, name, what]) => `${name} ${what}`)).toEqual(
      leaves.map(([at, command]) => `\`${usageOf(at, command)}\` ${command.summary()}`),
    );
  });
});

it('each command declares whether an API key is enough for it', () => {
  const declared = Object.keys(NEEDS).filter((name) => !name.startsWith('_'));
  expect(declared.toSorted()).toEqual(leaves.map(([name]) => name).toSorted());
});

describe('a wrong command line', () => {
  it.each([
    [['stauts'], 2, "unknown command 'stauts' (Did you mean status?)", 'safeband --help'],
    [['status', '--stat', 'held'], 2, '(Did you mean --state?)', 'safeband status --help'],
    [
      ['slots', 'anna', '--count', '0'],
      2,
      'Use a whole number from 1 to 200.',
      'safeband slots --help',
    ],
    [['status', 'an/na'], 2, 'An account id has 1 to 128', 'safeband status --help'],
    [['connect', 'anna'], 2, "required option '--tier <tier>'", 'safeband connect --help'],
    [
      ['connect', 'anna', '--tier', 'gold'],
      2,
      'Allowed choices are free',
      'safeband connect --help',
    ],
    [
      ['connect', 'a', '--tier', 'free', '--window', 'fri-mon 9-17'],
      ...([2, 'mon-fri 09:00-17:30', 'safeband connect --help'] as const),
    ],
    [['connect', 'a', '--tier', 'free', '--ramp', '5-9'], 2, 'gentle', 'safeband connect --help'],
    [['why', 'anna', 'ben'], 2, 'too many arguments', 'safeband why --help'],
    [['keys'], 2, 'needs one of: make, list, revoke', 'safeband keys --help'],
    [['status'], 2, 'DATABASE_URL is not set', 'safeband dev'],
  ] as const)('%j ends with %i: %s', async (argv, code, sentence, next) => {
    const ended = await safeband(argv);
    expect(ended.err).toContain(sentence);
    expect(ended).toMatchObject({ code, out: '', err: expect.stringContaining(`next: ${next}`) });
    const { err } = await safeband([...argv, '--json']);
    expect(JSON.parse(err)).toMatchObject({ error: { code: 'InvalidInput', next } });
  });

  it('a wrong command line ends with 3 if the server does not answer, and prints no password', async () => {
    const env = { DATABASE_URL: 'postgres://u:pass-word@127.0.0.1:1/d' };
    const { code, err } = await safeband(['drift'], { env });
    expect([code, err]).toEqual([3, expect.stringContaining('Postgres (DATABASE_URL) cannot be')]);
    expect(err).toContain('next: safeband doctor');
    expect(err).not.toContain('pass-word');
    const wrong = { DATABASE_URL: 'mysql://u:pass-word@h/d' };
    const ended = await safeband(['drift'], { env: wrong });
    expect(ended).toMatchObject({ code: 2, err: expect.stringContaining('is not a Postgres') });
    expect(ended.err).not.toContain('pass-word');
  });

  it('a wrong command line ends with the exit code of the program that it starts', async () => {
    const started: unknown[] = [];
    const launch = async (...one: unknown[]): Promise<number> => started.push(one) + 6;
    const codes = [];
    for (const argv of [['dev'], ['demo', '--exit'], ['worker'], ['server'], ['migrate']]) {
      codes.push((await safeband(argv, { launch })).code);
    }
    expect(codes).toEqual([7, 8, 9, 10, 11]);
    expect(started).toEqual([
      ['dev/main', ['--no-demo']],
      ['dev/main', ['--exit']],
      ['worker', []],
      ['server', []],
      ['migrate', []],
    ]);
  });
});

describe('completion', () => {
  it('bash completes commands, options and the words of a group', async () => {
    const { out } = await safeband(['completion', 'bash']);
    const complete = async (...words: readonly string[]): Promise<string> => {
      const typed = words.map((word) => `"${word}"`).join(' ');
      const script = `${out}\nsafeband() { echo acme-anna; }
        COMP_WORDS=(safeband ${typed}); COMP_CWORD=${words.length}; _safeband; echo "\${COMPREPLY[@]}"`;
      return (await promisify(execFile)('bash', ['-c', script])).stdout.trim();
    };
    expect(await complete('st')).toBe('status');
    expect(await complete('status', '--st')).toBe('--state');
    expect(await complete('status', 'ac')).toBe('acme-anna');
    expect(await complete('keys', 'm')).toBe('make');
    expect(await complete('keys', 'make', '--ro')).toBe('--role');
  });

  it.each(['zsh', 'fish'])('completion of %s has every command', async (shell) => {
    const { code, out } = await safeband(['completion', shell]);
    expect(code).toBe(0);
    for (const [at] of leaves) expect(out).toContain(at.split(' ').at(-1));
  });
});

describe('the process', () => {
  it('the process prints answers on standard output, and errors on stderr with the exit code', async () => {
    const node = (...argv: readonly string[]): Promise<unknown> =>
      promisify(execFile)(process.execPath, [
        path.join(inject('compiledDir'), 'cli/main.js'),
        ...argv,
      ]);
    const [version, wrong] = await Promise.all([
      node('--version'),
      node('stauts').catch((error: unknown) => error),
    ]);
    expect(version).toMatchObject({ stdout: '0.2.0\n', stderr: '' });
    expect(wrong).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('status?'),
    });
    expect(await readFile('bin/safeband.mjs', 'utf8')).toContain("'../dist/cli/main.js'");
  });

  it('the process finds the running development stack if no address is set', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'safeband-stack-'));
    const file = path.join(folder, 'stack.json');
    const places = { temporalAddress: '127.0.0.1:7', databaseUrl: 'postgres://a:b@127.0.0.1/c' };
    const nothing = async (): Promise<void> => undefined;
    const servers = { uiUrl: '', temporalCli: '', postgres: undefined };
    const stack = { ...servers, loseTemporal: nothing, stop: nothing };
    await keepAddresses({ ...stack, ...places }, file);
    const found = { TEMPORAL_ADDRESS: places.temporalAddress, DATABASE_URL: places.databaseUrl };
    expect(withAddresses({ HOME: '/x' }, file)).toEqual({ HOME: '/x', ...found });
    expect(withAddresses({ TEMPORAL_NAMESPACE: 'prod' }, file)).not.toHaveProperty('DATABASE_URL');
    expect((await stat(file)).mode % 0o1000).toBe(0o600);
    await writeFile(file, JSON.stringify({ pid: 0, ...places }));
    expect(withAddresses({}, file)).toEqual({});
    await rm(folder, { recursive: true });
  });
});
