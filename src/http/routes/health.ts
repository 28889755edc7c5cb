/**
 * `GET /livez`: this process answers; nothing else is asked, so that a restart is never the cure for
 * a database that is away. `GET /readyz`: may this deployment take sends; 503 where not, and the
 * body names each check with its cure. Both ask for no key and name no account.
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

/** Whoever asks for readiness hears within this, whatever is away. */
const ANSWER_MS = 2_000;
/** Many who ask at once are one question to the servers behind. */
const FRESH_MS = 1_000;

const PUBLIC = { config: { needs: 'public' } } as const;

export type HealthNeeds = {
  readonly readHealth: () => Promise<Health | null>;
  /** How many workers poll the task queue. */
  readonly countPollers: () => Promise<number>;
  /** What is wrong with each of our Schedules; throws where Temporal does not answer. */
  readonly readSchedules: () => Promise<readonly SchedulesFlaw[]>;
  /** What is wrong with the search attributes; undefined: nothing. Throws where it may not look. */
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

/** The text of an error may name hosts, and whoever asks here has no key. */
async function readingOf<T>(read: () => Promise<T>): Promise<Reading<T>> {
  try {
    return { value: await within(read(), ANSWER_MS) };
  } catch {
    return { missing: 'no answer' };
  }
}
