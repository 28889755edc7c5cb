/** Log-ins, and changes of keys and webhooks: rows that triggers write (0018_access.sql). */
import { NO_GROUP, type GroupFilter } from '../groups/members.js';
import { rowsOf, type Queryable } from '../pool.js';

export type AccessChange = {
  readonly changeId: number;
  readonly at: string;
  readonly kind: string;
  readonly actor: string;
  readonly target: string;
  readonly details: object;
};

/**
 * The change names the group, or an account that the group has now; a log-in, if its key does.
 * `none` names the accounts without a group, and is no group.
 */
const CONCERNS = `(c.kind = 'group_changed' and c.target = $3
    or named.groups ? $3
    or exists (select from (
           select c.details ->> 'accountId' as id
           union all select jsonb_array_elements_text(
             case jsonb_typeof(named.accounts) when 'array' then named.accounts else '[]' end)) ids
         join safeband.accounts a on a.account_id = ids.id
        where a.group_name is not distinct from nullif($3, '${NO_GROUP}')))`;

/** Returns the changes before that one, the newest first; of a group only those that name it. */
export const listAccessChanges = (
  db: Queryable,
  {
    before,
    limit,
    group = null,
  }: { readonly before: number | null; readonly limit: number; readonly group?: GroupFilter },
): Promise<readonly AccessChange[]> =>
  rowsOf(
    db,
    `select jsonb_build_object('changeId', change_id, 'at', safeband.iso(at), 'kind', kind,
       'actor', actor, 'target', target, 'details', details) as row
     from safeband.access_changes c
     left join lateral (
       select coalesce(to_jsonb(k.accounts), c.details -> 'accounts') as accounts,
              coalesce(to_jsonb(k.groups), c.details -> 'groups') as groups
         from (select) one left join safeband.api_keys k
           on c.kind = 'login' and k.key_id = c.target) named on true
     where ($1::bigint is null or change_id < $1) and ($3::text is null or ${CONCERNS})
     order by change_id desc limit $2`,
    [before, limit, group],
  );
