/** SQL, migrations and activities: each of these mutants fails a check on a real database. */
import { ALERT_MUTANTS } from './alertMutants.js';
import { BACKUP_MUTANTS } from './backupMutants.js';
import { CAMPAIGN_MUTANTS } from './campaignMutants.js';
import type { CheckName } from './databaseCheckNames.js';
import { CONTACT_MUTANTS } from './contactMutants.js';
import { DATA_MUTANTS } from './dataMutants.js';
import { FLEET_MUTANTS } from './fleetMutants.js';
import { GROUP_MUTANTS } from './groupMutants.js';
import { GROUP_SEND_MUTANTS } from './groupSendMutants.js';
import { IDENTITY_MUTANTS } from './identityMutants.js';
import { LIST_MUTANTS } from './listMutants.js';
import { MANY_MUTANTS } from './manyMutants.js';
import type { Mutant } from './mutant.js';
import { SEAL_MUTANTS } from './sealMutants.js';

const ACTIVITY = 'src/activities/account.ts';
const ACCOUNTS = 'src/postgres/save/accounts.ts';
const POOL = 'src/postgres/pool.ts';
const ROWS = 'src/postgres/save/rows.ts';
const RUNS = 'src/postgres/save/runs.ts';

export const DATABASE_MUTANTS: readonly Mutant<CheckName>[] = [
  {
    rule: 'R14',
    what: '`on conflict` is removed: a save that runs twice is refused',
    file: ROWS,
    old: '   order by r.number\n  on conflict do nothing`',
    mutated: '   order by r.number`',
    by: 'a save that runs twice is written once',
  },
  {
    rule: 'R14',
    what: 'a reconcile that was committed is done again',
    file: ACTIVITY,
    old: 'if (request.write && lastRun?.runId === runId) return lastRun.answer;',
    mutated: 'void lastRun;',
    by: 'a reconcile that is committed is answered as it was',
  },
  {
    rule: 'R14',
    what: 'a write with a lower number than the last one is written',
    file: 'src/postgres/save/lost.ts',
    old: 'locked.lastWrite < write.number)',
    mutated: 'locked.lastWrite !== write.number)',
    by: 'a write that comes late writes nothing',
  },
  {
    rule: 'R14',
    what: 'a save ignores the owner',
    file: ACCOUNTS,
    old: 'owner = $1 and version <= $37::bigint`',
    mutated: '$1::text is not null and version <= $37::bigint`',
    by: 'a save of another owner changes nothing and raises an alert',
  },
  {
    rule: 'R14',
    what: 'another owner raises no alert',
    file: ACTIVITY,
    old: 'await raiseTwoOwners(db, accountId, { day, at, owner: locked.owner });',
    mutated: 'void raiseTwoOwners; void day; void at;',
    by: 'a save of another owner changes nothing and raises an alert',
  },
  {
    rule: 'R14',
    what: 'a save ignores the version',
    file: ACCOUNTS,
    old: 'owner = $1 and version <= $37::bigint`',
    mutated: 'owner = $1`',
    by: 'a save that comes late changes nothing',
  },
  {
    rule: 'R14',
    what: 'an older row overwrites a newer one',
    file: ROWS,
    old: `then old.saved_at else excluded.saved_at end,
        recorded_at = clock_timestamp()
  where old.number < excluded.number`,
    mutated: `then old.saved_at else excluded.saved_at end,
        recorded_at = clock_timestamp()`,
    by: 'a row that comes late changes nothing',
  },
  {
    rule: 'R7',
    what: 'the reset is two statements',
    file: ACCOUNTS,
    old: `  const { rowCount } = await db.query(
    \`update safeband.accounts
        set (`,
    mutated: `  await db.query(
    'update safeband.accounts set inmails_sent_today = $2 where account_id = $1 and owner = $3',
    [row.accountId, row.counter, owner],
  );
  const { rowCount } = await db.query(
    \`update safeband.accounts
        set (`,
    by: 'counter, day and ramp step change in one statement',
  },
  {
    rule: 'R14',
    what: 'a row that Postgres refuses delays the other rows',
    file: ACTIVITY,
    old: "const REFUSALS = ['21', '22', '23', '54'];",
    mutated: "const REFUSALS = ['21', '22', '54'];",
    by: 'a row that Postgres refuses delays nothing',
  },
  {
    rule: 'R14',
    what: 'a delivery whose reservation key is taken is lost',
    file: ROWS,
    old: `case when r.turn = 1 and not exists (select 1 from safeband.inmail_events e
                where e.account_id = $1::text and e.reservation_id = r."reservationId")
              then r."reservationId" end`,
    mutated: 'r."reservationId"',
    by: 'no delivery is lost because another row has its key',
  },
  {
    rule: 'R8',
    what: 'a reconcile leaves no heartbeat',
    file: ACTIVITY,
    old: 'await writeHeartbeat(db, rows);',
    mutated: 'void writeHeartbeat;',
    by: 'a reconcile leaves a heartbeat, also when it finds nothing',
  },
  {
    rule: 'R8',
    what: "a reconcile does not update the time of the account's last reconcile",
    file: ACCOUNTS,
    old: 'coalesce(safeband.at_ms($2), last_checked_at)',
    mutated: 'coalesce(last_checked_at, safeband.at_ms($2))',
    by: 'a reconcile leaves a heartbeat, also when it finds nothing',
  },
  {
    rule: 'R8',
    what: 'a reconcile that is tried again raises its alerts twice',
    file: RUNS,
    old: "\n     where old.details->>'runId' is distinct from excluded.details->>'runId'`",
    mutated: '`',
    by: 'a reconcile that is tried again alerts and corrects once',
  },
  {
    rule: 'R8',
    what: 'a reconcile that is tried again leaves two corrections',
    file: 'migrations/0005_reconcile.sql',
    old: '  unique (account_id, run_id, quota_day);',
    mutated: '  check (before >= 0);',
    by: 'a reconcile that is tried again alerts and corrects once',
  },
  {
    rule: 'R14',
    what: 'an edit is corrected each time it is reported',
    file: RUNS,
    old: "earlier.explanation->>'edit' = $8::text)",
    mutated: "earlier.explanation->>'edit' = $8::text and false)",
    by: 'an edit whose report was lost is reported again, and corrected once',
  },
  {
    rule: 'R8',
    what: 'an alert whose cause is gone stays open',
    file: ACTIVITY,
    old: 'await resolveAlerts(db, rows);',
    mutated: 'void resolveAlerts;',
    by: 'the reconcile that finds the cause gone closes an alert',
  },
  {
    rule: 'R14',
    what: 'an ordinary save forgets a manual edit',
    file: ACTIVITY,
    old: 'return { saved: true, refused, foreign, ...(known',
    mutated: 'void foreign; return { saved: true, refused, foreign: null, ...(known',
    by: 'a manual edit of the row is reported until the workflow knows it',
  },
  {
    rule: 'R14',
    what: 'an edit that one save has found is not kept for the next save',
    file: ACTIVITY,
    old: 'if (edits !== locked.edits) await keepEdits(db, accountId, edits);',
    mutated: 'void keepEdits;',
    by: 'a manual edit of the row is reported until the workflow knows it',
  },
  {
    rule: 'R14',
    what: 'a manual edit is reported without end',
    file: ACTIVITY,
    old: 'edits?.id === handled ? null : edits',
    mutated: 'handled === undefined ? null : edits',
    by: 'a manual edit of the row is reported until the workflow knows it',
  },
  {
    rule: 'R14',
    what: 'the database does not distinguish a manual edit from a save',
    file: 'migrations/0035_saved_row.sql',
    old: 'new.is_edited := new.recorded_at is not distinct from old.recorded_at;',
    mutated: 'new.is_edited := false;',
    by: 'a manual edit of the row is reported until the workflow knows it',
  },
  {
    rule: 'R6',
    what: 'a reconcile writes no void row',
    file: ACTIVITY,
    old: "slot.state === 'in_flight' && slot.journaled && at >= slot.leaseExpiresAt",
    mutated: "slot.state === 'in_flight' && !slot.journaled && at >= slot.leaseExpiresAt",
    by: 'a slot whose lease has ended is released with a void row',
  },
  {
    rule: 'R6',
    what: 'a void row replaces an attempt that has begun',
    file: RUNS,
    old: `'void', safeband.at_ms($4))
         on conflict do nothing`,
    mutated: `'void', safeband.at_ms($4))
         on conflict (account_id, reservation_id) do update set outcome = 'void'`,
    by: 'an attempt that has begun gets no void row',
  },
  {
    rule: 'R13',
    what: 'a start reads from several snapshots',
    file: POOL,
    old: "'begin isolation level repeatable read read only'",
    mutated: "'begin read only'",
    by: 'a start reads one snapshot',
  },
  {
    rule: 'R13',
    what: 'a claim takes a row that has changed since it was read',
    file: ACCOUNTS,
    old: '(a.owner = $2 and a.version = $3)',
    mutated: '(a.owner = $2 and a.version >= $3)',
    by: 'a claim needs the version that it has read',
  },
  {
    rule: 'R13',
    what: 'a start claims its row before it has read the history of the last workflow',
    file: 'src/domain/entity/atOnce.ts',
    old: '(isFirstRun || isOwnNew(found, owner))',
    mutated: 'true',
    by: 'a start claims with the read only what it needs no history for',
  },
  {
    rule: 'R14',
    what: 'the event log is guarded only where triggers are on',
    file: 'migrations/0053_erasure_and_seals.sql',
    old: 'alter table safeband.inmail_events enable always trigger append_only;\n',
    mutated: '',
    by: 'the event log accepts no change from any role',
  },
  {
    rule: 'R6',
    what: 'a second outcome of an attempt overwrites the first',
    file: 'migrations/0053_erasure_and_seals.sql',
    old: 'if old.outcome is not null then',
    mutated: 'if old.outcome = new.outcome then',
    by: 'the outcome of an attempt is written once',
  },
  {
    rule: 'R7',
    what: "readers get yesterday's count with today's date",
    file: 'migrations/0056_learnt.sql',
    old: 'case when f.is_new then f.slots_in_flight + f.slots_uncertain + f.slots_delivered',
    mutated: 'case when false then 0',
    by: 'no reader gets the count of yesterday with the date of today',
  },
  {
    rule: 'R25',
    what: 'readers get a velocity cap without the day that has just ended',
    file: 'migrations/0045_velocity.sql',
    old: 'where a.counter_day < velocity_cap.day) known',
    mutated: 'where false) known',
    by: 'the view has the velocity cap of the domain',
  },
  {
    rule: 'R25',
    what: 'readers get a learnt ceiling without the clean day that has just ended',
    file: 'migrations/0056_learnt.sql',
    old: "then a.learnt->>'next'",
    mutated: "then a.learnt->>'cap'",
    by: 'the view has the learnt ceiling of the domain',
  },
  {
    rule: 'R8',
    what: 'readers get the number of a row that was edited manually',
    file: 'migrations/0035_saved_row.sql',
    old: 'case when a.saved_row is null then a else',
    mutated: 'case when true then a else',
    by: 'readers get the numbers of the last save, also after a manual edit',
  },
  {
    rule: 'R8',
    what: 'a second manual edit hides the first one',
    file: 'migrations/0035_saved_row.sql',
    old: 'case when old.is_edited then old.saved_row else safeband.values_of(old) end;',
    mutated: 'safeband.values_of(old);',
    by: 'readers get the numbers of the last save, also after a manual edit',
  },
  {
    rule: 'R8',
    what: 'readers do not count a reservation whose row was deleted',
    file: 'migrations/0056_learnt.sql',
    old: 'else greatest(f.inmails_sent_today, f.proved_of_row) end as counter,',
    mutated: 'else f.proved_of_row end as counter,',
    by: 'readers get the numbers of the last save, also after a manual edit',
  },
  {
    rule: 'R15',
    what: 'a save does not report events that the log had already',
    file: 'src/postgres/save/rows.ts',
    old: ".filter(({ row }) => row.table === 'inmail_events').length - written;",
    mutated: ".filter(({ row }) => row.table === 'inmail_events').length * 0 * written;",
    by: 'a save that runs twice is written once',
  },
  {
    rule: 'R8',
    what: 'a row is edited unnoticed if the edit also adds the search key',
    file: 'migrations/0032_recipient_keys.sql',
    old: "\n      and to_jsonb(new) - 'recipient_key' = to_jsonb(old) - 'recipient_key'))",
    mutated: '))',
    by: 'an edit of a reservation is noticed, also if it adds the search key',
  },
  ...FLEET_MUTANTS,
  {
    rule: 'R6',
    what: "a login settles another login's attempt",
    file: 'migrations/0017_rights.sql',
    old: 'if not owns and old.written_by <> session_user and not exists',
    mutated: 'if false and old.written_by <> session_user and not exists',
    by: 'an attempt is settled by the login that began it',
  },
  {
    rule: 'R11',
    what: 'a window keeps the offset of the beginning of its first day',
    file: 'src/calendar/openings.ts',
    old: '      offsetMs = nextMs;\n',
    mutated: '',
    by: 'a window follows the clocks when they change',
  },
  ...IDENTITY_MUTANTS,
  ...ALERT_MUTANTS,
  ...CAMPAIGN_MUTANTS,
  ...DATA_MUTANTS,
  ...SEAL_MUTANTS,
  ...CONTACT_MUTANTS,
  ...GROUP_MUTANTS,
  ...GROUP_SEND_MUTANTS,
  ...BACKUP_MUTANTS,
  ...LIST_MUTANTS,
  ...MANY_MUTANTS,
];
