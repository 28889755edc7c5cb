/** Checks of the history of a workflow run: its tasks, its timers and its replies (R18). */
import { REPLIES_AT_ONCE } from '../../src/domain/primitives/limits.js';
import { cold, connect, idOf, resetToFirst, update, type WorkflowCheck } from './workflowBench.js';

export const severalTasks: WorkflowCheck = async (bench) => {
  const account = await connect(bench);
  for (const batch of ['a', 'b', 'c']) {
    const requests = Array.from({ length: 150 }, (_, n) => ({ reservationId: `${batch}${n}` }));
    await account.signal('sendReserveBatch', { requests });
  }
  await update(account, 'reconcileNow');
  const again = await resetToFirst(account);
  await update(again, 'reconcileNow');
  const { events } = await again.fetchHistory();
  const timers = (events ?? []).flatMap(({ timerStartedEventAttributes: timer }) =>
    timer
      ? [Number(timer.startToFireTimeout?.nanos) + Number(timer.startToFireTimeout?.seconds) * 1e9]
      : [],
  );
  bench.expect(timers).toContain(1_000_000);
};

export const fewReplies: WorkflowCheck = async (bench) => {
  const account = await connect(bench);
  await update(account, 'reconcileNow');
  const replyTo = { workflowId: `nobody-${idOf(account)}`, signalName: 'answer' };
  const requests = Array.from({ length: 60 }, (_, n) => ({ reservationId: `r${n}`, replyTo }));
  await update(account, 'sendReserveBatch', { requests });
  const { events } = await account.fetchHistory();
  let begun = 0;
  for (const event of events ?? []) {
    if (event.signalExternalWorkflowExecutionFailedEventAttributes) break;
    if (event.signalExternalWorkflowExecutionInitiatedEventAttributes) begun += 1;
  }
  bench.expect(begun).toBeLessThanOrEqual(REPLIES_AT_ONCE);
};

/** A replay may answer a local activity in another task than the worker did. */
export const noLocalActivities: WorkflowCheck = async (bench) => {
  const account = await cold(bench);
  const { events } = await account.fetchHistory();
  const markers = (events ?? []).map((event) => event.markerRecordedEventAttributes?.markerName);
  bench.expect(markers).not.toContain('core_local_activity');
};
