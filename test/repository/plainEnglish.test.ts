/** How we write: words that a reader must read twice, and the word that replaces each. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { proseOf } from '../support/prose.js';

/**
 * The folders and files that are clean: a folder, a file, or a name with `*`. One a line, sorted.
 */
const DONE: readonly string[] = [
  'ARCHITECTURE.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'README.md',
  'SECURITY.md',
  'bench',
  'dev',
  'docs/README.md',
  'docs/cli.md',
  'docs/client-api.md',
  'docs/connect-a-pipeline.md',
  'docs/contract.md',
  'docs/customer-questions.md',
  'docs/dashboard.md',
  'docs/decisions',
  'docs/denials.md',
  'docs/deploy.md',
  'docs/glossary.md',
  'docs/history.md',
  'docs/http.md',
  'docs/kubernetes.md',
  'docs/lifecycle.md',
  'docs/linkedin-ids.md',
  'docs/migrate.md',
  'docs/mutants.md',
  'docs/on-call.md',
  'docs/operations.md',
  'docs/postgres.md',
  'docs/providers.md',
  'docs/quick-start.md',
  'docs/runbook.md',
  'docs/sizing.md',
  'docs/starting-over.md',
  'docs/temporal.md',
  'docs/unipile.md',
  'docs/upgrade.md',
  'docs/webhooks.md',
  'examples',
  'ops/cluster',
  'ops/kubernetes',
  'src/*.ts',
  'src/activities',
  'src/calendar',
  'src/cli',
  'src/client',
  'src/domain',
  'src/http/*.ts',
  'src/http/access',
  'src/http/live',
  'src/http/operations',
  'src/http/pages',
  'src/http/plumbing',
  'src/http/routes',
  'src/http/schemas',
  'src/platform',
  'src/postgres',
  'src/status',
  'src/temporal',
  'src/unipile',
  'src/webhooks',
  'src/workflows',
  'test/chaos',
  'test/clock',
  'test/fast',
  'test/integration',
  'test/model',
  'test/mutants/[^dew]*',
  'test/mutants/database*',
  'test/mutants/desk.ts',
  'test/mutants/w*',
  'test/nodes',
  'test/recording',
  'test/repository',
  'test/simulation',
  'test/support',
  'test/unit',
];

/**
 * A word as a pattern; a space in it is any white space, so a phrase may go over the end of a line.
 */
const BANNED: readonly (readonly [word: string, replacement: string])[] = [
  ['nobody', 'no caller, no source, no person'],
  ['somebody', 'a person, a caller'],
  ['whoever', 'the caller, the person'],
  ['anybody', 'any caller, any person'],
  ['tells?|told|telling', 'reports, records, alerts, notifies, names'],
  ['hears?|heard|hearing', 'receives, is notified'],
  ['says?|said|saying', 'a text states; a caller reports; a function returns'],
  ['by hand', 'manually'],
  ["(?:a|another|no|some|one|person's) hands?", 'manual edit, manual change'],
  ['mends?|mended|mending', 'corrects, repairs'],
  ['heals?|healed|healing', 'corrects'],
  ['rests|rested|resting', 'pauses, is idle'],
  ['(?:go|goes|going|went) on', 'resumes, continues'],
  ['(?:is|are|was|were) over', 'has ended, exceeds'],
  ['for ?ever', 'permanently, without limit'],
  ['as (?:it|they) stood', 'as it was, at that time'],
  ['comes? to us', 'reaches Safeband'],
  ['look(?:s|ed|ing)? after', 'checked, monitored'],
  ['beside', 'with, in addition to, during'],
  ['(?:a|the|one|each|every|first|last|next|second|another) looks?', 'a check, a read'],
  ['fates?', 'outcome'],
  ['witness(?:es|ed)?', 'source, evidence'],
  ['testimon(?:y|ies)', 'evidence'],
  ['strangers?', 'unknown send, other'],
  ['tellers?', 'caller, sender'],
  ['carr(?:y|ies|ying)', 'keep, contain, hand over, execute; only a slot is carried'],
];

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDERS = ['src', 'dev', 'test', 'docs', 'migrations', 'examples', 'bench', 'ops', 'public'];
/** This file contains every banned word. */
const OWN = 'test/repository/plainEnglish.test.ts';
const READ = /\.(?:tsx?|[cm]?js|sql|md)$/;

