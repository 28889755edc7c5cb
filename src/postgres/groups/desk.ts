/**
 * The rows of asks of a group (R31). Each function is one statement, and none waits for an account.
 * Times are those of Postgres, so that all servers and pipelines compare with one clock.
 */
import { createHash } from 'node:crypto';
import type { GroupOrder } from '../../domain/fleet/groupAsk.js';
import type { GroupAsk, Hold, Place } from '../../domain/fleet/groupPlace.js';
import { searchKeyOf } from '../../domain/primitives/linkedinId.js';
import { SECOND_MS } from '../../domain/primitives/time.js';
import { ERASED, NO_ERASURE_KEY } from '../data/erased.js';
import { IS_MEMBER, readContacts, refuseUnknownKey, type Queryable } from './contacts.js';

/** The rows of asks of groups, as `safeband/client` and the HTTP server use them. */
export interface GroupDesk {
  readPlace(ask: GroupAsk): Promise<Place | undefined>;
  /** Returns the order of the members; undefined: no account of the group is connected. */
  order(group: string): Promise<GroupOrder | undefined>;
  /** Takes the recipient for this ask, for a few seconds. No account is asked without it. */
  hold(ask: GroupAsk): Promise<Hold>;
  /** Writes the account before it is asked; false: another request with this id was faster. */
  place(ask: GroupAsk, from: string | null, to: string): Promise<boolean>;
  /** Writes the grant of an account; the answer is where the ask is now. */
  confirm(ask: GroupAsk, accountId: string): Promise<Omit<Place, 'isMember'>>;
  /**
   * Ends an ask without a grant. `asked`: the account that denied last, whose place is removed.
   */
  leave(ask: GroupAsk, asked: string | null): Promise<void>;
}

/** How long a recipient is held for an ask: longer than a walk over the members takes. */
export const HOLD_MS = 20 * SECOND_MS;
/** Maximum bytes of a recipient in a row; a longer one is kept as its digest. */
const KEY_BYTES = 1_000;
/** Members of an order that is read without the gate. */
const ORDER_MAX = 50;

export type DeskOptions = {
  /** Returns the order of the members; by default, those with the most room of the day first. */
  readonly order?: (group: string) => Promise<GroupOrder | undefined>;
  /** Returns the hash of an erased recipient, and how the hashes of that key begin (R29). */
  readonly erased?: {
    readonly prefix: string;
    readonly hashOf: (recipientId: string) => string;
  };
};

/** Returns the key of a recipient in `group_recipients`. */
export function groupKeyOf(recipientId: string): string {
  const key = searchKeyOf(recipientId);
  if (Buffer.byteLength(key) <= KEY_BYTES) return key;
  return `sha256:${createHash('sha256').update(key).digest('hex')}`;
}

/** Makes the desk of a database; its login needs the rights of `safeband_server`. */
export function pgGroupDesk(db: Queryable, options: DeskOptions = {}): GroupDesk {
  const { erased, order = (group) => readOrder(db, group) } = options;
  const keysOf = (recipientId: string): readonly string[] => [
    groupKeyOf(recipientId),
    ...(erased ? [erased.hashOf(recipientId)] : []),
  ];
  return {
    order,
    readPlace: (ask) => readPlace(db, ask),
    hold: async (ask) => {
      if (ask.recipientId === null) return { held: true, granted: null, contacts: [] };
      const keys = keysOf(ask.recipientId);
      await refuseUnknownKey(db, ask.group, erased?.prefix ?? NO_ERASURE_KEY);
      const hold = await takeHold(db, ask, keys);
      if (!hold.held) return hold;
      const contacts = await readContacts(db, ask, keys, hold.account);
      return { held: true, granted: hold.isMember ? hold.account : null, contacts };
    },
    place: (ask, from, to) => writePlace(db, ask, from, to),
    confirm: async (ask, accountId) => {
      const { group, reservationId, recipientId } = ask;
      const key = recipientId === null ? null : await keyOfHold(db, ask, keysOf(recipientId));
      const { rows } = await db.query<Omit<Place, 'isMember'>>(
        `select state, account_id as "accountId"
           from safeband.confirm_in_group($1, $2, $3, $4)`,
        [group, reservationId, accountId, key],
      );
      return onlyOne(rows);
    },
    leave: (ask, asked) =>
      writeLeave(db, ask, asked, ask.recipientId === null ? [] : keysOf(ask.recipientId)),
  };
}

function onlyOne<T>([row]: readonly T[]): T {
  if (!row) throw new Error('a function that returns its state has one row');
  return row;
}

