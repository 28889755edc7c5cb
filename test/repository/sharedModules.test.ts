/**
 * All accounts of a worker thread share the modules of the workflow bundle (bundling.ts). So a
 * module that kept a state would show the state of one account to another, and a replay in another
 * worker would then decide differently.
 */
import { describe, expect, it } from 'vitest';
import { files, withoutComments } from '../support/sources.js';

/** What the bundle contains. */
const IN_BUNDLE =
  /^(domain|workflows)\/|^temporal\/(answers|interceptors|payloadConverter|protocol)\./;

/** What a module could keep: variables, and lists and maps that are not read-only by their type. */
const KEPT = [
  /^(?:export )?(?:let|var) (\w+)/gm,
  /^(?:export )?const (\w+)(?:: (?!Readonly)[^=]*)? = new (?:Map|Set|Array)\b/gm,
  /^(?:export )?const (\w+)(?:: (?!readonly|Readonly)[^=]*)? = (?:\[\]|\{\});$/gm,
];

/** Each with the reason why no account can see what another has put there. */
const ALLOWED: Readonly<Record<string, string>> = {
  'domain/account/kept.ts: recent': 'the last digests: each account would compute the same',
  'domain/account/update.ts: EMPTY_LINE': 'stays empty: an account never changes its lists',
  'domain/account/update.ts: NO_DAYS': 'stays empty: an account never changes its lists',
  'domain/wire/adminRequests.ts: noFields': 'stays empty: parsers only read their fields',
  'temporal/interceptors.ts: stacks': 'no workflow reads a stack',
};

const keptIn = (name: string, text: string): readonly string[] =>
  KEPT.flatMap((pattern) => [...withoutComments(text).matchAll(pattern)]).map(
    ([, variable]) => `${name}: ${variable}`,
  );

describe('the modules of the workflow bundle', () => {
  it('keep no state, because all accounts share them', () => {
    const found = files
      .filter(({ name }) => IN_BUNDLE.test(name))
      .flatMap(({ name, text }) => keptIn(name, text));
    expect(found.toSorted()).toEqual(Object.keys(ALLOWED).toSorted());
  });

  it.each([
    ['let last = 0;', ['a.ts: last']],
    ['export let last: string;', ['a.ts: last']],
    ['const seen = new Set<string>();', ['a.ts: seen']],
    ['const seen: Map<string, number> = new Map();', ['a.ts: seen']],
    ['export const all: string[] = [];', ['a.ts: all']],
    ['const names: ReadonlySet<string> = new Set(["a"]);', []],
    ['const none: readonly string[] = [];', []],
    ['const states = new WeakMap<object, number>();', []],
    ['function a() {\n  let inside = 0;\n}', []],
  ])('the check of %j', (text, expected) => {
    expect(keptIn('a.ts', text)).toEqual(expected);
  });
});
