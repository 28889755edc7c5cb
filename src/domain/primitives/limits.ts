/** Every number of the rules, with its unit and its reason, and the relations between them. */
import { assert } from './assert.js';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from './time.js';
import { SAFE_BAND } from './tier.js';

/** How long a slot may stay in flight without a report, unless the caller sets a lease (R6). */
export const LEASE_SECONDS_DEFAULT = 15 * 60;
export const LEASE_SECONDS_MIN = 1;
export const LEASE_SECONDS_MAX = 24 * 60 * 60;

/** How often an account is reconciled (R8). */
export const RECONCILE_INTERVAL_MS = 10 * MINUTE_MS;
/**
 * Keeps audits away from midnight, when all accounts begin a new run and Temporal's list is late.
 */
export const AUDIT_OFFSET_MS = RECONCILE_INTERVAL_MS / 2;

/** How long a successful reconcile of the account permits grants (R12). */
export const VERIFIED_MS = 30 * MINUTE_MS;
/** Maximum drift without an alert (R8). */
export const DRIFT_MAX = 5;
/** Days before today whose rows are evidence: a proof may be as old as an observed send. */
export const EVIDENCE_DAYS = 5;

/**
 * How long a hot account may be without a reconcile, and a fleet without an audit: two missed (R8).
 */
export const OVERDUE_MS = 2 * RECONCILE_INTERVAL_MS;
/** Maximum difference between the database's clock and the workflows' (R16). */
export const CLOCK_SKEW_MS = MINUTE_MS;

/** Failed tries of a workflow task in a row that raise an alert (R8). */
export const TASK_FAILURES_MAX = 5;
/** How long a run must fail to replay before the audit restarts it: a rollback may come first. */
export const RESTART_AFTER_MS = 10 * MINUTE_MS;
/** How long after a restart the audit does not restart the same account again. */
export const RESTART_EVERY_MS = HOUR_MS;
/** Maximum restarts of one audit, unless a setting raises it. */
export const RESTARTS_MAX = 5;
/** If more than one account in so many fails, the runs are not the cause: no restarts. */
export const RESTART_SHARE = 10;
/** Audits within which each account's tasks are read once, whatever its rows contain. */
export const TASKS_ROUND = 6;
/** Maximum accounts whose tasks one audit reads in turn; a larger fleet takes more audits. */
export const TASKS_TURNS_MAX = 4_000;
/** Maximum accounts whose tasks one audit reads, suspected accounts included. */
export const TASKS_READS_MAX = 5_000;

/** How long a protective cooldown lasts (R5, R8). */
export const COOLDOWN_MS = HOUR_MS;
/** Maximum cooldown after `throttled`, also if LinkedIn asks for more: then a person checks (R5). */
export const THROTTLE_MAX_MS = 7 * DAY_MS;

/** Maximum time from a message to its rows in Postgres, while Postgres answers (R17). */
export const SAVED_MS = 15 * SECOND_MS;

/** The week of the weekly cap: quota days, today included (R10). */
export const WEEK_DAYS = 7;
/** The weekly cap, unless set: the daily cap times this many days (R10). */
export const WEEKLY_CAP_DAYS = 5;

/** A day has at most max(20, 3 x daily cap) grants, whatever their outcome (R3). */
export const CHURN_FLOOR = 20;
export const CHURN_FACTOR = 3;

/** How many days ids and proofs are remembered after the end of their quota day: 48 h (R3). */
export const REMEMBERED_DAYS = 2;
/** Maximum age of an observed send that counts for a cap (R16). */
export const OBSERVED_MAX_AGE_MS = REMEMBERED_DAYS * DAY_MS;
/** How much later than the observed send its slot may have been reserved (R15). */
export const OBSERVED_SLACK_MS = MINUTE_MS;
/** How far a caller's clock may be ahead before its time is refused as "in the future". */
export const CLOCK_SLACK_MS = MINUTE_MS;

/**
 * Temporal takes 2 MiB as one payload. An account's state, and each input and answer of its
 * activities, stay below half of that.
 */
export const PAYLOAD_BYTES_MAX = 1024 * 1024;
/** Maximum bytes of the state that one workflow run hands to the next: Temporal takes 2 MiB. */
export const STATE_BYTES_MAX = 1280 * 1024;

/**
 * Maximum slots that an account keeps: four days with the most grants. At this number nothing
 * more is granted. If its rows would make more slots, the account is held (`too_many_rows`).
 */
export const SLOTS_MAX = 600;
/**
 * Maximum rows of the event log without a reservation that one reconcile compares with the account.
 */
export const EXTERNAL_ROWS_MAX = 10_000;

/** Maximum bytes of the facts that one reconcile returns; with more, the account is held. */
export const RUN_FACTS_BYTES_MAX = 640 * 1024;

/** Maximum proofs of external sends that are remembered, so that none is counted twice (R15). */
export const EXTERNALS_MAX = 500;
/** Maximum bytes of JSON of a day's denials by campaign and reason (R22). */
export const DENIED_BYTES_MAX = 4 * 1024;
/** Maximum effects of reports that are remembered, so that none is applied twice (R5). */
export const EFFECTS_MAX = 500;
/** Maximum bytes of JSON of an id of LinkedIn's in the state; a longer id is a fingerprint. */
export const KEPT_ID_BYTES = 64;

/** How long after midnight a start treats yesterday's row as an unclean end (R13). */
export const UNCLEAN_GRACE_MS = HOUR_MS;

