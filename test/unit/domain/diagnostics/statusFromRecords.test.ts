/** The status from rows, while rows of the account were edited or deleted manually (R14, R17). */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { accountOfRows } from '../../../../src/domain/diagnostics/asOf/accountFromRecords.js';
import type { EditedNow } from '../../../../src/domain/diagnostics/asOf/editedRow.js';
import {
  editOfStatus,
  statusOfRows,
} from '../../../../src/domain/diagnostics/asOf/statusFromRecords.js';
import { deliver } from '../../../../src/domain/commands/deliver.js';
import { reserve } from '../../../../src/domain/commands/reserve.js';
import { dayOf } from '../../../../src/domain/primitives/time.js';
import { rowsFrom } from '../../../support/kept.js';
import { anAccount, c, r } from '../../../support/scenario.js';

/** Two delivered, one in flight. */
const account = ['a', 'b', 'x']
  .reduce((one, name) => one.when(reserve, { reservationId: r(name) }), anAccount())
  .when(deliver, { reservationId: r('a'), chatId: c('ca') })
  .when(deliver, { reservationId: r('b'), chatId: c('cb') });
const status = { ...account.status, unsaved: 0 };
const { version } = status;
const edit = (more: Partial<EditedNow> = {}): EditedNow => ({
  day: dayOf(account.now),
  counter: 104,
  columns: ['inmails_sent_today'],
  ...more,
});
const of = (edited: EditedNow | null, asked = status) =>
  editOfStatus(asked, { version, edited }, account.now);

it('keeps the counter of the last save for any rows that were deleted, and the sum holds', () => {
  const rows = rowsFrom(account);
  const kept = fc.subarray([...rows.reservations]);
  const logged = fc.subarray([...rows.events]);
  fc.assert(
    fc.property(kept, logged, (reservations, events) => {
      const context = { checkedAt: account.now, openings: null, isCounterKept: true };
      const read = accountOfRows({ ...rows, reservations, events }, context, account.now);
      const shown = statusOfRows({ account: read, row: { version, hotSince: null } }, account.now);
      const parts = [shown.inFlight, shown.uncertain, shown.delivered, shown.external];
      const sum = [...parts, shown.imported, shown.unexplained].reduce((a, b) => a + b, 0);
      expect([shown.counter, sum, shown.remaining]).toEqual([3, 3, 47]);
      expect(shown.canSend.left).toBe(47);
      // Rows of the log prove a delivery whose reservation was deleted.
      expect(shown.delivered).toBeGreaterThanOrEqual(events.length);
    }),
  );
});

it('a manual edit is named with both counters, its columns, and the time of its correction', () => {
  expect(of(edit())).toMatchObject({
    row: 104,
    counted: 3,
    columns: ['inmails_sent_today'],
    correctedAt: '2026-11-24T09:05:00.000Z',
    line: expect.stringContaining('its counter is 104, and the gate counts 3'),
  });
  expect(of(edit({ counter: 3, columns: ['timezone'] }))?.line).toMatch(
    /edited manually \(timezone\)\. The gate does not use the edit\. The next reconcile, at 09:05 UTC/,
  );
  expect(of(edit({ counter: 3, columns: [] }))?.line).toMatch(/^A row of a reservation was edited/);
});

it('the reconcile comes at the account’s own time or with the audit, whichever is first', () => {
  const hot = (nextReconcileAt: string) => of(edit(), { ...status, nextReconcileAt })?.correctedAt;
  expect(hot('2026-11-24T09:03:00.000Z')).toBe('2026-11-24T09:03:00.000Z');
  expect(hot('2026-11-24T09:08:00.000Z')).toBe('2026-11-24T09:05:00.000Z');
  const ended = of(edit(), { ...status, state: 'disconnected' });
  expect(ended).toMatchObject({
    correctedAt: null,
    line: expect.stringMatching(/disconnected\.$/),
  });
});

it('no edit is named for a row that is behind its workflow, of another day, or as it was saved', () => {
  const day = dayOf(account.now) - 1;
  expect(of(null)).toBeNull();
  expect(of(edit({ day }))).toBeNull();
  expect(of(edit({ day, columns: ['counter_day'] }))).not.toBeNull();
  expect(of(edit(), { ...status, unsaved: 1 })).toBeNull();
  expect(of(edit(), { ...status, version: 99 })).toBeNull();
});
