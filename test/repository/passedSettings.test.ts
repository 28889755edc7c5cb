/**
 * Every setting is documented, and reaches the part that reads it: a setting that stays behind in a
 * file `.env` has no effect, and the operator does not notice.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { KEPT, KEPT_OTHERWISE, PRUNED } from '../../src/domain/records/retention.js';

const read = (file: string): string => readFileSync(file, 'utf8');
const SETTING =
  /\b(?:SAFEBAND_[A-Z_]+|DATABASE(?:_DIRECT)?_URL|LOG_LEVEL|TEMPORAL_[A-Z_]+[A-Z])\b/g;
const named = (text: string): readonly string[] => text.match(SETTING) ?? [];
const sorted = (names: Iterable<string>): readonly string[] => [...new Set(names)].toSorted();

/** The rows of a table: its cells, without the header. */
const rowsOf = (text: string): readonly (readonly string[])[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.split(' | ').map((cell) => cell.replaceAll(/^\| | \|$/g, '').trim()))
    .filter(([first = '']) => !/^[-:]+$|^setting|^secret|^table/.test(first));
const sectionOf = (file: string, heading: string): string =>
  read(file).split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';

const ROWS = rowsOf(sectionOf('docs/operations.md', 'Settings')).map(([setting = '', by = '']) => ({
  names: named(setting),
  by: by.split(', '),
}));
const PARTS = ['migrate', 'worker', 'server'] as const;
type Part = (typeof PARTS)[number];
/** People run the command line in the container of the server. */
const readersIn = (part: Part): readonly string[] =>
  part === 'server' ? ['all', 'server', 'command line'] : ['all', part];
const documentedOf = (part: Part): readonly string[] =>
  sorted(
    ROWS.flatMap(({ names, by }) => (by.some((one) => readersIn(part).includes(one)) ? names : [])),
  );

const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.ts'),
);

it('operations.md documents exactly the settings of the code', () => {
  const isOurs = (name: string): boolean => name.startsWith('SAFEBAND_');
  const known = sources
    .filter((name) => !name.startsWith('cli/'))
    .flatMap((name) => named(read(`src/${name}`)));
  const documented = ROWS.flatMap(({ names }) => names);
  expect(sorted(known.filter(isOurs))).toEqual(sorted(documented.filter(isOurs)));
  expect(ROWS.every(({ names, by }) => names.length > 0 || by[0] === 'other programs')).toBe(true);
  const readers = new Set(ROWS.flatMap(({ by }) => by));
  expect([...readers].toSorted()).toEqual([
    '`npm start`',
    'all',
    'command line',
    'migrate',
    'other programs',
    'server',
    'tests',
    'worker',
  ]);
});

it('data.md and R28 name the tables that SAFEBAND_PRUNE_ONLY_EXPORTED protects, and the others', () => {
  const inCode = (text = ''): readonly string[] =>
    [...text.matchAll(/`([a-z_]+)`/g)].map(([, name]) => name ?? '');
  const rows = rowsOf(sectionOf('docs/data.md', 'Retention'));
  const groups = Object.values(KEPT).map(({ setting }) => setting);
  const protectedRows = rows.filter(([first]) => groups.includes(first?.replaceAll('`', '') ?? ''));
  const tables = sorted(Object.keys(PRUNED));
  const listed = sorted(protectedRows.flatMap((row) => inCode(row.at(-1))));
  expect(listed).toEqual(sorted([...tables, 'alert_actions']));
  const deletedOtherwise = Object.entries(KEPT_OTHERWISE).filter(([, kept]) =>
    /\d|they end/.test(kept),
  );
  const others = rows
    .filter((row) => !protectedRows.includes(row))
    .flatMap(([first]) => inCode(first));
  expect(sorted(others)).toEqual(sorted(deletedOtherwise.map(([table]) => table)));
  const [, rule = ''] = read('docs/contract.md').split('`SAFEBAND_PRUNE_ONLY_EXPORTED=yes`');
  const [protects = ''] = rule.split('Other tables');
  expect(sorted(inCode(protects))).toEqual(sorted([...tables, 'alert_actions']));
});

describe('compose.yml', () => {
  const { services }: { services: { [name: string]: { environment: object } } } = parse(
    read('compose.yml'),
    { merge: true },
  );

  it.each(PARTS)('compose.yml passes to %s each setting that it reads, and no other', (part) => {
    const passed = Object.keys(services[part]?.environment ?? {});
    expect(sorted(passed)).toEqual(documentedOf(part));
    expect(passed.length).toBeGreaterThan(10);
  });
});

describe('the manifests of Kubernetes', () => {
  type Source = { configMapRef?: { name: string }; secretRef?: { name: string } };
  type Container = { env?: { name: string }[]; envFrom: Source[] };
  const containerOf = (part: Part): Container => {
    const text = read(`ops/kubernetes/base/${part}.yaml`);
    const pod = text.split(/^---$/m).find((document) => document.includes('containers:'));
    return parse(pod ?? '').spec.template.spec.containers[0];
  };
  /** The keys of each secret, as kubernetes.md lists them. */
  const secrets = new Map(
    rowsOf(sectionOf('docs/kubernetes.md', 'Settings and secrets')).map(
      ([secret = '', keys = '']) => [secret.replaceAll('`', ''), named(keys)] as const,
    ),
  );
  const secretKeys = new Set([...secrets.values()].flat());

  it.each(PARTS)('the manifests give %s each secret that it reads, and the ConfigMap', (part) => {
    const { env = [], envFrom } = containerOf(part);
    expect(envFrom.map(({ configMapRef }) => configMapRef?.name)).toContain('safeband-settings');
    const mounted = envFrom.flatMap(({ secretRef }) => secretRef?.name ?? []);
    const given = mounted.flatMap((name) => secrets.get(name) ?? [`no ${name} in kubernetes.md`]);
    const wanted = documentedOf(part).filter((name) => secretKeys.has(name));
    expect(sorted(given)).toEqual(wanted);
    expect(documentedOf(part)).toEqual(expect.arrayContaining(env.map(({ name }) => name)));
  });

  it('kubernetes.md keeps each key and each login in a secret', () => {
    const confidential = ROWS.flatMap(({ names }) => names).filter((name) =>
      /_KEYS?$|_SECRET$|_KEY_DATA$|DATABASE\w*_URL$/.test(name),
    );
    expect(confidential.length).toBeGreaterThan(7);
    expect(confidential.filter((name) => !secretKeys.has(name))).toEqual([]);
  });

  it('the manifests name only documented settings', () => {
    const documented = new Set(ROWS.flatMap(({ names }) => names));
    const manifests = readdirSync('ops/kubernetes', { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.yaml'))
      .flatMap((name) => named(read(`ops/kubernetes/${name}`)));
    expect(manifests.length).toBeGreaterThan(10);
    expect(manifests.filter((name) => !documented.has(name))).toEqual([]);
  });
});
