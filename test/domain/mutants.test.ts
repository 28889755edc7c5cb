/** The model catches what it should: each of these broken domains disagrees with the contract. */
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { story } from './model/commands.js';
import { loadDomain } from './model/domain.js';
import { play } from './model/play.js';

const project = fileURLToPath(new URL('../..', import.meta.url));
const scratch = path.join(project, '.safeband', `mutants-${process.pid}`);
const RUNS = 1_500;
const SEED = 20_261_123;

type Mutant = readonly [what: string, file: string, old: string, mutated: string];

/** What is broken, where, and how; a text that is no longer there fails the test. */
const MUTANTS: readonly Mutant[] = [
  [
    'a carried slot gives its room back when it is delivered',
    'account.ts',
    "slot.carriedInto === account.day && slot.state !== 'released'",
    "slot.carriedInto === account.day && slot.state !== 'released' && slot.state !== 'delivered'",
  ],
  [
    'only slots in flight are carried over midnight',
    'roll.ts',
    "slot.state === 'uncertain' && slot.leaseExpiresAt > midnight",
    'false',
  ],
  ['the gate grants one over the cap', 'gate.ts', 'return used >= daily', 'return used > daily'],
  [
    'the week counts what is carried twice',
    'caps.ts',
    " && slot.state !== 'released' && slot.carriedInto !== account.day) sum",
    " && slot.state !== 'released') sum",
  ],
  [
    'an expired lease is granted again',
    'reserve.ts',
    'if (!isLeased(slot, at)) {',
    "if (slot.state !== 'in_flight') {",
  ],
  ['an effect is applied each time it is reported', 'fail.ts', 'if (isApplied) return [];', ''],
  [
    'a shorter throttle ends a cooldown sooner',
    'evolve.ts',
    'if (same && same.until >= cooldown.until) return cooldowns;',
    '',
  ],
  [
    'a delivery after a release is not counted',
    'deliver.ts',
    "if (slot.state === 'delivered') return secondProof(",
    "if (slot.state === 'delivered' || slot.state === 'released') return secondProof(",
  ],
  [
    'a claim takes the room of another day as well',
    'deliver.ts',
    'isSameDay: seen.quotaDay === slot.quotaDay',
    'isSameDay: true',
  ],
  [
    'a second proof is not counted',
    'deliver.ts',
    "external(account, proof, at),\n    alert('double_send'",
    "alert('double_send'",
  ],
  [
    'the ramp advances without a delivery',
    'roll.ts',
    'return isEarned && account.rampDay <= steps',
    'return account.rampDay <= steps',
  ],
  [
    'an observed send of the future belongs to the future',
    'observe.ts',
    'const sentAt = Math.min(seen.sentAt, at);',
    'const sentAt = seen.sentAt;',
  ],
  [
    'what is uncertain is released by silence',
    'fail.ts',
    "const target = kind === 'unknown' ? 'uncertain' : 'released';",
    "const target: 'uncertain' | 'released' = 'released';",
  ],
  [
    'an unclean end gives a fresh start',
    'opening.ts',
    'if (!isOwn && !isRecent) return [];',
    'return [];',
  ],
  [
    'an older ledger is dropped a day early',
    'evolve.ts',
    'slot.quotaDay + REMEMBERED_DAYS < day',
    'slot.quotaDay + REMEMBERED_DAYS <= day',
  ],
  [
    'a row that is written late wins',
    'actor.ts',
    'for (const row of rows) entries.push({ number: (version += 1), row });',
    'for (const row of rows) entries.push({ number: (version -= 1), row });',
  ],
];

afterAll(() => rm(scratch, { recursive: true, force: true }));

/** A copy of the domain with one text replaced. */
async function mutate([what, file, old, mutated]: Mutant): Promise<string> {
  const folder = path.join(scratch, what.replaceAll(/\W/g, '-'));
  await mkdir(folder, { recursive: true });
  await cp(path.join(project, 'src', 'domain'), folder, { recursive: true });
  await rm(path.join(folder, 'tsconfig.json')); // it extends one that is not beside it
  const target = path.join(folder, file);
  const text = await readFile(target, 'utf8');
  const [before, after, ...more] = text.split(old);
  if (before === undefined || after === undefined || more.length > 0) {
    throw new Error(`${file}: this text should be there once: ${old}`);
  }
  await writeFile(target, `${before}${mutated}${after}`);
  return folder;
}

/** Why the model says no; undefined: it found nothing wrong. */
async function flawIn(folder: string): Promise<string | undefined> {
  const domain = await loadDomain(folder);
  const property = fc.property(story, (one) => play(domain, one, () => undefined));
  const { failed, numRuns } = fc.check(property, { numRuns: RUNS, seed: SEED, endOnFailure: true });
  return failed ? `caught in story ${numRuns}` : undefined;
}

describe('the model', () => {
  it('finds nothing wrong with the domain as it is', async () => {
    expect(await flawIn(path.join(project, 'src', 'domain'))).toBeUndefined();
  }, 120_000);

  it.each(MUTANTS)(
    'catches: %s',
    async (...mutant) => {
      expect(await flawIn(await mutate(mutant))).toContain('caught');
    },
    120_000,
  );
});
