/**
 * Maximum bytes that one workflow run of an account may keep, send and leave for the next, compared
 * with Temporal's limits.
 */
import { assert } from '../primitives/assert.js';
import { sums } from './sizes.js';
import {
  SLOTS_MAX,
  EXTERNALS_MAX,
  EFFECTS_MAX,
  KEPT_ID_BYTES,
  WEEK_DAYS,
  PAYLOAD_BYTES_MAX,
  STATE_BYTES_MAX,
  LINE_BYTES_MAX,
  WAITING_CARRIED_BYTES_MAX,
  REPLIES_BYTES_MAX,
  SAVE_BYTES_MAX,
  LATER_BYTES_MAX,
  RECOVERY_PORTION_BYTES,
  RUN_FACTS_BYTES_MAX,
} from '../primitives/limits.js';

/**
 * Maximum bytes that one workflow task may have sent and received before it does more. In a run
 * of older code, the inputs and answers of its local activities go to the server with the task.
 */
export const TASK_BYTES_MAX = 384 * 1024;
/** Maximum bytes that wait to be saved: above it no message is taken until some are saved. */
export const OUTBOX_BYTES_MAX = 176 * 1024;
/** Maximum bytes of all that waits, to be saved, taken or sent, when the next run takes it. */
export const HANDED_BYTES_MAX = 328 * 1024;

const LISTS = { slots: SLOTS_MAX, externals: EXTERNALS_MAX, effects: EFFECTS_MAX };
const SUMS = sums({ ...LISTS, idBytes: KEPT_ID_BYTES, days: WEEK_DAYS + 1 });
/** Maximum bytes of JSON of an account's state, without what waits. */
export const ACCOUNT_BYTES_MAX = SUMS.account;
/** Maximum bytes of a row: an alert or a policy; and of a reservation's with its event. */
export const ROW_BYTES_MAX = 24 * 1024;

assert(
  ACCOUNT_BYTES_MAX + LINE_BYTES_MAX + HANDED_BYTES_MAX < STATE_BYTES_MAX,
  'all that one run hands to the next fits five eighths of what Temporal takes',
);
assert(
  OUTBOX_BYTES_MAX + ROW_BYTES_MAX + WAITING_CARRIED_BYTES_MAX + REPLIES_BYTES_MAX <=
    HANDED_BYTES_MAX,
  'an account that takes no more messages may still hand over what waits',
);
assert(
  ACCOUNT_BYTES_MAX + SAVE_BYTES_MAX + 2 * ROW_BYTES_MAX < PAYLOAD_BYTES_MAX,
  'a reconcile sends its account and one save',
);
assert(
  TASK_BYTES_MAX + ACCOUNT_BYTES_MAX + SAVE_BYTES_MAX + ROW_BYTES_MAX + RUN_FACTS_BYTES_MAX <
    2 * PAYLOAD_BYTES_MAX,
  'a task that has done as much as it may still does one reconcile',
);
assert(SAVE_BYTES_MAX + ROW_BYTES_MAX <= OUTBOX_BYTES_MAX, 'a save makes room in the outbox');
const { readFirst, readLog } = SUMS;
const READ_MAX = Math.max(
  readFirst + LATER_BYTES_MAX,
  readLog,
  RUN_FACTS_BYTES_MAX,
  LINE_BYTES_MAX,
);
assert(
  READ_MAX < PAYLOAD_BYTES_MAX,
  'what a reconcile finds, and each part of a start, fits one answer',
);
assert(TASK_BYTES_MAX + READ_MAX < 2 * PAYLOAD_BYTES_MAX, 'a task still reads one part');
assert(RECOVERY_PORTION_BYTES < TASK_BYTES_MAX, 'messages of a closed run come in many tasks');
