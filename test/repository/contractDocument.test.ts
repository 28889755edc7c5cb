/** docs/contract.md against the code: each citation resolves, each rule is cited and tested. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ALERT_KINDS } from '../../src/domain/account/alertKinds.js';
import { FAILURE_KINDS } from '../../src/domain/commands/fail.js';
import { DENIAL_REASONS } from '../../src/domain/gate/gate.js';
import { TIERS } from '../../src/domain/primitives/tier.js';
import { messages } from '../../src/temporal/protocol.js';
import { FAILURE_TYPES } from '../../src/domain/account/refusals.js';
import { ACCOUNT_STATES } from '../../src/domain/gate/accountState.js';

const HOME = fileURLToPath(new URL('../..', import.meta.url));
const TEXT = /\.(ts|tsx|mjs|md|sql|yml)$/;

type File = { readonly name: string; readonly text: string };

const filesIn = (folder: string): readonly File[] =>
  readdirSync(path.join(HOME, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => TEXT.test(name))
    .map((name) => path.join(folder, name))
    .map((name) => ({ name, text: readFileSync(path.join(HOME, name), 'utf8') }));

const read = (name: string): File => ({ name, text: readFileSync(path.join(HOME, name), 'utf8') });

const source = [...filesIn('src'), ...filesIn('migrations')];
const tests = filesIn('test').filter(({ name }) => !name.endsWith('contractDocument.test.ts'));
const documents = [
  ...filesIn('docs'),
  ...['README.md', 'ARCHITECTURE.md', 'SECURITY.md', 'CONTRIBUTING.md'].map(read),
];
const contract = read('docs/contract.md').text;
const schema = read('migrations/schema.sql').text;
const glossary = read('docs/glossary.md').text;

/** The address that a heading has on a page, as GitHub and most viewers make it. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-');
const anchorsIn = (text: string): ReadonlySet<string> =>
  new Set([...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading)));

const RULES = [...contract.matchAll(/^### (R\d+) /gm)].map(([, rule = '']) => rule);
/** What stands under the heading that begins so. */
const sectionOf = (heading: string): string =>
  new RegExp(`^${heading}.*\\n([^]*?)(?=^##|(?![^]))`, 'm').exec(contract)?.[1] ?? '';
const filesNamedIn = (text: string): readonly string[] =>
  [...text.matchAll(FILE_NAMED)].map(([, name = '']) => name);
const FILE_NAMED = /`((?:src|test|bench|migrations)\/[\w./-]+\.\w+)`/g;
const citedIn = ({ text }: File): readonly string[] =>
  [...text.matchAll(/\bR(?:[1-9]|[1-3]\d)\b/g)].map(([rule]) => rule);

