import { afterEach, expect, inject, it, vi } from 'vitest';
import { connectClient } from '../../../src/temporal/clientConnection.js';
import { startProxy } from '../../support/proxy.js';

afterEach(() => vi.restoreAllMocks());

it('a call that waits for its next try ends when its connection is closed', async () => {
  const proxy = await startProxy(`http://${inject('temporalAddress')}`);
  const connection = await connectClient({ address: new URL(proxy.url).host });
  proxy.turn('refused');
  const timers = vi.spyOn(globalThis, 'setTimeout');
  const call = connection.workflowService.describeNamespace({ namespace: 'default' });
  let ended: unknown;
  call.catch((error: unknown) => {
    ended = String(error);
  });
  // The SDK's timer calls a function with this name.
  const isWaiting = (): boolean => timers.mock.calls.some(([then]) => then.name === 'retry');
  await expect.poll(isWaiting).toBe(true);
  await connection.close();
  await expect.poll(() => ended).toContain('Channel has been shut down');
  proxy.close();
});
