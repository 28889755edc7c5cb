/** Finds accounts of one LinkedIn member by its normal form, in any spelling (R13). */
import { memberOf, isSameMember } from '../../domain/primitives/linkedinId.js';
import { SAME_MEMBER } from '../../domain/entity/restore.js';
import type { AccountRow } from '../../domain/records/records.js';
import type { Queryable } from '../pool.js';

type Compared = Pick<AccountRow, 'accountId' | 'day' | 'policy'>;

/** Maximum accounts that an alert names. */
const RIVALS_MAX = 5;

/**
 * Returns the other accounts of the same member, connected now or in the last seven quota days, and
 * the accounts whose id differs only in case (R13).
 *
 * `isAgain`: the account was compared before, by another form. Then the first account that is
 * compared again continues. Accounts that are compared later find it, and accounts that are held
 * because of the member stay held.
 */
export async function readRivals(
  db: Queryable,
  { accountId, day, policy: { identity } }: Compared,
  isAgain = false,
): Promise<readonly string[]> {
  const member = identity === null ? null : memberOf(identity);
  const { rows } = await db.query<{ account_id: string; identity: string | null; is_id: boolean }>(
    `select account_id, identity, lower(account_id) = lower($1) as is_id from safeband.accounts
      where account_id <> $1
        and (lower(account_id) = lower($1)
          or ($2::text is not null
            and (identity_normal = $2 or identity_number = $3
              or identity is distinct from identity_compared)
            and (state <> 'disconnected' or counter_day > safeband.day_at($4) - 7)
            and not ($5 and state <> 'disconnected'
              and (identity is distinct from identity_compared
                or coalesce(hold_actor = 'safeband' and hold_reason = $6, false)))))
      order by account_id`,
    [accountId, member?.normal ?? null, member?.number ?? null, day, isAgain, SAME_MEMBER],
  );
  const isRival = (other: string | null): boolean =>
    identity !== null && other !== null && isSameMember(identity, other);
  return rows
    .filter((row) => row.is_id || isRival(row.identity))
    .slice(0, RIVALS_MAX)
    .map(({ account_id }) => account_id);
}

/**
 * Makes two starts of one member wait for each other; the order of locks prevents a deadlock. Each
 * lock is a row that only a worker may lock. Reason: any login could hold an advisory lock.
 */
export async function lockIdentity(
  db: Queryable,
  { accountId, policy: { identity } }: Pick<Compared, 'accountId' | 'policy'>,
): Promise<void> {
  const member = memberOf(identity ?? accountId);
  const names = [`id ${accountId.toLowerCase()}`, `member ${member.normal}`];
  if (member.number !== null) names.push(`number ${member.number}`);
  await db.query(
    `select slot from safeband.identity_locks
      where slot in (select (hashtextextended(name, 7) & 1023)::int
                       from unnest($1::text[]) as name)
      order by slot for update`,
    [names],
  );
}
