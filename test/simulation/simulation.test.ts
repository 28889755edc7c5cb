/**
 * Plays thousands of worlds (index.ts): every invariant holds after every step of each world.
 * `SAFEBAND_SEED=7 npx vitest run --project unit test/simulation` prints one world, line by line.
 */
import { describe, expect, it } from 'vitest';
import { DENIAL_REASONS } from '../../src/domain/gate/gate.js';
import { bundledDomain } from '../support/bundledDomain.js';
import { explain, play, simulate, type Coverage } from './index.js';
import { ACTIONS, storyOf } from './story.js';
import { SOMETIMES } from './coverage.js';

/** 3 account-days each. */
const SEEDS = 1_200;
const domain = await bundledDomain();
const seed = Number(process.env['SAFEBAND_SEED'] ?? 0);

/** Prints one world for a person. */
function tellOne(): void {
  it('is printed line by line', () => {
    const print = (line: string): boolean => process.stdout.write(`${line}\n`);
    const outcome = play(domain, storyOf(seed), new Map(), print);
    if (outcome.failure) explain(domain, seed, outcome.failure.rule).forEach(print);
    expect(outcome.failure).toBeNull();
  });
}

function playAll(): void {
  it(`keeps every invariant in ${SEEDS} seeds, and all that can happen does`, () => {
    const coverage: Coverage = new Map();
    let broken = '';
    for (let one = 1; one <= SEEDS && broken === ''; one += 1) {
      const { failure } = simulate(domain, one, coverage);
      if (failure) broken = explain(domain, one, failure.rule).join('\n');
    }
    expect(broken).toBe('');
    const wanted = [...SOMETIMES, ...DENIAL_REASONS.map((reason) => `denied: ${reason}`)];
    expect(wanted.filter((what) => !coverage.has(what))).toEqual([]);
  });

  it('is the same again for the same seed', () => {
    const storyLines = (): readonly string[] => {
      const lines: string[] = [];
      play(domain, storyOf(11), new Map(), (line) => lines.push(line));
      return lines;
    };
    expect(storyLines().length).toBeGreaterThan(50);
    expect(storyLines()).toEqual(storyLines());
  });

  it('is made of every action', () => {
    const actions = new Set(
      Array.from({ length: 50 }, (_, n) => storyOf(n + 1)).flatMap(({ inputs }) =>
        inputs.map(({ action }) => action),
      ),
    );
    expect(ACTIONS.filter((action) => !actions.has(action))).toEqual([]);
  });
}

describe('the world', () => (seed > 0 ? tellOne() : playAll()));
