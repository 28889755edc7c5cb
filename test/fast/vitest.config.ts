/**
 * `npm run test:fast` and `npm run test:watch` test units and documents after each change of a line,
 * without the tests of very many cases: model, simulation, mutants, all orders, full accounts.
 */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    name: 'fast',
    pool: 'forks',
    maxWorkers: 2,
    isolate: false, // no file changes the modules of another, so they are read once
    include: ['test/{unit,repository}/**/*.test.ts', 'test/mutants/checks.test.ts'],
    exclude: [
      'test/unit/domain/days/forecast.test.ts',
      'test/unit/domain/gap/breakdown.test.ts',
      'test/unit/domain/commands/orders.test.ts',
      'test/unit/domain/entity/fullAccount.test.ts',
      'test/unit/dev/*.test.ts',
      'test/repository/{clock,clientApi}.test.ts',
    ],
    setupFiles: ['test/support/seed.ts'],
    testTimeout: 900_000,
  },
});
