/** A start reads the messages of a closed run, or waits if it cannot read them (R13). */
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import Long from 'long';
import { expect, it } from 'vitest';
import {
  sized,
  unreadIn,
  valueOf,
  type Described,
  type History,
  type HistoryEvent,
} from '../../../src/activities/history.js';
import { lastRunActivities } from '../../../src/activities/start/lastRun.js';
import type { LastRunAsk, LastRunPortion } from '../../../src/activities/ports.js';
import { RECOVERY_PORTION_BYTES } from '../../../src/domain/primitives/limits.js';
import { must } from '../../support/scenario.js';
import { isAccountId } from '../../../src/domain/primitives/ids.js';

const payloadsOf = (value: object): { payloads: Payload[] } => ({
  payloads: [defaultPayloadConverter.toPayload(value)],
});
const ended = { workflowExecutionTerminatedEventAttributes: {} };
const delivered = (n: number): HistoryEvent => ({
  workflowExecutionSignaledEventAttributes: {
    signalName: 'sendDelivered',
    input: payloadsOf({ reservationId: `r${n}`, chatId: `c${n}` }),
  },
});
const run = (runId: string, status: string, more: Partial<Described> = {}): Described => ({
  runId,
  startedAt: 1,
  firstRunId: 'first',
  status,
  resetRunId: null,
  ...more,
});

/** A Temporal with these runs, each with the same events. */
function temporal(runs: readonly Described[], events: readonly HistoryEvent[]): History {
  return {
    describe: async (_, runId) => runs.find((one) => one.runId === runId) ?? null,
    next: async (_, runId) => runs[runs.findIndex((one) => one.runId === runId) + 1]?.runId ?? null,
    listed: async () => [],
    async *pages() {
      yield* [events.map((event, i) => ({ ...event, eventId: Long.fromNumber(i + 1) }))];
    },
    decode: async (payloads) =>
      payloads.map((payload) => valueOf(payload, defaultPayloadConverter)),
  };
}
const ask: LastRunAsk = {
  accountId: must(isAccountId, 'acme'),
  stored: { owner: 'first', savedRunId: 'first', runId: 'first', runEvents: 1 },
  own: { runId: 'own', firstRunId: 'own' },
  after: 0,
};
const read = (history: History, after = 0): Promise<LastRunPortion> =>
  lastRunActivities(history).readLastRun({ ...ask, after });

it('a start reads a run to its end, and the run that it continued as', async () => {
  const runs = [run('first', 'CONTINUED_AS_NEW'), run('second', 'TERMINATED', { startedAt: 2 })];
  const found = await read(temporal(runs, [delivered(1), ended]));
  expect(found).toMatchObject({ unread: null, isClean: false, isLast: true });
  expect(found.heard).toMatchObject([{ name: 'deliver', isInRow: false }]);
});

it('a start follows a reset to its new run', async () => {
  const runs = [
    run('first', 'TERMINATED', { resetRunId: 'again' }),
    run('again', 'TERMINATED', { startedAt: 2 }),
  ];
  expect((await read(temporal(runs, [delivered(1), ended]))).heard).toHaveLength(2);
});

it('a start has nothing to read if the last run ended by itself', async () => {
  const found = await read(temporal([run('first', 'COMPLETED')], [delivered(1)]));
  expect(found).toEqual({ heard: [], isLast: true, unread: null, isClean: true });
});

it('a row that lacks the end of a workflow is of a backup', async () => {
  const readRow = (stored: object, runs: readonly Described[]): Promise<LastRunPortion> =>
    lastRunActivities({
      ...temporal(runs, [delivered(1), ended]),
      listed: async () => runs.map(({ runId }) => runId),
      next: async () => null,
    }).readLastRun({ ...ask, stored: { ...ask.stored, updatedAt: 1, ...stored } });
  const first = run('first', 'COMPLETED');
  const later = (status: string) => run('later', status, { firstRunId: 'later', startedAt: 2 });
  const isOld = { unread: expect.stringContaining('restored from a backup'), backup: 'surely' };
  expect(await readRow({ state: 'connected' }, [first])).toMatchObject(isOld);
  const end = await readRow({ state: 'disconnected' }, [first]);
  expect(end).toEqual({ heard: [], isLast: true, unread: null, isClean: true });
  const both = [first, later('COMPLETED')];
  expect(await readRow({ state: 'disconnected' }, both)).toMatchObject(isOld);
  expect(await readRow({ state: 'connected' }, [first, later('TERMINATED')])).toMatchObject(isOld);
  const known = await readRow({ state: 'disconnected', updatedAt: 3 }, both);
  expect(known).toMatchObject({ unread: null });
  expect(await readRow({ state: 'disconnected' }, [])).toMatchObject({ backup: 'maybe' });
});

