/** The rows of the waiting line (R21). */
import type { WaitingRow } from '../../domain/records/records.js';
import { bytesOf } from '../../domain/primitives/bytes.js';
import { LINE_BYTES_MAX, LINE_MAX } from '../../domain/primitives/limits.js';
import type { Instant } from '../../domain/primitives/time.js';
import { rowsOf, type Queryable } from '../pool.js';
import { fromMicros, iso, micros, type Placed } from './lists.js';

/**
 * Reads the asks that wait, in the order of their arrival, and the granted ones whose slot is in
 * flight: after an unclean end they may not have had their answer (R21).
 */
export async function readWaiting(
  db: Queryable,
  accountId: string,
): Promise<readonly WaitingRow[]> {
  const asks = await rowsOf<WaitingRow>(
    db,
    `select jsonb_build_object('table', 'waiting', 'reservationId', w.reservation_id,
       'state', w.state, 'campaignId', w.campaign_id, 'recipientId', w.recipient_id,
       'leaseSeconds', w.lease_seconds, 'journaled', w.journaled, 'again', w.again, 'priority', w.priority,
       'validUntil', safeband.ms_of(w.valid_until), 'askedAt', safeband.ms_of(w.asked_at),
       'reason', w.reason, 'replyTo', w.reply_to, 'decidedAt', safeband.ms_of(w.decided_at))
       || case when w.free then '{"free": true}'::jsonb else '{}' end as row
     from safeband.waiting w
     left join safeband.reservations r using (account_id, reservation_id)
     where w.account_id = $1 and w.state in ('waiting', 'granted')
       and (w.state = 'waiting' or (r.state = 'in_flight' and r.reserved_at >= w.asked_at))
     order by w.asked_at, w.number limit ${LINE_MAX}`,
    [accountId],
  );
  let bytes = 0;
  return asks.filter((ask) => (bytes += bytesOf(ask) + 1) <= LINE_BYTES_MAX + LINE_MAX * 100);
}

/** What became of an ask that waited. */
export type DecidedAsk = {
  readonly state: 'waiting' | 'granted' | 'denied' | 'withdrawn';
  readonly reason: string;
  readonly decidedAt: Instant | null;
};

/** Reads what became of an ask; undefined: it never waited here. */
export async function readDecided(
  db: Queryable,
  accountId: string,
  reservationId: string,
): Promise<DecidedAsk | undefined> {
  const [found] = await rowsOf<DecidedAsk>(
    db,
    `select jsonb_build_object('state', state, 'reason', reason,
       'decidedAt', safeband.ms_of(decided_at)) as row
     from safeband.waiting where account_id = $1 and reservation_id = $2`,
    [accountId, reservationId],
  );
  return found;
}

/** An ask that waits, in a list of several accounts; only the account knows its place. */
export type WaitingItem = {
  readonly accountId: string;
  /** The group of the account now. */
  readonly group: string | null;
  readonly reservationId: string;
  readonly campaignId: string | null;
  readonly priority: number;
  /** Why it waits, as of its last save. */
  readonly reason: string;
  readonly askedAt: string;
  readonly validUntil: string;
};
export type WaitingPlace = [accountId: string, asked: number, number: number];

/** Lists the asks that wait, by account, the oldest first: one range of the index of such asks. */
export const pageWaiting = (
  db: Queryable,
  page: {
    /** Only these accounts; null: all. */
    readonly accounts: readonly string[] | null;
    readonly campaignId: string | null;
    readonly after: WaitingPlace | null;
    readonly limit: number;
  },
): Promise<readonly Placed<WaitingItem, WaitingPlace>[]> =>
  rowsOf(
    db,
    `select jsonb_build_object(
       'item', jsonb_build_object('accountId', account_id, 'group', a.group_name,
         'reservationId', w.reservation_id, 'campaignId', w.campaign_id, 'priority', w.priority,
         'reason', w.reason, 'askedAt', ${iso('w.asked_at')},
         'validUntil', ${iso('w.valid_until')}),
       'place', jsonb_build_array(account_id, ${micros('w.asked_at')}, w.number)) as row
     from safeband.waiting w left join safeband.accounts a using (account_id)
     where w.state = 'waiting' and ($1::text[] is null or w.account_id = any($1))
       and ($2::text is null or w.campaign_id = $2)
       and ($3::text is null or
         (w.account_id, w.asked_at, w.number) > ($3, ${fromMicros('$4')}, $5::bigint))
     order by w.account_id, w.asked_at, w.number limit $6`,
    [page.accounts, page.campaignId, ...(page.after ?? [null, null, null]), page.limit],
  );
