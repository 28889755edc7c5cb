/** Reads who was contacted before the slots that an account remembers (R20). */
import { isSameRecipient, recipientKeyOf } from '../../domain/account/kept.js';
import type { RecipientId, ReservationId } from '../../domain/primitives/ids.js';
import type { UtcDay } from '../../domain/primitives/time.js';
import { rowsOf, type Queryable } from '../pool.js';

/** Maximum rows of one recipient: members that share a key differ in their spelling. */
const ROWS_MAX = 20;

type Row = {
  readonly recipient: number;
  readonly recipientId: RecipientId;
  readonly reservationId: ReservationId;
  readonly quotaDay: UtcDay;
};

/** Reads the latest reservation of each recipient that is not released, since that quota day. */
export async function readContacts(
  db: Queryable,
  ask: {
    readonly accountId: string;
    readonly recipients: readonly RecipientId[];
    readonly since: UtcDay;
  },
): Promise<readonly Omit<Row, 'recipientId'>[]> {
  const rows = await rowsOf<Row>(
    db,
    `select jsonb_build_object('recipient', asked.place - 1, 'recipientId', r.recipient_id,
       'reservationId', r.reservation_id, 'quotaDay', safeband.day_no(r.quota_day)) as row
     from unnest($2::text[]) with ordinality as asked (key, place)
     cross join lateral (
       (select recipient_id, reservation_id, quota_day from safeband.reservations
         where recipient_key collate "C" = asked.key and account_id = $1
           and state <> 'released' and quota_day >= safeband.day_at($3)
         order by reserved_at desc limit ${ROWS_MAX})
       union all
       -- An InMail from before the account was connected has no reservation: its name is its day.
       (select recipient_id, 'imported:' || safeband.utc_day(sent_at), safeband.utc_day(sent_at)
          from safeband.past_sends
         where recipient_key collate "C" = asked.key and account_id = $1
           and safeband.utc_day(sent_at) >= safeband.day_at($3)
         order by sent_at desc limit ${ROWS_MAX})) r
     order by r.quota_day desc, r.reservation_id`,
    [ask.accountId, ask.recipients.map(recipientKeyOf), ask.since],
  );
  const isSame = ({ recipient, recipientId }: Row): boolean =>
    isSameRecipient(recipientId, ask.recipients[recipient] ?? null);
  const latest = new Map<number, Row>();
  for (const row of rows)
    if (isSame(row) && !latest.has(row.recipient)) latest.set(row.recipient, row);
  return [...latest.values()].map(({ recipient, reservationId, quotaDay }) => ({
    recipient,
    reservationId,
    quotaDay,
  }));
}
