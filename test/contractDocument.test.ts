/** docs/contract.md against the code: each citation resolves, each rule is cited and tested. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const HOME = fileURLToPath(new URL('..', import.meta.url));
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
const citedIn = ({ text }: File): readonly string[] =>
  [...text.matchAll(/\bR(?:[1-9]|[12]\d)\b/g)].map(([rule]) => rule);

describe('docs/contract.md', () => {
  it('defines R1 to its last rule, each once', () => {
    expect(RULES).toEqual(RULES.map((_, index) => `R${index + 1}`));
    expect(RULES.length).toBeGreaterThanOrEqual(18);
  });

  it('defines each rule that code, tests and documents cite', () => {
    const unknown = [...source, ...tests, ...documents].flatMap((file) =>
      citedIn(file)
        .filter((rule) => !RULES.includes(rule))
        .map((rule) => `${file.name}: ${rule}`),
    );
    expect(unknown).toEqual([]);
  });

  it.each(RULES)('has %s cited in code and in a test', (rule) => {
    expect(source.some((file) => citedIn(file).includes(rule))).toBe(true);
    expect(tests.some((file) => citedIn(file).includes(rule))).toBe(true);
  });

  it.each(RULES)('shows an example, the reason, the code and the tests of %s', (rule) => {
    const [, section = ''] =
      new RegExp(`^### ${rule} .*\\n([^]*?)(?=^##)`, 'm').exec(contract) ?? [];
    for (const part of ['Example: ', 'Reason: ', 'Code: ', 'Tests: ']) {
      expect(section.replaceAll(/\s+/g, ' ')).toContain(part);
    }
  });

  it('has the sections that code cites', () => {
    const cited = [...source, ...tests].flatMap(({ text }) =>
      [...text.matchAll(/\(docs\/contract\.md, (\d)/g)].map(([, section = '']) => section),
    );
    expect(cited.length).toBeGreaterThan(10);
    for (const section of cited) expect(contract).toMatch(new RegExp(`^## ${section}\\. `, 'm'));
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
      for (const [, file = ''] of text.matchAll(
        /`((?:src|test|bench|migrations)\/[\w./-]+\.\w+)`/g,
      )) {
        if (!existsSync(path.join(HOME, file))) wrong.push(file);
      }
      expect(wrong).toEqual([]);
    },
  );
});
