/** Which runs whose tasks fail are given up, and what people read about it. */
import { describe, expect, it } from 'vitest';
import { TASKS_READS_MAX } from '../../../../src/domain/primitives/limits.js';
import { HOUR_MS, MINUTE_MS } from '../../../../src/domain/primitives/time.js';
import {
  areFailing,
  failingAlert,
  failureText,
  obstaclesOf,
  turnOf,
  type Failing,
  type TasksReading,
} from '../../../../src/domain/reconcile/failingTasks.js';
import { isPlain } from '../../../../src/domain/primitives/text.js';
import { at } from '../../../support/scenario.js';

const NOW = at('12:00');
const seen = (more: Partial<TasksReading> = {}): TasksReading => ({
  runId: 'run-1',
  failures: 9,
  since: NOW - 10 * MINUTE_MS,
  cause: 'NON_DETERMINISTIC_ERROR',
  isReplayFailure: true,
  message: '[TMPRL1100] Nondeterminism error: Timer machine does not handle this event',
  ...more,
});
const failing = (accountId: string, more: Partial<TasksReading> = {}): Failing => ({
  accountId,
  seen: seen(more),
  restartedAt: null,
});
const obstacleOf = (one: Failing, connected = 1_000) =>
  obstaclesOf([one], { connected, at: NOW }).get(one.accountId);

it('alerts after five failed tries, and not after four', () => {
  expect([4, 5].map((failures) => areFailing(seen({ failures })))).toEqual([false, true]);
});

it.each([
  [600, 6],
  [24_000, 6],
  [60_000, 15],
])('each of %i accounts is asked about once in %i audits', (count, audits) => {
  const ids = Array.from({ length: count }, (_, n) => `acme-${n}`);
  const reads = new Map<string, number>();
  for (let n = 0; n < audits; n += 1) {
    const turn = ids.filter(turnOf(count, NOW + n * 10 * MINUTE_MS));
    expect(turn.length).toBeLessThan(TASKS_READS_MAX);
    for (const id of turn) reads.set(id, (reads.get(id) ?? 0) + 1);
  }
  expect(reads.size).toBe(count);
  expect(new Set(reads.values())).toEqual(new Set([1]));
});

describe('a run is given up by the audit', () => {
  it('the audit terminates a run whose history cannot be replayed for ten minutes', () => {
    expect(obstacleOf(failing('a'))).toBe(null);
    expect(obstacleOf(failing('a', { since: NOW - 10 * MINUTE_MS + 1 }))).toBe('young');
    expect(obstacleOf(failing('a', { since: null }))).toBe('young');
  });

  it('the audit never terminates a run because of another failure', () => {
    const cause = 'WORKFLOW_WORKER_UNHANDLED_FAILURE';
    expect(obstacleOf(failing('a', { cause, isReplayFailure: false }))).toBe('cause');
  });

  it('the audit terminates a run of an account once an hour at most', () => {
    const one = { ...failing('a'), restartedAt: NOW - HOUR_MS + 1 };
    expect(obstacleOf(one)).toBe('lately');
    expect(obstacleOf({ ...one, restartedAt: NOW - HOUR_MS })).toBe(null);
  });

  it('one audit terminates five runs at most; the others wait for the next audit', () => {
    const all = Array.from({ length: 7 }, (_, n) => failing(`a${n}`));
    const found = [...obstaclesOf(all, { connected: 1_000, at: NOW }).values()];
    expect(found).toEqual([null, null, null, null, null, 'limit', 'limit']);
  });

  it.each([0, 2, 7])(
    'one audit terminates %i runs at most if the setting is this number',
    (max) => {
      const all = Array.from({ length: 7 }, (_, n) => failing(`a${n}`));
      const found = obstaclesOf(all, { connected: 1_000, at: NOW, restartsMax: max });
      const restarted = [...found.values()].filter((obstacle) => obstacle === null);
      expect(restarted).toHaveLength(max);
    },
  );

  it('the audit terminates no run if more than a tenth of many accounts fails, because of a build or a setting', () => {
    const all = Array.from({ length: 7 }, (_, n) => failing(`a${n}`));
    const obstacles = (connected: number) => [
      ...new Set(obstaclesOf(all, { connected, at: NOW }).values()),
    ];
    expect(obstacles(69)).toEqual(['many']);
    expect(obstacles(70)).toEqual([null, 'limit']);
    expect(obstacleOf(failing('a'), 1)).toBe(null); // a small fleet, one account
  });
});

describe('the alert', () => {
  const waiting = { isRestarted: false, obstacle: 'young', unread: null } as const;
  it('the alert names what failed, since when, and the remedy', () => {
    expect(failingAlert(failing('acme-anna'), waiting, NOW)).toEqual({
      accountId: 'acme-anna',
      kind: 'tasks_failing',
      severity: 'critical',
      details: {
        message: '9 tries of its workflow task have failed since 2026-11-24T11:50:00.000Z',
        failure:
          'NON_DETERMINISTIC_ERROR: [TMPRL1100] Nondeterminism error: Timer machine does not handle this event',
        workflowRun: 'run-1',
        cure: 'safeband restart acme-anna --reason …; the fleet audit does the same by itself, at most once an hour',
        day: '2026-11-24',
      },
    });
  });

  it('the alert names what was done, and remembers when until the next', () => {
    const done = failingAlert(failing('a'), { isRestarted: true }, NOW);
    expect(done).toMatchObject({
      severity: 'warning',
      details: { restartedAt: '2026-11-24T12:00:00.000Z' },
    });
    const again = failingAlert({ ...failing('a'), restartedAt: NOW - 1 }, waiting, NOW);
    expect(again.details['restartedAt']).toBe('2026-11-24T11:59:59.999Z');
  });

  it.each([
    ['cause', null, 'correct the worker'],
    ['many', null, 'many accounts fail alike'],
    [null, 'encoding binary/encrypted', 'SAFEBAND_PAYLOAD_KEYS'],
    ['limit', null, 'safeband restart -'],
  ] as const)(
    'the alert names the way out where the obstacle is %s (%s)',
    (obstacle, unread, cure) => {
      const { details } = failingAlert(
        failing('-a'),
        { isRestarted: false, obstacle, unread },
        NOW,
      );
      expect(details['cure']).toContain(
        obstacle === 'limit' ? 'safeband restart --reason … -- -a' : cure,
      );
    },
  );

  it('the alert shows nothing of what messages contain', () => {
    const text = failureText(
      'WORKFLOW_WORKER_UNHANDLED_FAILURE',
      'Unexpected token in "Dear Anna", of `Anna Muster` <anna@example.org> urn:li:member:7 \u001b[2J\nsecond line Anna',
    );
    expect(text).not.toMatch(/Anna|example|member:7|second/);
    expect(isPlain(text)).toBe(true);
    expect(text).toMatch(/^WORKFLOW_WORKER_UNHANDLED_FAILURE: Unexpected token/);
    expect(failureText(null, null)).toBe('the task timed out');
    expect(failureText('X', 'y'.repeat(999))).toHaveLength(200);
  });
});