it('a start names why it cannot read: no history, no end of it, no key', async () => {
  const runs = [run('first', 'TERMINATED')];
  const sealed = { metadata: { encoding: new TextEncoder().encode('binary/encrypted: key "k2"') } };
  const secret: HistoryEvent = {
    workflowExecutionSignaledEventAttributes: {
      signalName: 'sendDelivered',
      input: { payloads: [sealed] },
    },
  };
  expect((await read(temporal([], []))).unread).toContain('does not have the history');
  expect((await read(temporal(runs, [delivered(1)]))).unread).toContain('has no end');
  expect((await read(temporal(runs, [secret, ended]))).unread).toContain('binary/encrypted');
});

it('a message whose JSON contains the text of a missing key is read', async () => {
  const forged: HistoryEvent = {
    workflowExecutionSignaledEventAttributes: {
      signalName: 'sendDelivered',
      input: { payloads: [defaultPayloadConverter.toPayload({ undecodable: 'binary/encrypted' })] },
    },
  };
  const history = temporal([run('first', 'TERMINATED')], [forged, delivered(1), ended]);
  const found = await read(history);
  expect([found.heard.length, found.unread]).toEqual([1, null]);
  expect(await unreadIn(history, 'acme', 'first')).toBeNull();
});

it.each([
  ['that a codec could not open', 'binary/encrypted: key "k2" is not in SAFEBAND_PAYLOAD_KEYS'],
  ['that no codec has read', 'binary/encrypted'],
])('the audit finds a payload %s', async (_, encoding) => {
  const sealed = { metadata: { encoding: new TextEncoder().encode(encoding) } };
  const deep: HistoryEvent = {
    markerRecordedEventAttributes: { details: { data: { payloads: [sealed] } } },
  };
  const runs = [run('first', 'TERMINATED')];
  expect(await unreadIn(temporal(runs, [delivered(1), deep]), 'acme', 'first')).toContain(encoding);
});

it('a start ignores messages that the run ignored, too', async () => {
  const bad = {
    metadata: { encoding: new TextEncoder().encode('json/plain') },
    data: Buffer.from('{'),
  };
  const broken: HistoryEvent = {
    workflowExecutionSignaledEventAttributes: {
      signalName: 'sendDelivered',
      input: { payloads: [bad] },
    },
  };
  const found = await read(temporal([run('first', 'TERMINATED')], [broken, delivered(1), ended]));
  expect([found.heard.length, found.unread]).toEqual([1, null]);
});

it('a start gets messages in parts far below the limits of Temporal', async () => {
  const many = Array.from({ length: 5_000 }, (_, n) => delivered(n));
  const history = temporal([run('first', 'TERMINATED')], [...many, ended]);
  let after = 0;
  for (let isLast = false; !isLast;) {
    const portion = await read(history, after);
    expect(Buffer.byteLength(JSON.stringify(portion.heard))).toBeLessThan(
      RECOVERY_PORTION_BYTES * 1.1,
    );
    after += portion.heard.length;
    ({ isLast } = portion);
  }
  expect(after).toBe(5_000);
});

it('a page that is too large for the connection is read again with fewer events', async () => {
  const tooLarge = (code: number): Error =>
    Object.assign(new Error('message larger than max'), { code });
  const asked: number[] = [];
  /** A connection that accepts pages of so many events. */
  const connection = (most: number, code: number) => async (events: number) => {
    asked.push(events);
    if (events > most) throw tooLarge(code);
    return events;
  };
  expect(await sized(connection(100, 8))).toBe(100);
  expect(await sized(connection(10, 8))).toBe(10);
  expect(await sized(connection(1, 11))).toBe(1);
  expect(asked).toEqual([100, 100, 10, 100, 10, 1]);
  await expect(sized(connection(0, 8))).rejects.toThrow('larger than max');
  asked.splice(0);
  await expect(sized(connection(0, 14))).rejects.toThrow('larger than max');
  expect(asked).toEqual([100]);
});
