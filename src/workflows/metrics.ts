/**
 * What workflows count for Prometheus. They count, because each caller reaches them, by Signal,
 * Update, HTTP or client. A replay counts nothing again, but a task that is tried again may count
 * twice, so these counts serve for rates and not for exact sums. No label names an account, because
 * each value of a label makes a series. Groups have no limit of their number either, so the worker
 * counts by group (`platform/groupDecisions.ts`), and a workflow reports only the group to it.
 */
import { metricMeter, proxySinks, workflowInfo } from '@temporalio/workflow';
import { isRefusal, type Refusal } from '../domain/account/refusals.js';
import type { ReplyWire } from '../domain/wire/decisions.js';
import type { Reported } from '../temporal/protocol.js';

const { decisions } = proxySinks<Reported>();

/**
 * Counts an ask for a slot by its answer: granted, repeated, refused, or the reason to deny.
 * `group`: that of the account; null: it has none, or is not read back.
 */
export function countDecision(decision: Refusal | ReplyWire, group: string | null): void {
  const reason = reasonOf(decision);
  metricMeter
    .createCounter('safeband_decisions', undefined, 'Asks for a slot, by answer')
    .add(1, { reason });
  // It was reported before the replay.
  if (!workflowInfo().unsafe.isReplaying) decisions.decided(group, reason);
  if (isRefusal(decision) || !decision.granted || !decision.wouldDeny) return;
  metricMeter
    .createCounter('safeband_would_deny', undefined, 'Grants of shadow mode, by the denial')
    .add(1, { reason: decision.wouldDeny.reason });
}

function reasonOf(decision: Refusal | ReplyWire): string {
  if (isRefusal(decision)) return 'refused';
  if (!decision.granted) return decision.reason;
  return decision.repeated ? 'repeated' : 'granted';
}

/** `other_owner`: the row has another owner, or is newer; `unanswered`: Postgres did not answer. */
export type SaveOutcome = 'saved' | 'other_owner' | 'unanswered';

/** Counts a write of an account's rows (a save or a reconcile), and the rows that waited for it. */
export function countWrite(rowsWaiting: number, outcome: SaveOutcome): void {
  metricMeter
    .createHistogram('safeband_rows_waiting', 'int', undefined, 'Unsaved rows as a write begins')
    .record(rowsWaiting);
  metricMeter
    .createCounter('safeband_writes', undefined, 'Writes of accounts, by outcome')
    .add(1, { outcome });
}
