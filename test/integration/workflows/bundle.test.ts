/** The memory of every worker contains the workflow bundle, so the bundle must stay small. */
import { readFileSync } from 'node:fs';
import { createContext, Script } from 'node:vm';
import { expect, inject, it } from 'vitest';

const code = (): string => readFileSync(inject('workflowBundlePath'), 'utf8');

it('the bundle has no library except the SDK and the libraries of the SDK', () => {
  const modules = [...code().matchAll(/node_modules\/((?:@[\w.-]+\/)?[\w.-]+)\//g)].map(
    ([, name]) => name ?? '',
  );
  const others = [...new Set(modules)].filter((name) => !name.startsWith('@temporalio'));
  expect(others.filter((name) => /zod|luxon|date-fns|moment|pg$|fastify/.test(name))).toEqual([]);
  expect(modules.length).toBeGreaterThan(0);
});

it('a worker evaluates the modules of the bundle once for all accounts', () => {
  const cache: Record<string, unknown> = {};
  const context = createContext({ __webpack_module_cache__: cache, TextEncoder, TextDecoder });
  const evaluate = (text: string): unknown => new Script(text).runInContext(context);
  evaluate(code());
  const ofSdk = Object.keys(cache);
  evaluate('__TEMPORAL__.preloadModules()'); // the worker does this before it has an account
  const shared = Object.keys(cache);
  evaluate('__TEMPORAL__.importWorkflows(); __TEMPORAL__.importInterceptors()'); // each account
  expect(Object.keys(cache)).toEqual(shared);
  const ours = shared.filter((name) => !ofSdk.includes(name) && name.includes('/src/'));
  expect(ours.some((name) => name.includes('/workflows/index.'))).toBe(true);
  expect(ours.some((name) => name.includes('/temporal/payloadConverter.'))).toBe(true);
});
