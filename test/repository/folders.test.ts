/** The folders: who comes before whom in the domain, no circles, and how many files there may be. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { files, importsIn, placeOf, SRC, sources, type File } from '../support/sources.js';

/**
 * A folder of the domain imports itself and those before it; folders in one brace do not import each
 * other. Days come before records, because a row has the step of the ramp at which its next day begins.
 */
const DOMAIN_ORDER =
  'primitives < account < gate < days < {commands, records} < {gap, wire} < {reconcile, fleet} < entity < diagnostics';
const RANKS: ReadonlyMap<string, number> = new Map(
  DOMAIN_ORDER.split(' < ').flatMap((step, rank) =>
    step
      .replaceAll(/[{}]/g, '')
      .split(', ')
      .map((folder) => [folder, rank] as const),
  ),
);
const FILES_MAX = 16;
const README_LINES_MAX = 40;

const placesIn = ({ name, text }: File): readonly string[] =>
  importsIn(text).map((one) => placeOf(one, name));
const folderIn = (place: string): string => place.split('/')[1] ?? '';

/** What a file of the domain imports of folders that are not before its own. */
function againstOrder(file: File): readonly string[] {
  const own = folderIn(file.name);
  const rank = RANKS.get(own) ?? -1;
  return placesIn(file).filter((place) => {
    const other = folderIn(place);
    return other !== own && (RANKS.get(other) ?? Infinity) >= rank;
  });
}

type Graph = ReadonlyMap<string, readonly string[]>;
const graphOf = (all: readonly File[]): Graph =>
  new Map(all.map((file) => [file.name.replace(/\.tsx?$/, ''), placesIn(file)]));

/** Files that import each other in a circle, from the first one back to it; [] where none do. */
function circleIn(graph: Graph): readonly string[] {
  const done = new Set<string>();
  const follow = (file: string, way: readonly string[]): readonly string[] => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
    if (done.has(file)) return [];
    for (const next of graph.get(file) ?? []) {
      const circle = follow(next, [...way, file]);
      if (circle.length > 0) return circle;
    }
    done.add(file);
    return [];
  };
  for (const file of graph.keys()) {
    const circle = follow(file, []);
    if (circle.length > 0) return circle;
  }
  return [];
}

const domain = files.filter(({ name }) => name.startsWith('domain/'));

describe('the folders of the domain', () => {
  it('the folders of the domain import those before them', () => {
    const wrong = domain.flatMap((file) => againstOrder(file).map((place) => [file.name, place]));
    expect(wrong).toEqual([]);
  });

  it('the folders of the domain are all in the order', () => {
    const names = new Set(domain.map(({ name }) => folderIn(name)));
    expect([...names].toSorted()).toEqual([...RANKS.keys()].toSorted());
  });

  it.each([...RANKS.keys()])(
    'the folders of the domain open with a short README that names each file: %s',
    (folder) => {
      const text = readFileSync(path.join(SRC, 'domain', folder, 'README.md'), 'utf8');
      expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(README_LINES_MAX);
      const home = `domain/${folder}/`;
      const own = domain
        .filter(({ name }) => name.startsWith(home))
        .map(({ name }) => name.slice(home.length));
      const linked = [...text.matchAll(/\]\(([\w/]+\.ts)\)/g)].map(([, name]) => name);
      expect(new Set(linked)).toEqual(new Set(own));
      expect(text).toContain(DOMAIN_ORDER);
    },
  );
});

describe('the sources', () => {
  it('the sources have no circle of files, type-only imports included', () => {
    expect(circleIn(graphOf(files))).toEqual([]);
  });

  it(`have at most ${FILES_MAX} files in one folder of src`, () => {
    const counts = new Map<string, number>();
    for (const { name } of sources) {
      const folder = path.posix.dirname(name);
      counts.set(folder, (counts.get(folder) ?? 0) + 1);
    }
    expect([...counts].filter(([, count]) => count > FILES_MAX)).toEqual([]);
  });
});

describe('the check itself', () => {
  const file = (name: string, ...others: readonly string[]): File => ({
    name: `${name}.ts`,
    text: others.map((other) => `import type { A } from '${other}.js';`).join('\n'),
  });

  it('reports a circle of types, and no fork', () => {
    const fork = [file('x/a', './b', './c'), file('x/b', './d'), file('x/c', './d'), file('x/d')];
    expect(circleIn(graphOf(fork))).toEqual([]);
    const circle = [file('x/a', '../y/b'), file('y/b', '../y/c'), file('y/c', '../x/a')];
    expect(circleIn(graphOf(circle))).toEqual(['x/a', 'y/b', 'y/c', 'x/a']);
  });

  it('reports an import of a later folder, and of one in the same brace', () => {
    const both = (folder: string): File => file(`domain/${folder}/a`, '../gate/a', '../records/b');
    expect(againstOrder(both('account'))).toEqual(['domain/gate/a', 'domain/records/b']);
    expect(againstOrder(both('commands'))).toEqual(['domain/records/b']);
    expect(againstOrder(both('gap'))).toEqual([]);
  });
});

it('each migration has its own number', () => {
  const migrations = readdirSync(path.join(SRC, '../migrations'));
  const numbers = migrations.flatMap((name) => /^\d{4}/.exec(name)?.[0] ?? []);
  expect(numbers).toEqual([...new Set(numbers)]);
});
