/**
 * Judges whether this deployment is ready for sends: each check has a fix. It reads nothing itself,
 * so that tests can give it any reading.
 */
import type { Health } from '../../postgres/operations/health.js';
import { OVERDUE_MS } from '../../domain/primitives/limits.js';
import { MINUTE_MS } from '../../domain/primitives/time.js';
import type { ScheduleFlaw } from '../../temporal/schedules.js';

/** A value that was read, or the reason why there is none. */
export type Reading<T> = { readonly value: T } | { readonly missing: string };
export type Readings = {
  readonly postgres: Reading<Health | null>;
  /** How many workers poll the task queue. */
  readonly pollers: Reading<number>;
  /** The fault of each of our Schedules, if any. */
  readonly schedules: Reading<readonly SchedulesFlaw[]>;
  /** The fault of the search attributes; absent if there is none or it cannot be read. */
  readonly attributes?: { readonly found: string; readonly cure: string } | undefined;
};
export type SchedulesFlaw = {
  readonly scheduleId: string;
  readonly flaw: ScheduleFlaw | undefined;
};

export type Check = {
  readonly name:
    'postgres' | 'schema' | 'temporal' | 'worker' | 'schedules' | 'attributes' | 'audit' | 'tasks';
  readonly ok: boolean;
  readonly found: string;
  /** The fix; only for a failed check. */
  readonly cure?: string;
};
export type Readiness = {
  readonly status: 'ready' | 'not_ready';
  readonly checks: readonly Check[];
};

/** Returns all checks, always in this order; an unknown result is not ok. */
export function judgeReadiness(
  { postgres, pollers, schedules, attributes }: Readings,
  migrations: readonly string[],
): Readiness {
  const health = 'value' in postgres ? postgres.value : null;
  const checks: readonly Check[] = [
    check('postgres', {
      isOk: 'value' in postgres,
      found: 'value' in postgres ? 'it answers' : postgres.missing,
      cure: 'start Postgres, or correct DATABASE_URL',
    }),
    schemaCheck(health, migrations),
    check('temporal', {
      isOk: 'value' in pollers,
      found: 'value' in pollers ? 'it answers' : pollers.missing,
      cure: 'start Temporal, or correct TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE',
    }),
    workerCheck(pollers),
    schedulesCheck(schedules),
    ...(attributes ? [check('attributes', { isOk: false, ...attributes })] : []),
    auditCheck(health),
    ...tasksCheck(health),
  ];
  return { status: checks.every(({ ok }) => ok) ? 'ready' : 'not_ready', checks };
}

function check(
  name: Check['name'],
  { isOk, found, cure }: { readonly isOk: boolean; readonly found: string; readonly cure: string },
): Check {
  return { name, ok: isOk, found, ...(isOk ? {} : { cure }) };
}

/** A newer schema is ok: during a rollout, each migration keeps the version before it working. */
function schemaCheck(health: Health | null, known: readonly string[]): Check {
  const applied = health?.migrations ?? [];
  const missing = known.filter((name) => !applied.includes(name));
  const newer = applied.filter((name) => !known.includes(name));
  const found =
    missing.length > 0
      ? `migrations are missing: ${missing.join(', ')}`
      : `it has all migrations of this version${newer.length > 0 ? `, and ${newer.join(', ')}` : ''}`;
  return check('schema', {
    isOk: health !== null && missing.length === 0,
    found: health ? found : 'unknown',
    cure: 'run npm run migrate',
  });
}

function workerCheck(pollers: Reading<number>): Check {
  const count = 'value' in pollers ? pollers.value : 0;
  const found = 'value' in pollers ? `${count} poll the task queue` : 'unknown';
  return check('worker', { isOk: count > 0, found, cure: 'start a worker: npm run worker' });
}

function schedulesCheck(schedules: Reading<readonly SchedulesFlaw[]>): Check {
  const all = 'value' in schedules ? schedules.value : [];
  const bad = all.flatMap(({ scheduleId, flaw }) => (flaw ? [{ scheduleId, flaw }] : []));
  const faults = bad.map(({ scheduleId, flaw: { kind } }) => `${scheduleId}: ${WORDS[kind]}`);
  return check('schedules', {
    // A person paused it on purpose, and every other server would report the same.
    isOk: 'value' in schedules && bad.every(({ flaw: { kind } }) => kind === 'paused'),
    found: 'value' in schedules ? faults.join('; ') || 'each Schedule has its next run' : 'unknown',
    cure: bad[0]?.flaw.cure ?? 'start Temporal, or correct TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE',
  });
}
/** The texts of the faults; without the note of the pause, because the client has no key. */
const WORDS: Readonly<Record<ScheduleFlaw['kind'], string>> = {
  paused: 'it is paused',
  broken: 'it is missing, or belongs to another version',
  late: 'it started nothing when it was due',
};

/** A new system without an audit is ok until its first audit is overdue. */
function auditCheck(health: Health | null): Check {
  const age = health ? (health.auditAgeMs ?? health.ageMs) : Infinity;
  const since = health?.auditAgeMs === null ? 'no audit yet, for' : 'the last audit was';
  const minutes = Math.floor(age / MINUTE_MS);
  return check('audit', {
    isOk: age <= OVERDUE_MS,
    found: health
      ? `${since} ${minutes} min${health.auditAgeMs === null ? '' : ' ago'}`
      : 'unknown',
    cure:
      'check that the Schedule inmail-fleet-audit exists (npm run migrate creates it) and is not ' +
      'paused, and that a worker runs',
  });
}

/**
 * Failing accounts are reported, but do not make a server unready: another server could not reach
 * them either, and all other accounts answer.
 */
function tasksCheck(health: Health | null): readonly Check[] {
  const failing = health?.failing ?? 0;
  if (failing === 0) return [];
  const accounts = failing === 1 ? '1 account' : `${failing} accounts`;
  const found = `the workflow tasks of ${accounts} fail, so these accounts grant no slot`;
  return [
    {
      name: 'tasks',
      ok: true,
      found,
      cure: 'run safeband doctor: it names each account with a fix',
    },
  ];
}
