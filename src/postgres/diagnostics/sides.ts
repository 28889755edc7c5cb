/** Counts an account's day in each table, in one snapshot. */
import type { Sides } from '../../domain/diagnostics/consistency.js';
import type { UtcDay } from '../../domain/primitives/time.js';
import { rowsOf, type Queryable } from '../pool.js';

/** A column of the row as it was written; its value after midnight, before the reset is written. */
const ofRow = (column: string): string =>
  `case when a.counter_day = s.counter_day then a.${column} else s.${column} end`;

const STATES = `'inFlight', count(*) filter (where state = 'in_flight'),
  'uncertain', count(*) filter (where state = 'uncertain'),
  'delivered', count(*) filter (where state = 'delivered'),
  'released', count(*) filter (where state = 'released')`;

/** Reads the counts; undefined if there is no such account. */
export async function readSides(
  db: Queryable,
  accountId: string,
  day: UtcDay,
): Promise<Sides | undefined> {
  const [sides] = await rowsOf<Sides>(
    db,
    `select jsonb_build_object(
       'row', (select jsonb_build_object('version', a.version,
            'counter', ${ofRow('inmails_sent_today')}, 'inFlight', ${ofRow('in_flight')},
            'uncertain', ${ofRow('uncertain')}, 'imported', ${ofRow('imported')},
            'external', case when a.counter_day = s.counter_day then a.external else 0 end,
            'unexplained', ${ofRow('unexplained')}, 'carried', ${ofRow('carried')},
            'isEdited', a.is_edited, 'isConnected', a.state <> 'disconnected')
          from safeband.account_status s where s.account_id = a.account_id),
       'reservations', (select jsonb_build_object(${STATES}) from safeband.reservations
          where account_id = $1 and quota_day = safeband.day_at($2)),
       'journal', (select jsonb_build_object('open', count(*) filter (where outcome is null),
            'delivered', count(*) filter (where outcome = 'delivered'),
            'failed', count(*) filter (where outcome = 'failed'),
            'void', count(*) filter (where outcome = 'void')) from safeband.send_attempts
          where account_id = $1 and quota_day = safeband.day_at($2)),
       'eventLog', (select jsonb_build_object(
            'delivered', count(*) filter (where source <> 'external'),
            'external', count(*) filter (where source = 'external'),
            'uncounted', count(*) filter (where not is_counted)) from safeband.inmail_events
          where account_id = $1 and quota_day = safeband.day_at($2))) as row
     from safeband.accounts a where a.account_id = $1`,
    [accountId, day],
  );
  return sides;
}