/** Maximum events of a closed run that a start reads (R13): as many as the server allows. */
export const RECOVERY_EVENTS_MAX = 51_200;
/** Maximum bytes of that run's messages; with more, the account waits for midnight instead. */
export const RECOVERY_BYTES_MAX = 8 * 1024 * 1024;
/** Maximum bytes of messages that one activity returns: far below Temporal's 2 MiB. */
export const RECOVERY_PORTION_BYTES = 256 * 1024;

/** Maximum bytes of an account that a start reads in one answer; the others come in parts. */
export const READ_BACK_BYTES_MAX = 192 * 1024;
/** Maximum bytes of the alerts and changes of a lost task that are read. */
export const LATER_BYTES_MAX = 128 * 1024;

/** How long after a failed check an account may be checked again. */
export const VERIFY_RETRY_MS = 10 * SECOND_MS;
/** How long after the begin of its lookup a claim on a recipient of the group may decide (R20). */
export const CLAIM_MS = 20 * SECOND_MS;

/**
 * How far ahead of now a query may ask: past the end of the longest breaker, so that the answer
 * includes what follows it. Nothing changes after that without a message (R17).
 */
export const LOOK_AHEAD_DAYS = 32;

/** Days that history and ended links are kept, so that a past decision can be explained (R17). */
export const HISTORY_DAYS = 90;

/** Maximum asks that wait in an account, and bytes of JSON of them (R21). */
export const LINE_MAX = 500;
export const LINE_BYTES_MAX = 128 * 1024;
/** Priorities of asks that wait: 0 is served first. */
export const PRIORITY_LAST = 9;
export const PRIORITY_DEFAULT = 5;
export const BATCH_MAX = 200;
export const NEXT_SLOTS_MAX = 200;
/** Maximum rows of one save: its activity stays far below its time limit. */
export const SAVE_ROWS_MAX = 200;
/** Maximum bytes of the rows of one save; a single row may have more. */
export const SAVE_BYTES_MAX = 128 * 1024;
/** The overshoot that starts a cooldown: 5 x counter >= 6 x cap (R8). */
export const OVERSHOOT = { counterTimes: 5, capTimes: 6 } as const;

/** Maximum messages of one workflow task: with their work it stays far below a second. */
export const MESSAGES_PER_TASK = 200;
/** Maximum Signals, and bytes of them together, that a workflow run leaves for the next one. */
export const WAITING_CARRIED_MAX = 200;
export const WAITING_CARRIED_BYTES_MAX = 64 * 1024;
/** Maximum bytes of a workflow's id and of a Signal's name in Temporal's server. */
export const NAME_BYTES_MAX = 1_000;
/** Maximum replies in progress; the server fails tasks of a workflow that has 2,000. */
export const REPLIES_AT_ONCE = 20;
/** Maximum replies, and bytes of them together, that wait; the next workflow run takes them. */
export const REPLIES_WAITING_MAX = 1_000;
export const REPLIES_BYTES_MAX = 64 * 1024;

/** How long a webhook pauses after its first failed try; each later pause is twice as long. */
export const WEBHOOK_RETRY_MS = 5 * SECOND_MS;
/** Maximum pause between tries: a receiver that is back gets its events within this time. */
export const WEBHOOK_RETRY_MAX_MS = 10 * MINUTE_MS;
/** How long a receiver may fail before it is switched off: longer than a weekend. */
export const WEBHOOK_GIVE_UP_MS = 3 * DAY_MS;
/** How long events and the delivery log are kept; older events cannot be replayed. */
export const WEBHOOK_KEPT_MS = 30 * DAY_MS;

assert(
  OVERDUE_MS < VERIFIED_MS,
  'an alert comes before the gate of an account without reconciles closes',
);
assert(VERIFIED_MS >= 3 * RECONCILE_INTERVAL_MS, 'two reconciles may fail before the gate closes');
assert(TASKS_ROUND * RECONCILE_INTERVAL_MS <= HOUR_MS, 'tasks of each account are read in an hour');
assert(TASKS_TURNS_MAX < TASKS_READS_MAX, 'an audit has room for accounts that are suspected');
assert(RESTART_EVERY_MS > RESTART_AFTER_MS, 'a run has time to recover before it is restarted');
assert(COOLDOWN_MS > RECONCILE_INTERVAL_MS, 'a cooldown outlasts one reconcile interval');
assert(LEASE_SECONDS_MAX * SECOND_MS <= DAY_MS, 'a lease reaches into the next day at most');
assert(
  LEASE_SECONDS_MAX * SECOND_MS <= REMEMBERED_DAYS * DAY_MS,
  'an id is remembered longer than its lease runs',
);
assert(REMEMBERED_DAYS < WEEK_DAYS, 'a day is in the week at least as long as its slots are known');
assert(
  (REMEMBERED_DAYS + 2) * Math.max(CHURN_FLOOR, CHURN_FACTOR * SAFE_BAND.recruiter) <= SLOTS_MAX,
  'four days of the most grants are kept',
);
assert(
  OVERSHOOT.capTimes > OVERSHOOT.counterTimes,
  'an overshoot is more than the cap, not the cap itself',
);
assert(BATCH_MAX <= MESSAGES_PER_TASK, 'a batch is taken in one task');
assert(REPLIES_AT_ONCE <= 50, 'replies under way stay far below the 2,000 of the server');
assert(
  WEBHOOK_GIVE_UP_MS + THROTTLE_MAX_MS < WEBHOOK_KEPT_MS,
  'a receiver that was switched off, and the end of the longest cooldown, are found in time',
);
