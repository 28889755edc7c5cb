/** Groups with the numbers of their accounts (R26): states, slots, caps, asks and alerts. */
import type { AccountState } from '../../domain/gate/accountState.js';
import type { Instant } from '../../domain/primitives/time.js';
import { rowsOf, type Queryable } from '../pool.js';
import { listGroups, type GroupRow } from './defaults.js';

export type GroupNumbers = {
  /** Accounts by state; a state without an account is not named. */
  readonly states: Readonly<Partial<Record<AccountState, number>>>;
  /** Slots that are spent today. */
  readonly counter: number;
  /** The sum of the caps of today of the connected accounts, without their weekly caps. */
  readonly cap: number;
  /** Asks that wait in the lines of the accounts (R21). */
  readonly waiting: number;
  /** Open alerts that no person works on. */
  readonly alerts: number;
};
export type NumberedGroup = GroupRow & GroupNumbers;

const NONE: GroupNumbers = { states: {}, counter: 0, cap: 0, waiting: 0, alerts: 0 };

type Asked = Parameters<typeof listGroups>[1] & { readonly at: Instant };

/** Lists groups by name, after that one, with the numbers of accounts that the reader may see. */
export async function listNumbered(db: Queryable, asked: Asked): Promise<readonly NumberedGroup[]> {
  const found = await listGroups(db, asked);
  const names = found.map(({ group }) => group);
  const numbers = new Map(await readNumbers(db, names, asked));
  return found.map((row) => ({ ...row, ...(numbers.get(row.group) ?? NONE) }));
}

const readNumbers = (
  db: Queryable,
  groups: readonly string[],
  { accounts, at }: Asked,
): Promise<readonly (readonly [string, GroupNumbers])[]> =>
  rowsOf(
    db,
    `with members as materialized (
       select kept.group_name::text as name, kept.account_id, gate.state,
              case when day.is_new then 0 else a.inmails_sent_today end as counter,
              case when gate.state = 'disconnected' then 0
                   else least(caps.daily, caps.ramp_cap, safeband.learnt_ceiling(a, day.today),
                     safeband.velocity_cap(a, day.today, a.inmails_sent_today)) end as cap
         from safeband.accounts kept
         cross join lateral safeband.as_saved(kept) a
         cross join lateral (select safeband.utc_day(safeband.at_ms($3)) as today,
           a.counter_day < safeband.utc_day(safeband.at_ms($3)) as is_new) day
         cross join lateral safeband.gate_at(a, safeband.at_ms($3)) gate
         cross join lateral safeband.caps_of(a.tier, a.daily_cap, a.weekly_cap, a.ramp,
           case when day.is_new then a.ramp_day_next else a.ramp_day end) caps
        where kept.group_name = any($1::text[])
          and ($2::text[] is null or kept.account_id = any($2))
     ), asks as (
       select m.name, count(*)::int as waiting from safeband.waiting w
         join members m using (account_id) where w.state = 'waiting' group by 1
     ), open as (
       select m.name, count(*)::int as alerts from safeband.alerts x
         join members m using (account_id)
        where x.resolved_at is null and x.acknowledged_at is null group by 1
     ), states as (
       select name, jsonb_object_agg(state, accounts) as states, sum(counter)::int as counter,
              sum(cap)::int as cap
         from (select name, state, count(*) as accounts, sum(counter) as counter, sum(cap) as cap
                 from members group by name, state) counted
        group by name)
     select jsonb_build_array(name, jsonb_build_object('states', states, 'counter', counter,
         'cap', cap, 'waiting', coalesce(waiting, 0), 'alerts', coalesce(alerts, 0))) as row
       from states left join asks using (name) left join open using (name)`,
    [groups, accounts, at],
  );
