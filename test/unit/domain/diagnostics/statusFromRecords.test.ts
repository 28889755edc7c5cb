/** The status while the row of an account has another counter than its parts add up to (R8, R17). */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  editedCounterOf,
  withRowCounter,
  type RowNow,
} from '../../../../src/domain/diagnostics/asOf/statusFromRecords.js';
import { deliver } from '../../../../src/domain/commands/deliver.js';
import { reserve } from '../../../../src/domain/commands/reserve.js';
import { dayOf } from '../../../../src/domain/primitives/time.js';
import { anAccount, c, r } from '../../../support/scenario.js';

/** Two delivered, one in flight. */
const account = ['a', 'b', 'x']
  .reduce((one, name) => one.when(reserve, { reservationId: r(name) }), anAccount())
  .when(deliver, { reservationId: r('a'), chatId: c('ca') })
  .when(deliver, { reservationId: r('b'), chatId: c('cb') });
const status = { ...account.status, unsaved: 0 };
const row = (counter: number, more: Partial<RowNow> = {}): RowNow => ({
  version: status.version,
  day: dayOf(account.now),
  counter,
  isEdited: true,
  ...more,
});

it('counts the larger of two counters, and the sum holds', () => {
  fc.assert(
    fc.property(fc.nat(120), fc.nat(40), fc.nat(40), (counter, delivered, external) => {
      const edited = editedCounterOf(status, row(counter), 'workflow');
      const shown = withRowCounter(status, edited, { delivered, external });
      const parts = [shown.inFlight, shown.uncertain, shown.delivered, shown.external];
      const sum = [...parts, shown.imported, shown.unexplained].reduce((a, b) => a + b, 0);
      expect([shown.counter, sum]).toEqual([Math.max(counter, 3), Math.max(counter, 3)]);
      expect(Math.min(...parts, shown.unexplained)).toBeGreaterThanOrEqual(0);
      expect(shown.remaining).toBe(Math.max(0, 50 - shown.counter));
      const logged = delivered + external;
      expect(shown.delivered + shown.external).toBeLessThanOrEqual(Math.max(2, logged));
    }),
  );
});

it('counts as delivered what the event log proves, and the rest as unexplained', () => {
  const edited = editedCounterOf(status, row(104), 'workflow');
  expect(edited).toEqual({ row: 104, counted: 3 });
  expect(withRowCounter(status, edited, { delivered: 17, external: 1 })).toMatchObject({
    counter: 104,
    inFlight: 1,
    delivered: 17,
    external: 1,
    unexplained: 85,
    remaining: 0,
  });
});

it('takes nothing from a row that is behind its workflow, of another day, or as it was saved', () => {
  const day = dayOf(account.now) - 1;
  expect(editedCounterOf(status, row(104, { day }), 'workflow')).toBeNull();
  expect(editedCounterOf(status, row(104, { isEdited: false }), 'workflow')).toBeNull();
  expect(editedCounterOf({ ...status, unsaved: 1 }, row(104), 'workflow')).toBeNull();
  expect(editedCounterOf({ ...status, version: 99 }, row(104), 'workflow')).toBeNull();
  expect(editedCounterOf(status, row(3), 'workflow')).toBeNull();
  expect(editedCounterOf(status, row(104, { isEdited: false }), 'rows')).not.toBeNull();
});
