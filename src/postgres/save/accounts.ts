/**
 * The account's own row: a start reads it and claims it, and each save updates it (R13, R14).
 */
import { modeOf, scopeOf } from '../../domain/account/policy.js';
import { stoppedState } from '../../domain/gate/accountState.js';
import { memberOf } from '../../domain/primitives/linkedinId.js';
import type { AccountRow } from '../../domain/records/records.js';
import type { CommittedRun, Place, StoredAccount, Write } from '../../domain/records/snapshot.js';
import { VELOCITY_DAYS, VELOCITY_LOOK_BACK_DAYS } from '../../domain/account/counter.js';
import { WEEK_DAYS } from '../../domain/primitives/limits.js';
import type { Instant } from '../../domain/primitives/time.js';
import type { Queryable } from '../pool.js';
import { POLICY } from './policyJson.js';

/**
 * Every column that the workflow writes, in the order of `valuesOf`. $1 to $8 are the statement's
 * own values, so that a new column comes last.
 */
const COLUMNS = `account_id, tier, timezone, daily_cap, weekly_cap, ramp, sending_window, identity,
  inmails_sent_today, counter_day, ramp_day, ramp_day_next, highest_cap, cooled_at_counter, state,
  cooldown_until, cooldown_cause, cooldowns, hold_reason, hold_actor, hold_since, breaker_until,
  in_flight, uncertain, carried, imported, external, unexplained, version, updated_at,
  credits_renew_on, pacing, recipient_memory_days, campaigns, mode,
  velocity, sent_days, credits, group_name, learnt_cap, learnt, recipient_scope`;
const VALUES = `$9, $10, $11, $12, $13, $14::int[], $15::jsonb, $16, $17, safeband.day_at($18),
  $19, $20, $21, $22, $23, safeband.at_ms($24), $25, $26::jsonb, $27, $28, safeband.at_ms($29),
  safeband.at_ms($30), $31, $32, $33, $34, $35, $36, $37::bigint, safeband.at_ms($38),
  $39::smallint, $40::jsonb, $41::smallint, $42::jsonb, $43,
  $44::jsonb, $45::jsonb, $46::jsonb, $47, $48, $49::jsonb, $50`;
/** The columns of the row that an insert would have added. */
const EXCLUDED = COLUMNS.replaceAll(/\w+/g, 'excluded.$&');

function valuesOf(row: AccountRow): readonly unknown[] {
  const { policy, hold } = row;
  const last = row.cooldowns.toSorted((a, b) => b.until - a.until)[0];
  return [
    row.accountId,
    policy.tier,
    policy.timezone,
    policy.dailyCap,
    policy.weeklyCap,
    policy.ramp?.dailyCaps ?? null,
    policy.sendingWindow && JSON.stringify(policy.sendingWindow),
    policy.identity,
    row.counter,
    row.day,
    row.rampDay,
    row.rampDayNext,
    row.highestCap,
    row.cooledAtCounter,
    stateAtWrite(row),
    last?.until ?? null,
    last?.cause ?? null,
    JSON.stringify(row.cooldowns),
    hold?.reason ?? null,
    hold?.actor ?? null,
    hold?.since ?? null,
    row.breakerUntil,
    row.inFlight,
    row.uncertain,
    row.carried,
    row.imported,
    row.external,
    row.unexplained,
    row.version,
    row.updatedAt,
    policy.creditsRenewOn ?? null,
    policy.pacing ? JSON.stringify(policy.pacing) : null,
    policy.recipientMemoryDays ?? null,
    policy.campaigns ? JSON.stringify(policy.campaigns) : null,
    modeOf(policy),
    policy.velocity ? JSON.stringify(policy.velocity) : null,
    row.sentDays ? JSON.stringify(row.sentDays) : null,
    row.credits ? JSON.stringify(row.credits) : null,
    policy.group ?? null,
    policy.learntCap ?? false,
    row.learnt ? JSON.stringify(row.learnt) : null,
    scopeOf(policy),
  ];
}

/** The state as of the write, in the contract's word; readers compute what has ended since. */
const stateAtWrite = ({ state, hold, breakerUntil, cooldowns, updatedAt }: AccountRow): string =>
  stoppedState(
    { isDisconnected: state === 'disconnected', hold, breakerUntil, cooldowns },
    updatedAt,
  ) ?? 'active';

