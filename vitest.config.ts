import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    pool: 'forks', // the SDK's native module and its Runtime belong to one process
    env: { TZ: 'UTC' },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/{domain,simulation,support}/**/*.test.ts', 'test/*.test.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'server',
          include: ['test/{workflows,postgres,contract,chaos,client,dev,mutants}/**/*.test.ts'],
          globalSetup: ['test/support/server.ts'], // provides temporalAddress, postgresUrl, workflowBundlePath
          setupFiles: ['test/support/runtime.ts'], // Runtime.install, before any Worker
          fileParallelism: false,
          testTimeout: 30_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