async function readPlace(db: Queryable, ask: GroupAsk): Promise<Place | undefined> {
  const { rows } = await db.query<Place>(
    `select p.account_id as "accountId", p.state, ${IS_MEMBER} as "isMember"
       from safeband.group_reserves p left join safeband.accounts a using (account_id)
      where p.group_name = $1 and p.reservation_id = $2`,
    [ask.group, ask.reservationId],
  );
  return rows[0];
}

/** Members that their rows do not stop come first, those with the most room of the day first. */
async function readOrder(db: Queryable, group: string): Promise<GroupOrder | undefined> {
  const { rows } = await db.query<{ accountId: string }>(
    `select account_id as "accountId" from safeband.accounts
      where group_name = $1 and state <> 'disconnected'
      order by hold_actor is not null or coalesce(cooldown_until > clock_timestamp(), false)
          or coalesce(breaker_until > clock_timestamp(), false),
        case when counter_day < safeband.utc_day(clock_timestamp()) then highest_cap
             else highest_cap - inmails_sent_today - carried end desc, account_id
      limit ${ORDER_MAX}`,
    [group],
  );
  if (rows.length === 0) return undefined;
  const asks = rows.map(({ accountId }) => ({ accountId, reason: null, notBefore: null }));
  return { asks, stopped: [] };
}

type Taken =
  | { readonly held: true; readonly account: string | null; readonly isMember: boolean }
  | Extract<Hold, { readonly held: false }>;

/** Takes the recipient, unless another ask holds it. */
async function takeHold(db: Queryable, ask: GroupAsk, keys: readonly string[]): Promise<Taken> {
  const { rows } = await db.query<{ account: string | null; isMember: boolean }>(
    `with known as (
       select recipient_key as key from safeband.group_recipients
        where group_name = $1 and recipient_key = any($3::text[])),
     taken as (
       insert into safeband.group_recipients as c (group_name, recipient_key, held_by, held_until)
       select $1, coalesce((select max(key) from known where key like '${ERASED}%'), $4), $2,
              clock_timestamp() + $5 * interval '1 ms'
       on conflict (group_name, recipient_key) do update
         set held_by = excluded.held_by, held_until = excluded.held_until,
             recorded_at = clock_timestamp()
         where c.held_by is null or c.held_by = excluded.held_by
            or c.held_until < clock_timestamp()
       returning account_id)
     select taken.account_id as account, ${IS_MEMBER} as "isMember"
       from taken left join safeband.accounts a using (account_id)`,
    [ask.group, ask.reservationId, keys, keys[0], HOLD_MS],
  );
  const [taken] = rows;
  if (taken) return { held: true, ...taken };
  const { rows: others } = await db.query<{ heldBy: string; until: number }>(
    `select held_by as "heldBy", safeband.ms_of(held_until)::float8 as until
       from safeband.group_recipients
      where group_name = $1 and recipient_key = any($2::text[]) and held_by is not null`,
    [ask.group, keys],
  );
  const [other] = others;
  // The other ask has ended meanwhile.
  return other ? { held: false, ...other } : takeHold(db, ask, keys);
}

/** Returns the key under which the ask holds its recipient: an erasure may have changed it. */
async function keyOfHold(
  db: Queryable,
  { group, reservationId }: GroupAsk,
  keys: readonly string[],
): Promise<string> {
  const { rows } = await db.query<{ key: string }>(
    `select recipient_key as key from safeband.group_recipients
      where group_name = $1 and recipient_key = any($2::text[])
      order by held_by = $3 desc nulls last limit 1`,
    [group, keys, reservationId],
  );
  return rows[0]?.key ?? keys[0] ?? '';
}

async function writePlace(
  db: Queryable,
  { group, reservationId }: GroupAsk,
  from: string | null,
  to: string,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into safeband.group_reserves as p (group_name, reservation_id, account_id)
     values ($1, $2, $4)
     on conflict (group_name, reservation_id) do update
       set account_id = excluded.account_id, recorded_at = clock_timestamp()
       where p.state = 'asking' and p.account_id = $3`,
    [group, reservationId, from, to],
  );
  return rowCount === 1;
}

async function writeLeave(
  db: Queryable,
  { group, reservationId }: GroupAsk,
  asked: string | null,
  keys: readonly string[],
): Promise<void> {
  await db.query(
    `with place as (
       delete from safeband.group_reserves p
        where p.group_name = $1 and p.reservation_id = $2 and p.state = 'asking'
          and p.account_id = $3),
     recipient as (
       delete from safeband.group_recipients c
        where c.group_name = $1 and c.recipient_key = any($4::text[]) and c.held_by = $2
          and c.account_id is null and c.claimed_by is null)
     update safeband.group_recipients c set held_by = null, held_until = null
      where c.group_name = $1 and c.recipient_key = any($4::text[]) and c.held_by = $2
        and (c.account_id is not null or c.claimed_by is not null)`,
    [group, reservationId, asked, keys],
  );
}
