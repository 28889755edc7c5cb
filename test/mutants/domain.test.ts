/** Broken domains are caught: by the model, or by the check of the rule that they break. */
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { DOMAIN_MUTANTS } from './domainMutants.js';
import { MODEL_MUTANTS } from './modelMutants.js';
import { brokenDomain } from './brokenDomain.js';
import { flawBy, tableOf, type Mutant } from './mutant.js';
import { CHECKS } from './checks/index.js';
import { story } from '../model/commands.js';
import type { Domain } from '../support/domain.js';
import { play } from '../model/play.js';

const RUNS = 1_500;
const SEED = 20_261_123;

const caught = new Map<Mutant, string | undefined>();
afterAll(() => {
  process.stdout.write(tableOf(caught));
});

/** The number of the latest story that caught a mutant. The unchanged domain plays all up to it. */
let latest = 1;

/** Returns why the model rejects the domain; undefined if it found nothing wrong. */
function flawByModel(domain: Domain, stories = RUNS): string | undefined {
  const property = fc.property(story, (one) => play(domain, one, () => undefined));
  const { failed, numRuns } = fc.check(property, {
    numRuns: stories,
    seed: SEED,
    endOnFailure: true,
  });
  if (failed) latest = Math.max(latest, numRuns);
  return failed ? `caught in story ${numRuns}` : undefined;
}

describe('the model catches', () => {
  it.each(MODEL_MUTANTS.map((mutant) => [mutant.what, mutant] as const))(
    '%s',
    async (_, mutant) => {
      caught.set(mutant, flawByModel(await brokenDomain(mutant)));
      expect(caught.get(mutant)).toBeDefined();
    },
  );
});

describe('the domain as it is', () => {
  it('the unchanged domain passes the model and each check', async () => {
    const domain = await brokenDomain();
    expect(flawByModel(domain, latest)).toBeUndefined();
    for (const [name, check] of Object.entries(CHECKS)) {
      expect([name, await flawBy(() => check(domain))]).toEqual([name, undefined]);
    }
  });
});

describe('a check catches', () => {
  it.each(DOMAIN_MUTANTS.map((mutant) => [mutant.what, mutant] as const))(
    '%s',
    async (_, mutant) => {
      const domain = await brokenDomain(mutant);
      caught.set(mutant, await flawBy(() => CHECKS[mutant.by](domain)));
      expect(caught.get(mutant)).toBeDefined();
    },
  );
});
