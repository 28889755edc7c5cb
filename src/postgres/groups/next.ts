/** The accounts of a group that may send now or first, from their rows (R26). */
import { orderOf, type Member } from '../../domain/diagnostics/canSend/groupOrder.js';
import { MEMBERS_ASKED_MAX, type GroupOrder } from '../../domain/fleet/groupAsk.js';
import { accountOfCounts } from '../../domain/diagnostics/asOf/accountFromCounts.js';
import { nextSlots } from '../../domain/days/slotTimes.js';
import type { Instant } from '../../domain/primitives/time.js';
import { canSendAt } from '../../domain/wire/canSend.js';
import { rowsOf, type Queryable } from '../pool.js';
import { GATE, openingsOf, type GateRows } from '../read/sending.js';

/** Maximum members that are read for one answer. */
export const MEMBERS_MAX = 2_000;
/** Members per statement, so that no statement blocks the event loop for more than a few ms. */
const ROWS = 250;
/** Instants of each member. */
const SLOTS = 3;
/** Maximum members that are read for one ask of the group, and members per statement. */
const ASK_MEMBERS_MAX = 250;
const ASK_ROWS = 50;

/** Members that their rows do not stop come first, those with the most room of the day first. */
const BY_ROOM = `
  select coalesce(jsonb_agg(account_id order by is_stopped, room desc, account_id), '[]') as row
    from (select account_id,
                 hold_actor is not null or coalesce(cooldown_until > safeband.at_ms($2), false)
                   or coalesce(breaker_until > safeband.at_ms($2), false) as is_stopped,
                 case when counter_day < safeband.utc_day(safeband.at_ms($2)) then highest_cap
                      else highest_cap - inmails_sent_today - carried end as room
            from safeband.accounts
           where group_name = $1 and state <> 'disconnected'
             and ($3::text[] is null or account_id = any($3))
           order by 2, 3 desc, 1 limit ${MEMBERS_MAX}) members`;

/**
 * Returns at most `count` members in the order in which they are asked, as of that instant. The
 * gate decides for each of them, as for "can it send?" (R17). Undefined: no account of the list has
 * the group.
 */
export async function nextOfGroup(
  db: Queryable,
  ask: {
    readonly group: string;
    /** Only these accounts; null: all. */
    readonly accounts: readonly string[] | null;
    readonly count: number;
    readonly at: Instant;
  },
): Promise<readonly Member[] | undefined> {
  const { group, accounts, count, at } = ask;
  const [ids = []] = await rowsOf<readonly string[]>(db, BY_ROOM, [group, at, accounts]);
  if (ids.length === 0) return undefined;
  const members: Member[] = [];
  for (let from = 0; from < ids.length; from += ROWS) {
    members.push(...(await readMembers(db, ids.slice(from, from + ROWS), at)));
    if (members.filter(({ canSend }) => canSend.canSend).length >= count) break;
  }
  return orderOf(members).slice(0, count);
}

/**
 * Returns the members in the order in which an ask of the group asks them (R31), from the same
 * rows; of a large group, those with the most room of the day. Undefined: none is connected.
 */
export async function orderOfGroup(
  db: Queryable,
  group: string,
  at: Instant,
): Promise<GroupOrder | undefined> {
  const [ids = []] = await rowsOf<readonly string[]>(db, BY_ROOM, [group, at, null]);
  if (ids.length === 0) return undefined;
  const members: Member[] = [];
  for (let from = 0; from < Math.min(ids.length, ASK_MEMBERS_MAX); from += ASK_ROWS) {
    members.push(...(await readMembers(db, ids.slice(from, from + ASK_ROWS), at, 0)));
    const able = members.filter(({ canSend }) => canSend.canSend);
    if (able.length >= MEMBERS_ASKED_MAX) break;
  }
  const listed = (some: readonly Member[]) =>
    some.slice(0, MEMBERS_ASKED_MAX).map(({ accountId, canSend: { reason, notBefore } }) => ({
      accountId,
      reason,
      notBefore,
    }));
  const stopped = members.filter(({ canSend }) => canSend.needsPerson);
  return { asks: listed(orderOf(members)), stopped: listed(stopped) };
}

async function readMembers(
  db: Queryable,
  ids: readonly string[],
  at: Instant,
  slotCount = SLOTS,
): Promise<readonly Member[]> {
  const rows = await rowsOf<{ readonly accountId: string; readonly gate: GateRows }>(
    db,
    `select jsonb_build_object('accountId', account_id, 'gate', ${GATE}) as row
       from safeband.accounts account_status_at where account_id = any($1::text[])`,
    [ids],
  );
  return rows.map(({ accountId, gate }) => {
    const context = {
      ...gate,
      openings: openingsOf(gate.account.policy, at),
      isCounterKept: true,
    };
    const account = accountOfCounts(gate, context, at);
    const canSend = canSendAt(account, at);
    const slots = canSend.needsPerson ? [] : nextSlots(account, at, slotCount);
    return { accountId, canSend, slots };
  });
}
