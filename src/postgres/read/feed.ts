/** Reads what happened to an account, for people who watch it live. */
import type { Instant } from '../../domain/primitives/time.js';
import { rowsOf, type Queryable } from '../pool.js';

export type Happening = {
  /** The same key for the same write of the same row, so that a repeated read shows it once. */
  readonly key: string;
  readonly kind: 'event' | 'reservation' | 'change' | 'alert' | 'correction';
  /** When it happened, by the account's clock. */
  readonly at: Instant;
  /** When its row was written, by the database's clock. */
  readonly recordedAt: Instant;
  readonly details: { readonly [name: string]: unknown };
};

/** How much later than its stamp a row may become visible: it is stamped before its commit. */
const LATE = '15 seconds';

/**
 * Reads what was written since `since` and a little before it, the oldest first. Null: no bound.
 * `limit` keeps the newest.
 */
export async function readFeed(
  db: Queryable,
  accountId: string,
  { since, limit }: { readonly since: Instant | null; readonly limit: number },
): Promise<readonly Happening[]> {
  const found = await rowsOf<Happening>(
    db,
    `select jsonb_build_object('key', key, 'kind', kind, 'at', safeband.ms_of(at),
       'recordedAt', safeband.ms_of(recorded_at), 'details', details) as row
     from (
       select 'event ' || event_id as key, 'event' as kind, delivered_at as at, recorded_at,
              jsonb_build_object('eventId', event_id, 'reservationId', reservation_id,
                'chatId', chat_id, 'source', source, 'quotaDay', quota_day) as details
         from safeband.inmail_events where account_id = $1
       union all
       select 'reservation ' || reservation_id || ' ' || number, 'reservation',
              coalesce(settled_at, reserved_at), recorded_at,
              jsonb_build_object('reservationId', reservation_id, 'state', state,
                'reason', reason, 'quotaDay', quota_day)
         -- A delivery is in the event log.
         from safeband.reservations where account_id = $1 and state <> 'delivered'
       union all
       select 'change ' || number, 'change', at, recorded_at,
              jsonb_build_object('kind', kind, 'actor', actor, 'reason', reason, 'details', details)
         from safeband.account_changes where account_id = $1
       union all
       select 'alert ' || kind || ' ' || quota_day || ' ' || times || ' ' || (resolved_at is null),
              'alert', coalesce(resolved_at, raised_at), a.recorded_at,
              jsonb_build_object('kind', kind, 'severity', severity, 'times', times,
                'resolved', resolved_at is not null)
         from safeband.alerts a where account_id = $1
          -- A person's close has a line of its own.
          and not exists (select from safeband.alert_actions x where x.alert_id = a.alert_id
                and x.action = 'closed' and x.at = a.resolved_at)
       union all
       select 'alert act ' || action_id, 'alert', x.at, x.recorded_at,
              jsonb_build_object('kind', kind, 'severity', severity, 'action', action,
                'actor', actor, 'reason', reason)
         from safeband.alert_actions x join safeband.alerts a using (alert_id)
        where account_id = $1
       union all
       select 'correction ' || correction_id, 'correction', at, recorded_at,
              jsonb_build_object('before', before, 'after', after, 'quotaDay', quota_day,
                'columns', coalesce(explanation->'editedColumns', '[]'),
                'sentences', coalesce(explanation->'sentences', '[]'))
         from safeband.corrections where account_id = $1
     ) happened
     where recorded_at > coalesce(safeband.at_ms($2) - interval '${LATE}', timestamptz '-infinity')
     order by recorded_at desc, at desc, key desc limit $3`,
    [accountId, since, limit],
  );
  return found.toReversed();
}
