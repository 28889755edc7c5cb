/** Each rule that a mutant breaks (mutants.test.ts) is kept by the domain as it is. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { CHECKS } from './checks/index.js';
import { loadChecked } from './checkedFiles.js';

const domain = await loadChecked(fileURLToPath(new URL('../../src/domain', import.meta.url)));

describe('the domain', () => {
  it.each(Object.entries(CHECKS))('%s', async (_, check) => {
    await expect((async () => check(domain))()).resolves.toBeUndefined();
  });
});
