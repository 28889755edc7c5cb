/**
 * Whether this deployment may take sends: what has to be true, each with what to do where it is
 * not. Judged from readings; nothing here reads.
 */
import type { Health } from '../../postgres/operations/health.js';
import { OVERDUE_MS } from '../../domain/primitives/limits.js';
import { MINUTE_MS } from '../../domain/primitives/time.js';
import type { ScheduleFlaw } from '../../temporal/schedules.js';

/** One reading: a value, or why there is none. */
export type Reading<T> = { readonly value: T } | { readonly missing: string };
export type Readings = {
  readonly postgres: Reading<Health | null>;
  /** How many workers poll the task queue. */
  readonly pollers: Reading<number>;
  /** What is wrong with each of our Schedules; undefined: nothing. */
  readonly schedules: Reading<readonly SchedulesFlaw[]>;
  /** What is wrong with the search attributes; absent: nobody has looked, or nobody may. */
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
  /** What to do; only where something is wrong. */
  readonly cure?: string;
};
export type Readiness = {
  readonly status: 'ready' | 'not_ready';
  readonly checks: readonly Check[];
};

/** All checks, always in this order; what cannot be known counts as not ok. */
export function judgeReadiness(
  { postgres, pollers, schedules, attributes }: Readings,
  migrations: readonly string[],
): Readiness {
  const health = 'value' in postgres ? postgres.value : null;
  const checks: readonly Check[] = [
    check('postgres', {
      isOk: 'value' in postgres,
      found: 'value' in postgres ? 'it answers' : postgres.missing,
      cure: 'start Postgres, or mend DATABASE_URL',
    }),
    schemaCheck(health, migrations),
    check('temporal', {
      isOk: 'value' in pollers,
      found: 'value' in pollers ? 'it answers' : pollers.missing,
      cure: 'start Temporal, or mend TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE',
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

/** A newer database is well: each migration leaves the version before it working (a rollout). */
function schemaCheck(health: Health | null, known: readonly string[]): Check {
  const applied = health?.migrations ?? [];
  const missing = known.filter((name) => !applied.includes(name));
  const newer = applied.filter((name) => !known.includes(name));
  const found =
    missing.length > 0
      ? `it lacks ${missing.join(', ')}`
      : `it has all of this version${newer.length > 0 ? `, and ${newer.join(', ')}` : ''}`;
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
  const told = bad.map(({ scheduleId, flaw: { kind } }) => `${scheduleId}: ${WORDS[kind]}`);
  return check('schedules', {
    // Somebody paused it on purpose: that is said, and other servers would be no better.
    isOk: 'value' in schedules && bad.every(({ flaw: { kind } }) => kind === 'paused'),
    found: 'value' in schedules ? told.join('; ') || 'each has its next time' : 'unknown',
    cure: bad[0]?.flaw.cure ?? 'start Temporal, or mend TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE',
  });
}
/** Not the note of whoever paused it: who asks here has no key. */
const WORDS: Readonly<Record<ScheduleFlaw['kind'], string>> = {
  paused: 'it is paused',
  broken: 'it is missing, or starts nothing of this version',
  late: 'it starts nothing when it is due',
};

/** A system is young until its first audit is overdue. */
function auditCheck(health: Health | null): Check {
  const age = health ? (health.auditAgeMs ?? health.ageMs) : Infinity;
  const since = health?.auditAgeMs === null ? 'there was none yet, for' : 'the last was';
  const minutes = Math.floor(age / MINUTE_MS);
  return check('audit', {
    isOk: age <= OVERDUE_MS,
    found: health
      ? `${since} ${minutes} min${health.auditAgeMs === null ? '' : ' ago'}`
      : 'unknown',
    cure:
      'see whether the Schedule inmail-fleet-audit is there and not paused (npm run migrate makes ' +
      'it), and whether a worker runs',
  });
}

/**
 * Accounts that answer nothing are reported, and never make a server not ready: another server
 * would reach them no better, and all other accounts answer.
 */
function tasksCheck(health: Health | null): readonly Check[] {
  const failing = health?.failing ?? 0;
  if (failing === 0) return [];
  const accounts = failing === 1 ? '1 account' : `${failing} accounts`;
  const found = `the workflow tasks of ${accounts} fail: nothing is granted there`;
  return [{ name: 'tasks', ok: true, found, cure: 'safeband doctor names each with its way out' }];
}
