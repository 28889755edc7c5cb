/** Reads which accounts of a group have contacted a recipient (R31). */
import { contactEnd, type GroupContact } from '../../domain/fleet/groupAsk.js';
import type { GroupAsk } from '../../domain/fleet/groupPlace.js';
import { isSameRecipient } from '../../domain/account/kept.js';
import { isRecipientId } from '../../domain/primitives/ids.js';
import { searchKeyOf } from '../../domain/primitives/linkedinId.js';
import type { UtcDay } from '../../domain/primitives/time.js';
import { ERASED, isErased } from '../data/erased.js';

/** The part of `pg` that the desk needs: a pool or a connection. */
export type Queryable = {
  query<R extends object>(
    text: string,
    values: unknown[],
  ): Promise<{ readonly rows: R[]; readonly rowCount: number | null }>;
};

/** Maximum contacts that are read: members that share a key differ in their spelling. */
export const CONTACTS_MAX = 200;
/** True for a grant of the group, `c`, whose row is not saved yet: for an hour at most. */
export const IS_UNSAVED = `c.granted_at > clock_timestamp() - interval '1 hour'
  and not exists (select from safeband.reservations known
    where known.account_id = c.account_id and known.reservation_id = c.reservation_id)`;

/** True for an account that is in the group `$1` and connected; `a` is its row, or null. */
export const IS_MEMBER = `coalesce(a.group_name = $1 and a.state <> 'disconnected', false)`;

type ContactRow = {
  readonly accountId: string;
  readonly recipientId: string | null;
  readonly reservationId: string;
  readonly state: 'in_flight' | 'uncertain' | 'delivered';
  readonly quotaDay: UtcDay;
  readonly memoryDays: number;
  readonly today: UtcDay;
  readonly isMember: boolean;
};

/** Reads who of the group has contacted the recipient, also before it came into the group. */
export async function readContacts(
  db: Queryable,
  ask: GroupAsk,
  keys: readonly string[],
  granted: string | null,
): Promise<readonly GroupContact[]> {
  const { rows } = await db.query<{ row: ContactRow }>(
    `select jsonb_build_object('accountId', account_id, 'recipientId', r.recipient_id,
       'reservationId', r.reservation_id, 'state', r.state, 'quotaDay',
       safeband.day_no(r.quota_day), 'memoryDays', coalesce(a.recipient_memory_days, 0),
       'today', safeband.day_no(safeband.utc_day(clock_timestamp())),
       'isMember', ${IS_MEMBER}) as row
     from (
       select account_id, recipient_id, reservation_id, state, quota_day
         from safeband.reservations
        where recipient_key collate "C" = any($2::text[]) and state <> 'released'
       union all
       -- An InMail from before the account was connected has no reservation: its name is its day.
       select account_id, recipient_id, 'imported:' || safeband.utc_day(sent_at), 'delivered',
              safeband.utc_day(sent_at)
         from safeband.past_sends where recipient_key collate "C" = any($2::text[])
       union all
       -- A grant of the group whose row is not saved yet.
       select c.account_id, null, c.reservation_id, 'in_flight',
              safeband.utc_day(clock_timestamp())
         from safeband.group_recipients c
        where c.group_name = $1 and c.recipient_key = any($2::text[])
          and ${IS_UNSAVED}
       union all
       -- An account that decides about the recipient, or has not saved its decision (R20).
       select c.claimed_by, null, c.claimed_for, 'in_flight',
              safeband.utc_day(clock_timestamp())
         from safeband.group_recipients c
        where c.group_name = $1 and c.recipient_key = any($2::text[]) and safeband.is_open_claim(c)
       union all
       select w.account_id, w.recipient_id, w.reservation_id, 'in_flight',
              safeband.utc_day(clock_timestamp())
         from safeband.waiting w join safeband.accounts waits using (account_id)
        where w.recipient_key collate "C" = any($2::text[])
          and w.state in ('waiting', 'granted') and safeband.keeps_recipient(w)
          and waits.recipient_scope = 'group') r
     join safeband.accounts a using (account_id)
     where a.group_name = $1
        -- Of an account that has left the group, only the contact that the group has made.
        or account_id = $3 and exists (select from safeband.group_recipients made
             where made.group_name = $1 and made.recipient_key = any($2::text[])
               and made.account_id = r.account_id and made.reservation_id = r.reservation_id)
     order by r.quota_day desc, account_id, r.reservation_id limit ${CONTACTS_MAX}`,
    [ask.group, searchKeysOf(ask, keys), granted],
  );
  return rows
    .map(({ row }) => row)
    .filter(
      (row) => mayBe(row.recipientId, ask.recipientId) && row.reservationId !== ask.reservationId,
    )
    .map(({ accountId, isMember, reservationId, ...row }) => ({
      accountId,
      isMember,
      reservationId,
      until: contactEnd(row),
    }));
}

/** Reservations keep a long key whole. */
const searchKeysOf = ({ recipientId }: GroupAsk, keys: readonly string[]): readonly string[] =>
  recipientId === null ? keys : [searchKeyOf(recipientId), ...keys];

/** True if a row that was found by its key may be of the asked recipient: a key is not the name. */
export const mayBe = (known: string | null, asked: string | null | undefined): boolean =>
  known === null ||
  known.startsWith(ERASED) ||
  (isRecipientId(known) && isRecipientId(asked) && isSameRecipient(known, asked));

/**
 * Refuses to answer without the key of erased contacts: each may be the asked one (R29). With
 * `since`, contacts of earlier days do not matter.
 */
export async function refuseUnknownKey(
  db: Queryable,
  group: string,
  prefix: string,
  since: UtcDay | null = null,
): Promise<void> {
  const { rowCount } = await db.query(
    `select from (
       select account_id, recipient_key, quota_day as day from safeband.reservations
        where state <> 'released'
       union all
       select account_id, recipient_key, safeband.utc_day(sent_at) from safeband.past_sends) r
       join safeband.accounts a using (account_id)
      where ${isErased('r.recipient_key')}
        and not starts_with(r.recipient_key, $2) and a.group_name = $1
        and ($3::int is null or r.day >= safeband.day_at($3)) limit 1`,
    [group, prefix, since],
  );
  if (rowCount === 0) return;
  throw new Error(
    'SAFEBAND_ERASURE_KEY is not the key with which contacts of this group were erased: give it ' +
      'to the server, too',
  );
}