/**
 * Makes `owner` the writer of the row. False if the row has changed since it was read, or exists
 * although none was read. An owner that claims again updates its own row. If it did not read the
 * row, this is no new beginning, and the version with which it began stays. Only a claim writes the
 * identity's normal form, by which the accounts of one member are found.
 */
export async function claimAccount(
  db: Queryable,
  row: AccountRow,
  owner: string,
  found: { readonly owner: string; readonly version: number } | null,
  place: Place | null = null,
): Promise<boolean> {
  const { identity } = row.policy;
  const member = identity === null ? null : memberOf(identity);
  const { rowCount } = await db.query(
    `insert into safeband.accounts as a (${COLUMNS}, owner, owner_version, hot_since,
       saved_run_id, run_id, run_events, identity_normal, identity_number,
       identity_compared)
     values (${VALUES}, $1, $37::bigint, safeband.at_ms($38), $4, $4, $5, $6, $7, $8)
     on conflict (account_id) do update set
       (${COLUMNS}, recorded_at, owner, owner_version, hot_since, run_id, run_events,
        identity_normal, identity_number, identity_compared) =
       row (${EXCLUDED}, clock_timestamp(), excluded.owner,
         case when a.owner = excluded.owner and $2::text is null
              then a.owner_version else excluded.owner_version end,
         coalesce(a.hot_since, excluded.hot_since), excluded.run_id, excluded.run_events,
         excluded.identity_normal, excluded.identity_number, excluded.identity_compared)
     where a.version <= excluded.version
       and (a.owner = excluded.owner or (a.owner = $2 and a.version = $3))`,
    [
      owner,
      found?.owner ?? null,
      found?.version ?? null,
      place?.runId ?? null,
      place?.events ?? null,
      member?.normal ?? null,
      member?.number ?? null,
      identity,
      ...valuesOf(row),
    ],
  );
  return rowCount === 1;
}

/**
 * Updates the row, with counter, day and ramp in one write. The row of another owner, or a newer
 * row, stays unchanged. `checkedAt`: the time of the reconcile, if a reconcile saves.
 */
