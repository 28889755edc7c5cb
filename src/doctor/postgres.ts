/** Checks Postgres: does it answer, is it set up, are the accounts reconciled. */
import { commandLine } from '../domain/primitives/commandLine.js';
import { counted, span, when } from '../domain/primitives/clockWords.js';
import { CLOCK_SKEW_MS, OVERDUE_MS } from '../domain/primitives/limits.js';
import { SECOND_MS, type Instant } from '../domain/primitives/time.js';
import { readFailingAlerts, type FailingAlert } from '../postgres/operations/failing.js';
import { readRecovery, type Recovery } from '../postgres/operations/recovery.js';
import { readTableSizes, readTotalSize } from '../postgres/operations/tableSizes.js';
import type { Pool } from '../postgres/pool.js';
import {
  DATABASE_ROLES,
  readErasureKeys,
  readKeyCount,
  readSchema,
  readServer,
  readVitals,
  type Server,
  type Vitals,
} from '../postgres/operations/vitals.js';
import { erasureFinding } from './erasures.js';
import {
  fail,
  firstLineOf,
  ok,
  warn,
  type Finding,
  type Reason,
  type ReasonOf,
} from './finding.js';
import { recoveryFinding } from './recovery.js';
import { sealFinding } from './seals.js';
import { tableFindings } from './tables.js';

/** The fleet audit needs the transaction ids (`xid8`) that Postgres has since that version. */
const OLDEST = 140_000;
/** A larger difference of two clocks is a warning; more than CLOCK_SKEW_MS is a failure. */
const CLOCK_WARN_MS = 2 * SECOND_MS;
const MIGRATE = 'safeband migrate';

type Asked = {
  readonly open: () => Pool;
  readonly now: () => Instant;
  readonly reasonOf: ReasonOf;
  /** Whose clock is compared, such as `this machine's`. */
  readonly here: string;
};

export async function checkPostgres(asked: Asked): Promise<readonly Finding[]> {
  const { open, now, reasonOf, here } = asked;
  try {
    const pool = open();
    const begun = now();
    const server = await readServer(pool);
    const ended = now();
    if (!server)
      return [fail('Postgres', 'it returns no row', 'start safeband dev, or correct DATABASE_URL')];
    return [
      server.number < OLDEST
        ? fail('Postgres', server.version, 'update it to 14 or newer')
        : ok('Postgres', `${server.version}, as user ${server.user}`),
      clockFinding('clock of Postgres', server.now - (begun + ended) / 2, here),
      ...(await schema(pool, server)),
      ...(await accounts(pool, ended).catch((error: unknown) => unreadable(reasonOf(error)))),
    ];
  } catch (error) {
    const cure = 'start it (safeband dev), or set DATABASE_URL';
    return [fail('Postgres', firstLineOf(reasonOf(error)), cure)];
  }
}

/** Returns the finding of a clock that is `offMs` ahead of the other. */
export function clockFinding(name: string, offMs: number, than: string): Finding {
  const size = Math.abs(offMs);
  const text = `${span(size)} ${offMs >= 0 ? 'ahead of' : 'behind'} ${than}`;
  const cure = 'synchronise the clocks of both machines (NTP)';
  if (size > CLOCK_SKEW_MS) return fail(name, text, cure);
  return size > CLOCK_WARN_MS ? warn(name, text, cure) : ok(name, text);
}

async function schema(pool: Pool, server: Server): Promise<readonly Finding[]> {
  if (!server.mayUse) {
    const text = `user ${server.user} cannot use the schema safeband`;
    return [fail('schema', text, `run ${MIGRATE}, or set DATABASE_URL to a user with that right`)];
  }
  const { missing, newer, changed, last } = await readSchema(pool);
  const found =
    newer.length > 0
      ? fail('schema', `${newer.join(', ')} belongs to a newer version`, 'run that newer version')
      : changed.length > 0
        ? fail(
            'schema',
            `${changed.join(', ')} was changed after it was applied`,
            'restore that file',
          )
        : missing.length > 0
          ? fail(
              'schema',
              `${counted(missing.length, 'migration')} missing: ${missing.join(', ')}`,
              MIGRATE,
            )
          : ok('schema', `up to date (${last.replace('.sql', '')})`);
  const absent = DATABASE_ROLES.filter((role) => !server.roles.includes(role));
  const roles =
    absent.length > 0
      ? warn(
          'roles',
          `${absent.join(', ')} missing: every program uses ${server.user}`,
          `run ${MIGRATE} as a user that may create roles`,
        )
      : ok('roles', DATABASE_ROLES.map((role) => role.replace('safeband_', '')).join(', '));
  return [found, roles];
}

