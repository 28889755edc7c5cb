import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    pool: 'forks', // the SDK's native module and its Runtime belong to one process
    maxWorkers: 3, // a test on the servers waits for them more than it works
    // Tests are bounded by numbers of cases. The limits below only end a test that hangs: no test has
    // a limit of its own, and each passes on a machine that is several times slower than ours.
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/{domain,simulation,support}/**/*.test.ts', 'test/*.test.ts'],
          setupFiles: ['test/support/seed.ts'],
          testTimeout: 900_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'server',
          include: [
            'test/{workflows,postgres,contract,chaos,client,dev,mutants}/**/*.test.ts',
            'test/{http,cli,webhooks,operations,browser}/**/*.test.ts',
          ],
          globalSetup: ['test/support/server.ts'], // provides temporalAddress, postgresUrl, workflowBundlePath
          setupFiles: ['test/support/seed.ts', 'test/support/runtime.ts'], // Runtime.install, before any Worker
          sequence: { groupOrder: 1 },
          testTimeout: 900_000,
          hookTimeout: 900_000, // a file may wait for another file's worker
          expect: { poll: { timeout: 90_000 } },
        },
      },
    ],
  },
});