/** Files that may be listed, named from the root. */
const names: readonly string[] = [
  ...readdirSync(ROOT).filter((name) => READ.test(name)),
  ...FOLDERS.flatMap((folder) =>
    readdirSync(`${ROOT}${folder}`, { recursive: true, encoding: 'utf8' })
      .filter((name) => !name.includes('node_modules/')) // bench/peers may be installed
      .filter((name) => READ.test(name))
      .map((name) => `${folder}/${name}`),
  ),
];

/** True if an entry of the list names that file, or a folder above it. */
function covers(entry: string, name: string): boolean {
  const pattern = entry.replaceAll(/[.+]/g, '\\$&').replaceAll('*', '[^/]*');
  return new RegExp(`^${pattern}(?:/|$)`).test(name);
}

/** Every banned word of a file, as a line for people. */
function faultsIn(name: string, text: string): readonly string[] {
  const prose = proseOf(name, text);
  return BANNED.flatMap(([word, replacement]) => {
    const pattern = new RegExp(`(?<![\\w-])(?:${word.replaceAll(' ', '\\s+')})(?![\\w-])`, 'gi');
    return [...prose.matchAll(pattern)].map(({ 0: found, index }) => {
      const line = prose.slice(0, index).split('\n').length;
      return `${name}:${line}: "${found.replaceAll(/\s+/g, ' ')}", better: ${replacement}`;
    });
  });
}

describe('plain English', () => {
  it.each(DONE)('is written in %s', (entry) => {
    const covered = names.filter((name) => covers(entry, name) && name !== OWN);
    expect(covered).not.toEqual([]);
    const faults = covered.flatMap((name) =>
      faultsIn(name, readFileSync(`${ROOT}${name}`, 'utf8')),
    );
    expect(faults).toEqual([]);
  });
});

describe('the check itself', () => {
  const found = (name: string, ...lines: readonly string[]): readonly string[] =>
    faultsIn(name, lines.join('\n')).map((fault) => fault.replace(/", better.*/, ''));

  it('reads comments, over the end of a line, too', () => {
    const text = [
      'const told = 1; // the fate of it',
      '/**',
      ' * A row, edited by',
      ' * hand.',
      ' */',
    ];
    expect(found('a.ts', ...text)).toEqual(['a.ts:3: "by hand', 'a.ts:1: "fate']);
    expect(found('a.sql', 'select told -- nobody knows')).toEqual(['a.sql:1: "nobody']);
  });

  it('reads texts, also in templates and after a pattern with a quote', () => {
    expect(found('a.ts', "it('tells the caller', () => undefined);")).toEqual(['a.ts:1: "tells']);
    expect(found('a.ts', 'const a = `${`${told}`} says ${{ b: 1 }.b} no`;')).toEqual([
      'a.ts:1: "says',
    ]);
    expect(found('a.ts', "const told = /['`]/.test(said); // told")).toEqual(['a.ts:1: "told']);
    expect(found('a.tsx', 'const A = <p title="x">Nobody {told}</p>;')).toEqual([
      'a.tsx:1: "Nobody',
    ]);
    expect(found('a.md', '# What it says', '', 'See `told` and [this](told.md).')).toEqual([
      'a.md:1: "says',
    ]);
  });

  it('does not read identifiers, code spans, names of fields and texts of one word', () => {
    const text = ["import { told } from './told.js';", "const says = told['fate'];"];
    expect(
      found('a.ts', ...text, '// the field "heals", and `told`; besides, a gate-rests'),
    ).toEqual([]);
    expect(found('a.md', '```sh', 'say told', '```')).toEqual([]);
  });
});
