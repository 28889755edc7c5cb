/** The memory of every account contains the workflow bundle, so the bundle must stay small. */
import { readFileSync } from 'node:fs';
import { expect, inject, it } from 'vitest';

it('the bundle has no library except the SDK and the libraries of the SDK', () => {
  const code = readFileSync(inject('workflowBundlePath'), 'utf8');
  const modules = [...code.matchAll(/node_modules\/((?:@[\w.-]+\/)?[\w.-]+)\//g)].map(
    ([, name]) => name ?? '',
  );
  const others = [...new Set(modules)].filter((name) => !name.startsWith('@temporalio'));
  expect(others.filter((name) => /zod|luxon|date-fns|moment|pg$|fastify/.test(name))).toEqual([]);
  expect(modules.length).toBeGreaterThan(0);
});
