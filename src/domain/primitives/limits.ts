/** Every number of the rules, with its unit and its reason, and the relations between them. */
import { assert } from './assert.js';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from './time.js';
import { SAFE_BAND } from './tier.js';

/** How long a slot may stay in flight without a word, unless the caller says otherwise (R6). */
export const LEASE_SECONDS_DEFAULT = 15 * 60;
export const LEASE_SECONDS_MIN = 1;
export const LEASE_SECONDS_MAX = 24 * 60 * 60;

/** How often an account is reconciled (R8). */
export const RECONCILE_INTERVAL_MS = 10 * MINUTE_MS;

/** A grant needs a successful run of this account within this time (R12). */
export const VERIFIED_MS = 30 * MINUTE_MS;
/** More than this between counter and event log is a drift that people hear of (R8). */
export const DRIFT_MAX = 5;
/** Rows of these days before today are witnesses: a proof may be as old as an observed send. */
export const WITNESS_DAYS = 5;

/** A hot account without a run, and a fleet without an audit, are overdue after two missed (R8). */
export const OVERDUE_MS = 2 * RECONCILE_INTERVAL_MS;
/** The database's clock and the workflows' may be this far apart (R16). */
export const CLOCK_SKEW_MS = MINUTE_MS;

/** Tries of a workflow task that fail one after the other: from then on people are alerted (R8). */
export const TASK_FAILURES_MAX = 5;
/** How long a run has failed to replay before the audit gives it up: a rollback may come. */
export const RESTART_AFTER_MS = 10 * MINUTE_MS;
/** The audit gives up a run of the same account at most once in this time. */
export const RESTART_EVERY_MS = HOUR_MS;
/** Runs that one audit gives up at most. */
export const RESTARTS_MAX = 5;
/** Where more than this share of all accounts fails, runs are not the cause: one in so many. */
export const RESTART_SHARE = 10;
/** Each account's tasks are looked at once in so many audits, whatever its rows say. */
export const TASKS_ROUND = 6;
/** Accounts of which one audit looks at the tasks because it is their turn; more take longer. */
export const TASKS_TURNS_MAX = 4_000;
/** Accounts of which one audit looks at the tasks at most, with those that are suspected. */
export const TASKS_LOOKS_MAX = 5_000;

/** How long a protective cooldown lasts (R5, R8). */
export const COOLDOWN_MS = HOUR_MS;
/** However long LinkedIn asks us to wait, a person looks after a week (R5). */
export const THROTTLE_MAX_MS = 7 * DAY_MS;

/** A change is in Postgres within this time of its message, while Postgres answers (R17). */
export const SAVED_MS = 15 * SECOND_MS;

/** An idle account's row is reset this long after midnight at the latest (R7). */
export const ROLL_LATEST_MS = 2 * MINUTE_MS;

/** The week of the weekly cap: quota days, today included (R10). */
export const WEEK_DAYS = 7;
/** The weekly cap, unless set: this many days' worth of the daily cap (R10). */
export const WEEKLY_CAP_DAYS = 5;

/** A day has at most max(20, 3 x daily cap) grants, whatever became of them (R3). */
export const CHURN_FLOOR = 20;
export const CHURN_FACTOR = 3;

/** Ids and proofs are remembered this many days after their quota day ended: 48 h (R3). */
export const REMEMBERED_DAYS = 2;
/** An observed send older than this counts for no cap (R16). */
export const OBSERVED_MAX_AGE_MS = REMEMBERED_DAYS * DAY_MS;
/** A slot may have been reserved this much later than the send it is matched with (R15). */
export const OBSERVED_SLACK_MS = MINUTE_MS;
/** Clocks of callers may be this far ahead of ours before we call a time "in the future". */
export const CLOCK_SLACK_MS = MINUTE_MS;

/**
 * Temporal takes 2 MiB as one payload. Whatever an account is made of stays below half of it: its
 * state, and what it sends to and hears from one activity.
 */
export const PAYLOAD_BYTES_MAX = 1024 * 1024;

/**
 * Slots that an account carries: four days of the most grants. Where there are as many, nothing
 * more is granted; where its rows would make more, it is held (`too_many_rows`).
 */
export const SLOTS_MAX = 600;
/** Rows of the event log that are no reservation's, and that one run holds against the account. */
export const EXTERNAL_ROWS_MAX = 10_000;

/** Proofs of sends that are none of ours, remembered so that none is counted twice (R15). */
export const EXTERNALS_MAX = 500;
/** Effects of reports that are remembered so that none is applied twice (R5). */
export const EFFECTS_MAX = 500;
/** LinkedIn's ids are carried as they are up to this many bytes of JSON, else as fingerprints. */
export const KEPT_ID_BYTES = 64;

