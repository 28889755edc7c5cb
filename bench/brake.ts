/** Measures the brake (R27) while 64 callers ask accounts of the whole fleet for slots. */
import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import { createClient, SafebandError, type SafebandClient } from '../src/client/index.js';
import { SECOND_MS } from '../src/domain/primitives/time.js';
import { whole, type Fleet, type Step } from './fleetOf.js';
import type { Line } from './latency.js';
import { timed } from './stand.js';

const CALLERS = 64;
/** Each client reads the brake for itself, as each process does. */
const CLIENTS = 8;
const PAUSE_MS = 100;
/** How long the callers ask before the brake, while it is on, and after its release. */
const PHASE_MS = 5 * SECOND_MS;
const BY = { reason: 'benchmark', actor: 'bench' };
/** The limit of the contract. */
const LIMIT_MS = 2 * SECOND_MS;

type Grant = { readonly accountId: string; readonly at: number };

/** Asks one account after the other, and asks again with the same id until it has a grant. */
async function caller(
  client: SafebandClient,
  n: number,
  fleet: Fleet,
  { isOver, grants, refusals }: { isOver: () => boolean; grants: Grant[]; refusals: string[] },
): Promise<void> {
  const { ids } = fleet;
  for (let slot = 0; !isOver(); slot += 1) {
    const accountId = ids[(n + slot * CALLERS) % ids.length] ?? '';
    const reservationId = `brake-${n}-${slot}`;
    for (let isOpen = true; isOpen; await sleep(PAUSE_MS)) {
      // An account that is not in memory may not answer in time; the same id is never granted twice.
      const answer = await client.reserve(accountId, { reservationId }).catch(unanswered);
      if (!answer) continue;
      if (answer.granted) grants.push({ accountId, at: performance.now() });
      else refusals.push(answer.reason);
      isOpen = !answer.granted && answer.reason === 'fleet_held';
    }
  }
}

function unanswered(error: unknown): undefined {
  if (!(error instanceof SafebandError) || error.type !== 'Unavailable') throw error;
}

async function brakeUnderLoad(fleet: Fleet): Promise<readonly Line[]> {
  const { client, taskQueue } = fleet.bench;
  const clients = Array.from({ length: CLIENTS }, () => createClient({ client, taskQueue }));
  let isOver = false;
  const said = { isOver: () => isOver, grants: [] as Grant[], refusals: [] as string[] };
  const { grants, refusals } = said;
  const callers = Array.from({ length: CALLERS }, (_, n) =>
    caller(clients[n % CLIENTS] ?? fleet.safeband, n, fleet, said),
  );
  await sleep(PHASE_MS);
  const asked = performance.now();
  const { heldBefore } = await fleet.safeband.brake.engage(BY);
  const on = performance.now();
  if (heldBefore) throw new Error('the brake was on before');
  await sleep(PHASE_MS);
  const releasing = performance.now();
  await fleet.safeband.brake.release(BY);
  await sleep(PHASE_MS);
  isOver = true;
  await Promise.all(callers);

  const before = grants.filter(({ at }) => at < asked).length;
  const times = grants.map(({ at }) => at).filter((at) => at < releasing);
  const lastAt = Math.max(...times);
  const first = Math.min(...grants.map(({ at }) => at - releasing).filter((ms) => ms > 0));
  if (lastAt > on + LIMIT_MS) throw new Error(`a grant ${lastAt - on} ms after the brake was on`);
  if (before < CALLERS || !Number.isFinite(first))
    throw new Error('the callers had too few grants');
  const others = new Set(refusals.filter((reason) => reason !== 'fleet_held'));
  if (others.size > 0) throw new Error(`other denials: ${[...others].join(', ')}`);
  const checking = await timed(() => checkCounters(fleet, grants));
  return [
    [
      'brake under 64 callers, grants a second before',
      `${whole((before / PHASE_MS) * 1e3)} /s`,
      '',
    ],
    ['the same, until engage has answered', `${whole(on - asked)} ms`, ''],
    [
      'the same, from the call of engage to the last grant',
      `${whole(lastAt - asked)} ms`,
      `${whole(LIMIT_MS)} ms at most`,
    ],
    ['the same, from the release to the first grant', `${whole(first)} ms`, ''],
    ['the same, asks that were held', whole(refusals.length), ''],
    ['the same, all counters compared', `${whole(checking)} ms`, ''],
  ];
}

/** Throws unless the counter of each account is the number of grants that callers have. */
async function checkCounters({ safeband }: Fleet, grants: readonly Grant[]): Promise<void> {
  const counts = new Map<string, number>();
  for (const { accountId } of grants) counts.set(accountId, (counts.get(accountId) ?? 0) + 1);
  await pLimit(CLIENTS).map([...counts], async ([accountId, wanted]) => {
    const { counter } = await safeband.status(accountId);
    if (counter !== wanted) throw new Error(`${accountId}: counter ${counter}, grants ${wanted}`);
  });
}

export const BRAKE_STEP: Step = ['the brake while 64 callers ask', brakeUnderLoad];
