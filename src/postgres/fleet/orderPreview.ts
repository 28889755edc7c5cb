/** Which accounts an order on many accounts would be for, and what they have now (R30). */
import type { OrderFilter, OrderKind } from '../../domain/fleet/order.js';
import type { AlikeAccounts } from '../../domain/fleet/orderEffect.js';
import { rowsOf, type Queryable } from '../pool.js';
import { POLICY } from '../save/policyJson.js';

/** Maximum number of accounts that a preview lists. */
export const PREVIEW_ACCOUNTS = 100;
/** Maximum different settings that a preview compares; the other accounts are only counted. */
const ALIKE_MAX = 10_000;

export type Seen = {
  readonly filter: OrderFilter;
  /** The accounts that the key may see; null: all. */
  readonly accounts: readonly string[] | null;
};
/** The accounts of an order: a disconnected one is only in it if the filter names that state. */
export const MATCHES = `($1::text[] is null or a.account_id = any($1))
  and ($2::text is null or a.group_name = $2)
  and ($3::text is null or a.tier::text = $3)
  and (case when $4::text is null then a.state <> 'disconnected' else a.state = $4 end)
  and ($5::text[] is null or a.account_id = any($5))
  and ($6::text is null or exists (
    select from jsonb_to_recordset(a.cooldowns) as c (cause text, until bigint)
     where c.cause = $6 and safeband.at_ms(c.until) > statement_timestamp()))`;
/** Returns the values of the filter, `$1` to `$6`. */
export const valuesOf = ({ filter, accounts }: Seen): unknown[] => [
  accounts,
  filter.group ?? null,
  filter.tier ?? null,
  filter.state ?? null,
  filter.accountIds ?? null,
  filter.cooldown ?? null,
];

/** True for an account in which the order would change nothing. Policies are compared apart. */
const ALREADY: Readonly<Record<OrderKind, string>> = {
  hold: 'a.hold_actor is not null',
  resume: `a.hold_actor is null
    and coalesce(a.breaker_until <= statement_timestamp(), true)
    and not exists (select from jsonb_to_recordset(a.cooldowns) as c (cause text, until bigint)
      where c.cause = 'unclean_end' and safeband.at_ms(c.until) > statement_timestamp())`,
  configure: 'false',
  reconcile: 'false',
  disconnect: `a.state = 'disconnected'`,
};

export type Preview = {
  readonly count: number;
  readonly accounts: readonly string[];
  /** In how many of them the order would change nothing. */
  readonly already: number;
};

/** Returns how many accounts the filter chooses now, and the first of them. */
export async function previewOrder(
  db: Queryable,
  { kind, ...seen }: Seen & { readonly kind: OrderKind },
): Promise<Preview> {
  const [found] = await rowsOf<Preview>(
    db,
    `with chosen as (
       select account_id, ${ALREADY[kind]} as is_already from safeband.accounts a where ${MATCHES})
     select jsonb_build_object('count', (select count(*) from chosen),
       'already', (select count(*) from chosen where is_already), 'accounts', (
       select coalesce(jsonb_agg(account_id), '[]') from (
         select account_id from chosen order by account_id limit ${PREVIEW_ACCOUNTS}) f)) as row`,
    valuesOf(seen),
  );
  return found ?? { count: 0, accounts: [], already: 0 };
}

/** Counts the chosen accounts by those fields of their policies, most accounts first. */
export const countAlike = (
  db: Queryable,
  { fields, ...seen }: Seen & { readonly fields: readonly string[] },
): Promise<readonly AlikeAccounts[]> =>
  rowsOf(
    db,
    `select jsonb_build_object('policy', policy, 'accounts', count(*)) as row
       from (select (select jsonb_object_agg(key, value) from jsonb_each(${POLICY})
                      where key = any($7)) as policy
               from safeband.accounts a where ${MATCHES}) chosen
      group by policy order by count(*) desc limit ${ALIKE_MAX}`,
    [...valuesOf(seen), fields],
  );
