/**
 * `GET /livez`: this process answers. It checks no other server, so that a missing database does
 * not restart this process. `GET /readyz`: is this deployment ready for sends; if not, it answers
 * 503 and the body has a fix for each failed check. Both need no key and name no account.
 */
import type { FastifyInstance } from 'fastify';
import {
  judgeReadiness,
  type Reading,
  type Readiness,
  type SchedulesFlaw,
} from '../operations/health.js';
import { within } from '../plumbing/within.js';
import type { Instant } from '../../domain/primitives/time.js';
import type { Health } from '../../postgres/operations/health.js';

/** How long a readiness request takes at most, whatever server does not answer. */
const ANSWER_MS = 2_000;
/** How long an answer is reused, so that many requests are one question to the other servers. */
const FRESH_MS = 1_000;

const PUBLIC = { config: { needs: 'public' } } as const;

export type HealthNeeds = {
  readonly readHealth: () => Promise<Health | null>;
  /** Returns how many workers poll the task queue. */
  readonly countPollers: () => Promise<number>;
  /** Returns the fault of each of our Schedules; throws if Temporal does not answer. */
  readonly readSchedules: () => Promise<readonly SchedulesFlaw[]>;
  /** Returns the fault of the search attributes, if any. Throws if it has no right to read them. */
  readonly readAttributes?: () => Promise<{ found: string; cure: string } | undefined>;
  /** The migrations of this version, in order. */
  readonly migrations: readonly string[];
  readonly now: () => Instant;
};

export function serveHealth(app: FastifyInstance, needs: HealthNeeds): void {
  app.get('/livez', PUBLIC, () => ({ status: 'ok' }));
  const read = fresh(needs);
  app.get('/readyz', PUBLIC, async (_, reply) => {
    const found = await read();
    return reply
      .code(found.status === 'ready' ? 200 : 503)
      .header('cache-control', 'no-store')
      .send(found);
  });
}

function fresh(needs: HealthNeeds): () => Promise<Readiness> {
  let reading: Promise<Readiness> | null = null;
  let readAt = 0;
  return () => {
    if (!reading || needs.now() - readAt >= FRESH_MS) {
      readAt = needs.now();
      reading = readiness(needs);
    }
    return reading;
  };
}

async function readiness(needs: HealthNeeds) {
  const { readHealth, countPollers, readSchedules, readAttributes, migrations } = needs;
  const [postgres, pollers, schedules, attributes] = await Promise.all([
    readingOf(readHealth),
    readingOf(countPollers),
    readingOf(readSchedules),
    readAttributes ? readingOf(readAttributes) : undefined,
  ]);
  const flaw = attributes && 'value' in attributes ? attributes.value : undefined;
  return judgeReadiness({ postgres, pollers, schedules, attributes: flaw }, migrations);
}

/** Hides the text of an error: it may name hosts, and the client has no key. */
async function readingOf<T>(read: () => Promise<T>): Promise<Reading<T>> {
  try {
    return { value: await within(read(), ANSWER_MS) };
  } catch {
    return { missing: 'no answer' };
  }
}
