/** The list of mutants that people read is the list that the tests try. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DATABASE_MUTANTS } from '../mutants/databaseMutants.js';
import { DOMAIN_MUTANTS } from '../mutants/domainMutants.js';
import { MODEL_MUTANTS } from '../mutants/modelMutants.js';
import type { Mutant } from '../mutants/mutant.js';
import { WORKFLOW_MUTANTS } from '../mutants/workflowMutants.js';

const DOCUMENT = readFileSync(new URL('../../docs/mutants.md', import.meta.url), 'utf8');
const LISTS: readonly (readonly [heading: string, mutants: readonly Mutant[]])[] = [
  ['Messages and midnights', MODEL_MUTANTS],
  ['Reconciles, saves and starts', DOMAIN_MUTANTS],
  ['SQL, migrations and activities', DATABASE_MUTANTS],
  ['Workflows', WORKFLOW_MUTANTS],
];

/** The cells of the table below that heading. */
function tableBelow(heading: string): readonly (readonly string[])[] {
  const section = DOCUMENT.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
  const lines = section.split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}

describe('docs/mutants.md', () => {
  it.each(LISTS)(
    'docs/mutants.md lists, under "%s", each mutant and the check that detects it',
    (heading, mutants) => {
      expect(tableBelow(heading)).toEqual(mutants.map(({ rule, what, by }) => [rule, what, by]));
    },
  );

  it('docs/mutants.md states how many there are', () => {
    const count = LISTS.reduce((sum, [, mutants]) => sum + mutants.length, 0);
    expect(DOCUMENT).toContain(`${count} ways`);
  });
});

describe('each mutant', () => {
  const all = LISTS.flatMap(([, mutants]) => mutants);

  it('each mutant has its own name, and breaks a rule of the contract', () => {
    expect(new Set(all.map(({ what }) => what)).size).toBe(all.length);
    for (const { rule } of all) expect(rule).toMatch(/^R([1-9]|[1-3]\d)$/);
  });

  it('each mutant replaces a text that its file holds once', () => {
    const missing = all.filter(({ file, old }) => {
      const source = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
      return source.split(old).length !== 2;
    });
    expect(missing.map(({ file, old }) => `${file}: ${old}`)).toEqual([]);
  });
});
