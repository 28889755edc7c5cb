/** `npm run histories` is not a test, but it needs the servers of the tests. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    pool: 'forks',
    env: { TZ: 'UTC' },
    include: ['test/recording/record.ts'],
    globalSetup: ['test/support/server.ts'],
    setupFiles: ['test/support/runtime.ts'],
    testTimeout: 300_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 90_000 } },
  },
});