describe('docs/contract.md', () => {
  it('docs/contract.md defines R1 to R19 and later rules, each once, in their order', () => {
    const numbers = RULES.map((rule) => Number(rule.slice(1)));
    expect(numbers.slice(0, 19)).toEqual(Array.from({ length: 19 }, (_, index) => index + 1));
    expect([...new Set(numbers)].toSorted((a, b) => a - b)).toEqual(numbers);
  });

  it('docs/contract.md defines each rule that code, tests and documents cite', () => {
    const unknown = [...source, ...tests, ...documents].flatMap((file) =>
      citedIn(file)
        .filter((rule) => !RULES.includes(rule))
        .map((rule) => `${file.name}: ${rule}`),
    );
    expect(unknown).toEqual([]);
  });

  it.each(RULES)('docs/contract.md has %s cited in code and in a test', (rule) => {
    expect(source.some((file) => citedIn(file).includes(rule))).toBe(true);
    expect(tests.some((file) => citedIn(file).includes(rule))).toBe(true);
  });

  it.each(RULES)(
    'docs/contract.md shows an example, the reason, the code and the tests of %s',
    (rule) => {
      const section = sectionOf(`### ${rule} `);
      for (const part of ['Example: ', 'Reason: ', 'Code: ', 'Tests: ']) {
        expect(section.replaceAll(/\s+/g, ' ')).toContain(part);
      }
    },
  );

  it.each(RULES)(
    'docs/contract.md names files for %s that cite it: one of the code, one of the tests',
    (rule) => {
      const [code = '', cases = ''] =
        sectionOf(`### ${rule} `)
          .split(/^Code: /m)[1]
          ?.split('Tests:') ?? [];
      expect(filesNamedIn(code).some((name) => citedIn(read(name)).includes(rule))).toBe(true);
      expect(filesNamedIn(cases).some((name) => citedIn(read(name)).includes(rule))).toBe(true);
    },
  );

  it('docs/contract.md has the words that code has, each list whole', () => {
    const section = (heading: string): readonly string[] =>
      [...sectionOf(heading).matchAll(/`(\w+)`/g)].map(([, word = '']) => word);
    const reasons = /^- `reason` is the first[^]*?(?=^- )/m.exec(contract)?.[0] ?? '';
    const kinds = /^- `kind` of `sendFailed` is[^]*?(?=^- )/m.exec(contract)?.[0] ?? '';
    const states = /^`state` is the first of[^]*?holds/m.exec(contract)?.[0] ?? '';
    const wordsOf = (text: string): readonly string[] =>
      [...text.matchAll(/`(\w+)`/g)].map(([, word = '']) => word).slice(1);
    expect(section('### Alert kinds')).toEqual(ALERT_KINDS);
    expect(wordsOf(reasons)).toEqual(DENIAL_REASONS);
    expect(wordsOf(kinds).slice(1)).toEqual(FAILURE_KINDS);
    expect(wordsOf(states).toSorted()).toEqual(ACCOUNT_STATES.toSorted());
    expect(section('### Errors')).toEqual(expect.arrayContaining([...FAILURE_TYPES]));
    expect(section('### Messages')).toEqual(expect.arrayContaining(Object.keys(messages)));
    expect(section('### Workflows')).toEqual(expect.arrayContaining([...TIERS]));
  });

  it('docs/contract.md links each file that it names, so that a reader finds the code in one step', () => {
    const unlinked = contract.replaceAll(/\[`[^`]+`\]\([^)]+\)/g, '');
    expect(filesNamedIn(contract).length).toBeGreaterThan(60);
    expect(filesNamedIn(unlinked)).toEqual([]);
  });

  it('docs/contract.md names tables and columns that the schema has', () => {
    const rows = [
      ...sectionOf('## 4. Postgres').matchAll(/^\| `(\w+)`( \(view\))?.* \| (.*) \|$/gm),
    ];
    const statements = schema.split('\n\n');
    expect(rows.length).toBeGreaterThan(10);
    for (const [, table = '', view, columns = ''] of rows) {
      const made = statements.find((text) =>
        text.startsWith(`create ${view ? 'view' : 'table'} safeband.${table} `),
      );
      const have = new Set(made?.match(/\w+/g));
      const named = [
        ...columns.replaceAll(/\([^)]*\)|unique by.*|`accounts`/g, '').matchAll(/`(\w+)`/g),
      ];
      const missing = named.map(([, column = '']) => column).filter((column) => !have.has(column));
      expect([table, ...missing]).toEqual([table]);
      expect(named.length).toBeGreaterThan(2);
    }
  });

  it('docs/contract.md has the sections that code cites', () => {
    const cited = [...source, ...tests].flatMap(({ text }) =>
      [...text.matchAll(/\(docs\/contract\.md, (\d)/g)].map(([, section = '']) => section),
    );
    expect(cited.length).toBeGreaterThan(10);
    for (const section of cited) expect(contract).toMatch(new RegExp(`^## ${section}\\. `, 'm'));
  });

  it('docs/contract.md is cited by its address, and by a link in documents', () => {
    const inCode = [...source, ...tests].filter(({ text }) => /\(contract[,)]/.test(text));
    const inDocuments = documents.filter(({ text }) =>
      /\((?:docs\/)?contract(?:\.md)?, /.test(text),
    );
    expect([...inCode, ...inDocuments].map(({ name }) => name)).toEqual([]);
  });
});

describe('docs/glossary.md', () => {
  const table = glossary.slice(0, glossary.indexOf('\n## '));
  const terms = [...table.matchAll(/^\| ([^|]+?) +\|/gm)].map(([, term = '']) => term).slice(1);
  terms.splice(0, 1); // the line below the heading

  it('docs/glossary.md defines each term once, in the order of the alphabet', () => {
    expect(terms.length).toBeGreaterThan(40);
    expect(terms).toEqual([...new Set(terms)].toSorted((a, b) => a.localeCompare(b, 'en')));
  });
});

describe('the documents', () => {
  it.each(documents.map((file) => [file.name, file.text]))(
    '%s links and names only files and headings that exist',
    (name, text) => {
      const wrong: string[] = [];
      for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^[a-z]+:/.test(target)) continue;
        const [file = '', anchor] = target.split('#');
        const at = file === '' ? name : path.join(path.dirname(name), file);
        if (!existsSync(path.join(HOME, at))) wrong.push(target);
        else if (anchor && !anchorsIn(read(at).text).has(anchor)) wrong.push(target);
      }
      for (const file of filesNamedIn(text)) {
        if (!existsSync(path.join(HOME, file))) wrong.push(file);
      }
      expect(wrong).toEqual([]);
    },
  );
});
