/** Worlds by their seed: `simulate` plays a world, and returns the rule that was broken in it. */
import type { Domain } from '../support/domain.js';
import { comeToRest } from './quiet.js';
import { Broken } from './broken.js';
import type { Coverage } from './coverage.js';
import { shrunk } from './shrink.js';
import { storyOf, type Story } from './story.js';
import { World } from './world.js';

export { loadDomain, type Domain } from '../support/domain.js';
export type { Coverage } from './coverage.js';

export type Outcome = {
  readonly seed: number;
  readonly steps: number;
  /** How often each case happened in this world. */
  readonly coverage: Coverage;
  /** Null if every invariant held after every step. */
  readonly failure: Failure | null;
};
export type Failure = {
  /** The sentence that did not hold, or `the domain throws`. */
  readonly rule: string;
  readonly message: string;
};

/**
 * Plays the world of that seed with that domain: 3 account-days, and then until all work is done.
 * A seed and a domain always give the same outcome. `domain` comes from `loadDomain(folder)`, so that
 * a broken copy of src/domain can play the same worlds. A domain that throws is a failure, too. The
 * cases of this world are added to `coverage`.
 */
export function simulate(domain: Domain, seed: number, coverage: Coverage = new Map()): Outcome {
  return play(domain, storyOf(seed), coverage);
}

export function play(
  domain: Domain,
  story: Story,
  coverage: Coverage = new Map(),
  listener: ((line: string) => void) | null = null,
): Outcome {
  const world = new World(domain, story, coverage, listener);
  let failure: Failure | null = null;
  try {
    world.runUntil(story.end);
    comeToRest(world);
  } catch (error) {
    failure = failureOf(error);
    world.print(`BROKEN ${failure.message}`);
  }
  return { seed: story.seed, steps: world.steps, coverage, failure };
}

function failureOf(error: unknown): Failure {
  if (error instanceof Broken) return { rule: error.rule, message: error.message };
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { rule: 'the domain throws', message };
}

/** Returns the shortest story that breaks the same rule, line by line. */
export function explain(domain: Domain, seed: number, rule: string): readonly string[] {
  const breaks = (story: Story): boolean => play(domain, story).failure?.rule === rule;
  const short = shrunk(storyOf(seed), breaks);
  const lines: string[] = [
    `seed ${seed}, shrunk to ${short.inputs.length} inputs; replay it with`,
    `SAFEBAND_SEED=${seed} npx vitest run --project unit test/simulation`,
  ];
  play(domain, short, new Map(), (line) => lines.push(line));
  return lines;
}