/** Tables that cannot be read, with the error of Postgres: the schema is not always the reason. */
function unreadable(reason: Reason): readonly Finding[] {
  const again = 'correct the cause, then run safeband doctor again';
  return [fail('accounts', firstLineOf(reason), reason.next === MIGRATE ? MIGRATE : again)];
}

async function accounts(pool: Pool, now: Instant): Promise<readonly Finding[]> {
  const vitals = await readVitals(pool, { at: now, overdueMs: OVERDUE_MS });
  const keys = await readKeyCount(pool);
  const recovery = await readRecovery(pool);
  if (!vitals) return [];
  return [
    vitals.connected === 0
      ? warn(
          'accounts',
          'none is connected yet',
          'safeband connect <account> --tier sales_navigator',
        )
      : ok('accounts', `${vitals.connected} connected`),
    audit(vitals, recovery, now),
    recoveryFinding(recovery, now),
    overdue(vitals, now),
    alerts(vitals),
    ...failing(await readFailingAlerts(pool)),
    ...(vitals.skewMs === null
      ? []
      : [
          clockFinding(
            'clocks of runs',
            vitals.skewMs,
            "Temporal's (Postgres, in the last audits)",
          ),
        ]),
    apiKeys(keys),
    await sealFinding(pool, now),
    erasureFinding(await readErasureKeys(pool)),
    ...tableFindings(await readTableSizes(pool), await readTotalSize(pool), now),
  ];
}

function apiKeys(keys: number | null): Finding {
  const name = 'API keys';
  if (keys === null) return ok(name, 'not visible to this database user');
  return keys === 0
    ? warn(name, 'none', 'safeband keys make <name> --role operator')
    : ok(name, counted(keys, 'key'));
}

const AUDIT_CURE =
  'correct schedule and worker below, then run temporal schedule trigger -s inmail-fleet-audit';

/** An audit that starts thousands of accounts writes its heartbeat late, so each start counts. */
function audit({ audit: last, ageMs }: Vitals, recovery: Recovery | null, now: Instant): Finding {
  const name = 'fleet audit';
  // A database older than two intervals should have had one: no audit runs.
  if (last === null) {
    return (ageMs > OVERDUE_MS ? fail : warn)(name, 'none has run yet', AUDIT_CURE);
  }
  const { drifting, woken, missing, lateReconciles, lateResets } = last.found;
  const text =
    `last ${when(last.at, now)}: ${drifting} drifting, ${woken} woken, ${missing} missing, ` +
    `${lateReconciles + lateResets} late`;
  const workedAt = Math.max(last.at, recovery?.signAt ?? last.at);
  return now - workedAt > OVERDUE_MS ? fail(name, text, AUDIT_CURE) : ok(name, text);
}

function overdue({ overdue: silent, ranAt }: Vitals, now: Instant): Finding {
  const name = 'reconciles';
  const [first] = silent;
  if (first === undefined) {
    return ok(name, ranAt === null ? 'none yet' : `last ${when(ranAt, now)}; none is overdue`);
  }
  const who = silent.slice(0, 3).join(', ') + (silent.length > 3 ? ', …' : '');
  return fail(name, `overdue: ${who}`, commandLine('reconcile', [first]));
}

/** Accounts with failing tasks, each with its fix; restarts by the audit are only listed. */
function failing(all: readonly FailingAlert[]): readonly Finding[] {
  const name = 'workflow tasks';
  const critical = all.filter(({ isCritical }) => isCritical);
  if (critical.length === 0) {
    const restarted = all.map(({ accountId }) => accountId).join(', ');
    return [ok(name, restarted === '' ? 'no task fails repeatedly' : `restarted: ${restarted}`)];
  }
  const shown = critical.slice(0, FAILING_SHOWN);
  const more = critical.length - shown.length;
  return [
    ...shown.map(({ accountId, message, failure, cure }) =>
      fail(name, `${accountId}: ${message}: ${failure}`, cure),
    ),
    ...(more > 0
      ? [fail(name, `${counted(more, 'more account')} with failing tasks`, 'safeband alerts')]
      : []),
  ];
}
/** Maximum number of accounts in the report; more than that probably have one common cause. */
const FAILING_SHOWN = 5;

function alerts({ alerts: { critical, warning, info } }: Vitals): Finding {
  const text = `${critical} critical, ${warning} warning, ${info} info open`;
  return critical + warning > 0 ? warn('alerts', text, 'safeband alerts') : ok('alerts', text);
}
