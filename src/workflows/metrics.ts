/**
 * What workflows count for Prometheus. Here, because every way of asking ends here: Signal, Update,
 * HTTP and the client. Nothing is counted again in a replay; a task that is tried again may count
 * twice, so these are for rates and not for accounts. No account is named: a label a thousand
 * times is a thousand series.
 */
import { metricMeter } from '@temporalio/workflow';
import { isRefusal, type Refusal } from '../domain/account/refusals.js';
import type { DecisionWire } from '../domain/wire/decisions.js';

/** An ask for a slot, by what it was answered: granted, repeated, refused, or why not. */
export function countDecision(decision: Refusal | DecisionWire): void {
  metricMeter
    .createCounter('safeband_decisions', undefined, 'Asks for a slot, by what was answered')
    .add(1, { reason: reasonOf(decision) });
}

function reasonOf(decision: Refusal | DecisionWire): string {
  if (isRefusal(decision)) return 'refused';
  if (!decision.granted) return decision.reason;
  return decision.repeated ? 'repeated' : 'granted';
}

/** `other_owner`: the row is another's, or newer; `unanswered`: Postgres did not answer. */
export type SaveOutcome = 'saved' | 'other_owner' | 'unanswered';

/** A write of an account's rows (a save, or a run), and how many rows it had waiting. */
export function countWrite(rowsWaiting: number, outcome: SaveOutcome): void {
  metricMeter
    .createHistogram('safeband_rows_waiting', 'int', undefined, 'Unsaved rows as a write begins')
    .record(rowsWaiting);
  metricMeter
    .createCounter('safeband_writes', undefined, 'Writes of accounts, by outcome')
    .add(1, { outcome });
}
