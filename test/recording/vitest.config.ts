/** `npm run histories`: not a part of the tests, but it needs the same servers. */
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
