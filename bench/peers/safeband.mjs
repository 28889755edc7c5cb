/** Safeband by its client library: Temporal, a worker in this process, and Postgres. */
import { createClient } from '../../src/client/index.ts';

/** Opens the client on a stack that keeps its data on disk. */
export async function openSafeband({ bench }) {
  const { client, taskQueue } = bench;
  const safeband = createClient({ client, taskQueue, deadlineMs: 60_000 });
  return {
    name: 'Safeband',
    connect: (accountId, dailyCap) => safeband.connect({ accountId, tier: 'recruiter', dailyCap }),
    reserve: async (accountId, reservationId) => {
      const { granted } = await safeband.reserve(accountId, { reservationId });
      return granted;
    },
    deliver: (accountId, reservationId) =>
      safeband.delivered(accountId, { reservationId, chatId: `chat-${reservationId}` }),
    close: () => Promise.resolve(),
  };
}