/** A start in the first hour of a day still meets yesterday's row: that was no clean end (R13). */
export const UNCLEAN_GRACE_MS = HOUR_MS;

/** Events of one closed run that a start reads at most (R13): as many as the server allows. */
export const RECOVERY_EVENTS_MAX = 51_200;
/** Bytes of its messages in all: beyond that the account waits for midnight instead. */
export const RECOVERY_BYTES_MAX = 8 * 1024 * 1024;
/** Bytes of messages that one activity returns: far below Temporal's 2 MiB. */
export const RECOVERY_PORTION_BYTES = 256 * 1024;

/** Bytes of all that a start reads of an account in one answer: what is more comes in parts. */
export const READ_BACK_BYTES_MAX = 192 * 1024;
/** Bytes of the alerts and changes of a lost task that are read. */
export const LATER_BYTES_MAX = 128 * 1024;

/** When a gate that could not be verified is tried again. */
export const VERIFY_RETRY_MS = 10 * SECOND_MS;

/**
 * How far ahead an account may be asked about: past the end of the longest breaker, so that the
 * answer says what follows it. Farther off nothing is known that is not known by then (R17).
 */
export const LOOK_AHEAD_DAYS = 32;

/** Days of history that are kept: longer than anybody asks what the gate saw (R17). */
export const HISTORY_DAYS = 90;

export const BATCH_MAX = 200;
export const NEXT_SLOTS_MAX = 200;
/** Rows that one save may carry: its activity stays far below its time limit. */
export const SAVE_ROWS_MAX = 200;
/** Bytes of the rows of one save; a single row may have more. */
export const SAVE_BYTES_MAX = 128 * 1024;
/** The overshoot that starts a cooldown: 5 x counter >= 6 x cap (R8). */
export const OVERSHOOT = { counterTimes: 5, capTimes: 6 } as const;

/** Messages that one workflow task takes: with all that they cause, it stays far below a second. */
export const MESSAGES_PER_TASK = 200;
/** Signals that one run hands to the next untaken: as many, and as long together. */
export const WAITING_CARRIED_MAX = 200;
export const WAITING_CARRIED_BYTES_MAX = 64 * 1024;
/** Bytes of a workflow's id and of a signal's name, as Temporal's server takes them. */
export const NAME_BYTES_MAX = 1_000;
/** Replies under way at a time; the server fails tasks of a workflow that has 2,000. */
export const REPLIES_AT_ONCE = 20;
/** Replies that wait for these: as many, and as long together; one run hands them to the next. */
export const REPLIES_WAITING_MAX = 1_000;
export const REPLIES_BYTES_MAX = 64 * 1024;

/** The pause after the first failed try of a webhook; each one is twice the last. */
export const WEBHOOK_RETRY_MS = 5 * SECOND_MS;
/** A receiver that is back hears of it within this time. */
export const WEBHOOK_RETRY_MAX_MS = 10 * MINUTE_MS;
/** A receiver that takes nothing for so long is switched off: a weekend passes before. */
export const WEBHOOK_GIVE_UP_MS = 3 * DAY_MS;
/** Events and the delivery log are kept so long: what is replayed cannot be older. */
export const WEBHOOK_KEPT_MS = 30 * DAY_MS;

assert(OVERDUE_MS < VERIFIED_MS, 'people hear of a silent account before its gate closes');
assert(VERIFIED_MS >= 3 * RECONCILE_INTERVAL_MS, 'two runs may fail before the gate closes');
assert(TASKS_ROUND * RECONCILE_INTERVAL_MS <= HOUR_MS, 'tasks of each account are seen in an hour');
assert(TASKS_TURNS_MAX < TASKS_LOOKS_MAX, 'an audit has room for accounts that are suspected');
assert(RESTART_EVERY_MS > RESTART_AFTER_MS, 'a run is given time before it is given up');
assert(COOLDOWN_MS > RECONCILE_INTERVAL_MS, 'a cooldown outlasts one reconcile interval');
assert(LEASE_SECONDS_MAX * SECOND_MS <= DAY_MS, 'a lease reaches into the next day at most');
assert(
  LEASE_SECONDS_MAX * SECOND_MS <= REMEMBERED_DAYS * DAY_MS,
  'an id is remembered longer than its lease runs',
);
assert(REMEMBERED_DAYS < WEEK_DAYS, 'a day is in the week at least as long as its slots are known');
assert(
  (REMEMBERED_DAYS + 2) * Math.max(CHURN_FLOOR, CHURN_FACTOR * SAFE_BAND.recruiter) <= SLOTS_MAX,
  'four days of the most grants are carried',
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
