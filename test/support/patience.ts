/** How long tests wait where the limits of vitest.config.ts do not apply: for slow machines. */
import { createClient, type ClientOptions, type SafebandClient } from '../../src/client/index.js';
import type { Stand } from './stand.js';

/** For `vi.waitFor`, which by default waits for one second only. */
export const PATIENCE = { timeout: 90_000, interval: 200 };

/** For clients of Safeband: by default a call ends after five seconds. */
export const PATIENT = { deadlineMs: 90_000 };

/**
 * Returns a client that waits for a slow machine. By default a server waits two seconds for a status
 * and five for other answers; this client waits so long only while the stand has no worker. Such
 * tests stop and start the worker of the stand that is returned.
 */
export function withPatience<S extends Stand>(
  stand: S,
  { hasWorker = true, ...more }: Omit<ClientOptions, 'client'> & { readonly hasWorker?: boolean },
): { readonly stand: S; readonly client: SafebandClient } {
  const options = { client: stand.client, taskQueue: stand.taskQueue, ...more };
  const [usual, patient] = [createClient(options), createClient({ ...options, ...PATIENT })];
  let isAway = !hasWorker;
  const client = new Proxy(usual, {
    get: (_, name) => {
      if (name === 'status' && !isAway) return (accountId: string) => patient.status(accountId);
      const one = isAway ? usual : patient;
      const found: unknown = Reflect.get(one, name, one);
      return typeof found === 'function' ? found.bind(one) : found;
    },
  });
  const stopWorker: Stand['stopWorker'] = () => {
    isAway = true;
    return stand.stopWorker();
  };
  const startWorker: Stand['startWorker'] = async (keys) => {
    await stand.startWorker(keys);
    isAway = false;
  };
  return { client, stand: { ...stand, stopWorker, startWorker } };
}