export async function moveAccount(
  db: Queryable,
  row: AccountRow,
  owner: string,
  {
    isHot,
    checkedAt,
    write,
    place,
  }: {
    readonly isHot: boolean;
    readonly checkedAt: Instant | null;
    readonly write: Write | undefined;
    readonly place: Place | undefined;
  },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update safeband.accounts
        set (${COLUMNS}, recorded_at, last_checked_at, hot_since, last_write, last_write_mark,
              saved_run_id, run_id, run_events) =
            row (${VALUES}, clock_timestamp(), coalesce(safeband.at_ms($2), last_checked_at),
              case when $3::boolean then coalesce(hot_since, safeband.at_ms($38)) end,
              coalesce($4::bigint, last_write), coalesce($5::text, last_write_mark),
              coalesce($6, saved_run_id), $7::text, $8::integer)
      where account_id = $9::text and owner = $1 and version <= $37::bigint`,
    [
      owner,
      checkedAt,
      isHot,
      write?.number ?? null,
      write?.mark ?? null,
      place?.isWhole ? place.runId : null,
      place?.runId ?? null,
      place?.events ?? null,
      ...valuesOf(row),
    ],
  );
  return rowCount === 1;
}

/**
 * Keeps the answer of the reconcile in the row, in the reconcile's transaction. If the reconcile
 * found everything equal, and nothing is in flight, the account is cold (R8).
 */
export async function keepRun(
  db: Queryable,
  accountId: string,
  { run, isCold }: { readonly run: CommittedRun; readonly isCold: boolean },
): Promise<void> {
  await db.query(
    `update safeband.accounts
        set last_run = $2::jsonb, hot_since = case when $3 then null else hot_since end,
            recorded_at = clock_timestamp()
      where account_id = $1`,
    [accountId, JSON.stringify(run), isCold],
  );
}

/**
 * Raises the number of the last write: from now on a write with a lower number is late and changes
 * nothing. A manually edited row keeps its stamp, because the trigger recognises our own writes by
 * a new stamp: so the edit stays marked (R14).
 */
export async function raiseLastWrite(
  db: Queryable,
  accountId: string,
  { number, mark }: Write,
): Promise<void> {
  await db.query(
    `update safeband.accounts
        set last_write = $2, last_write_mark = $3,
            recorded_at = case when is_edited then recorded_at else clock_timestamp() end
      where account_id = $1 and last_write < $2`,
    [accountId, number, mark],
  );
}

/** Builds a stored account as JSON from the columns of its row. */
export const STORED = `jsonb_build_object(
    'accountId', account_id,
    'policy', ${POLICY},
    'day', safeband.day_no(counter_day), 'counter', inmails_sent_today,
    'inFlight', in_flight, 'uncertain', uncertain, 'carried', carried, 'imported', imported,
    'external', external, 'unexplained', unexplained,
    'rampDay', ramp_day, 'rampDayNext', ramp_day_next,
    'highestCap', highest_cap, 'cooledAtCounter', cooled_at_counter,
    'state', case when state = 'disconnected' then state else 'connected' end,
    'cooldowns', cooldowns,
    'hold', case when hold_actor is not null then jsonb_build_object('reason', hold_reason,
      'actor', hold_actor, 'since', safeband.ms_of(hold_since)) end,
    'breakerUntil', safeband.ms_of(breaker_until),
    'version', version, 'updatedAt', safeband.ms_of(updated_at),
    'owner', owner, 'ownerVersion', owner_version)
    || case when sent_days is null then '{}' else jsonb_build_object('sentDays', sent_days) end
    || case when credits is null then '{}' else jsonb_build_object('credits', credits) end
    || case when learnt is null then '{}' else jsonb_build_object('learnt', learnt) end`;
/**
 * Accounts with the values of their last save, which a manual edit does not change: for readers
 * that show the numbers of the gate (R17). `id` finds the account by the index; `as_is` is the row.
 */
export const SAVED = `(select kept.account_id as id, saved.*, kept as as_is
    from safeband.accounts kept cross join lateral safeband.as_saved(kept) saved) a`;
/** Builds the edit of that row as it is, as `EditedNow`; null if it is as the last save wrote it. */
export const EDITED = `case when is_edited then jsonb_build_object(
    'day', safeband.day_no((as_is).counter_day), 'counter', (as_is).inmails_sent_today,
    'columns', safeband.edited_columns(as_is)) end`;

/** The runs whose history continues the row (R13); absent in a row of older code. */
const PLACE = `jsonb_strip_nulls(jsonb_build_object('savedRunId', saved_run_id, 'runId', run_id,
    'runEvents', run_events))`;

/**
 * Builds the days with a send before the week of the row, for a row of an account without a
 * velocity: it may get one (R25).
 */
export const sentDaysOf = (row: string): string => `jsonb_strip_nulls(jsonb_build_object('sentDays',
    coalesce(${row}.sent_days, (
      select jsonb_agg(jsonb_build_object('day', safeband.day_no(quota_day), 'sent', counter)
               order by quota_day)
        from (select d.quota_day, d.counter from safeband.account_days d
               where d.account_id = ${row}.account_id and d.counter > 0
                 and d.quota_day <= ${row}.counter_day - ${WEEK_DAYS}
                 and d.quota_day >= ${row}.counter_day - ${VELOCITY_LOOK_BACK_DAYS}
               order by d.quota_day desc limit ${VELOCITY_DAYS}) last))))`;

/** Reads the account's row for a start. */
export async function readAccount(db: Queryable, accountId: string): Promise<StoredAccount | null> {
  const { rows } = await db.query<{ account: StoredAccount }>(
    `select ${STORED} || ${PLACE} || ${sentDaysOf('accounts')} as account
       from safeband.accounts where account_id = $1`,
    [accountId],
  );
  return rows[0]?.account ?? null;
}

/** Reads the number of the last write, and the last committed reconcile with its answer. */
export async function readLast(
  db: Queryable,
  accountId: string,
): Promise<{ readonly lastWrite: number; readonly lastRun: CommittedRun | null }> {
  const { rows } = await db.query<{ lastWrite: number; lastRun: CommittedRun | null }>(
    `select last_write::float8 as "lastWrite", last_run as "lastRun"
       from safeband.accounts where account_id = $1`,
    [accountId],
  );
  return rows[0] ?? { lastWrite: 0, lastRun: null };
}
