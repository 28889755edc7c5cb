/** docs/client-api.md is what `safeband/client` exports. */
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { clientApi } from './api/report.js';

const FILE = fileURLToPath(new URL('../../docs/client-api.md', import.meta.url));

it('docs/client-api.md has all that safeband/client exports: else `npm run api`', async () => {
  await expect(await clientApi()).toMatchFileSnapshot(FILE);
});
