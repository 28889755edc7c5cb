/** The alerts of a run, and how urgent they are (R8). */
import { describe, expect, it } from 'vitest';
import { alertsOf } from '../../../../src/domain/reconcile/runAlerts.js';
import { GAP_CAUSES, type GapPart } from '../../../../src/domain/gap/breakdown.js';
import type { DayVerdict } from '../../../../src/domain/reconcile/dayFindings.js';
import { reconcile } from '../../../../src/domain/reconcile/reconcile.js';
import { reserve } from '../../../../src/domain/commands/reserve.js';
import type { ReservationRow } from '../../../../src/domain/records/records.js';
import { anAccount, at, r, rows, type Scenario } from '../../../support/scenario.js';

const { account } = anAccount({ dailyCap: 10 }).entity;
/** `in_flight 6, imported 2`. */
const partsOf = (text: string): readonly GapPart[] =>
  text.split(', ').map((part) => {
    const [name, count] = part.split(' ');
    const cause = GAP_CAUSES.find((one) => one === name);
    if (!cause) throw new Error(`no cause: ${name}`);
    return { cause, count: Number(count), reservations: [] };
  });
function verdict(parts: readonly GapPart[], more: Partial<DayVerdict> = {}): DayVerdict {
  const gap = parts.reduce((sum, { count }) => sum + count, 0);
  const imported = parts.find(({ cause }) => cause === 'imported')?.count ?? 0;
  const drift = gap - imported;
  const counts = { before: gap, after: gap, delivered: 0, external: 0, drift };
  return { day: account.day, ...counts, parts, sentences: () => [], isHealed: false, ...more };
}
const kindsOf = (one: DayVerdict): readonly string[] =>
  alertsOf(one, account).map(({ kind, severity }) => `${kind} ${severity}`);

describe('drift', () => {
  const table = `
    parts                                                raised
    in_flight 5                                          -
    in_flight 6                                          drift info
    in_flight 6, imported 4                              drift info
    imported 9                                           -
    in_flight 5, uncertain 1                             drift warning
    uncertain 6                                          drift warning
    in_flight 6, missing_event 1, late_delivery -1       drift warning
    in_flight 6, external 1, external -1                 drift warning
    edited_by_hand 6                                     drift warning
    external -9                                          -
  `;
  it.each(rows(table))('the alert drift for $parts: $raised', ({ parts = '', raised }) => {
    expect(kindsOf(verdict(partsOf(parts)))).toEqual(raised === '-' ? [] : [raised]);
  });

  it('the alert drift of yesterday is for information, too, if its InMails are still in flight', () => {
    let late: Scenario = anAccount({}, { now: at('23:59') });
    for (let n = 0; n < 6; n += 1) late = late.when(reserve, { reservationId: r(`f${n}`) });
    const next = late.until(at('2026-11-25T00:05:00.000Z'));
    const reservations = next.entity.outbox.flatMap(({ row }): readonly ReservationRow[] =>
      row.table === 'reservations' ? [row] : [],
    );
    const checked = { ...next.entity.account, reconciledAt: late.now };
    const { alerts } = reconcile(
      checked,
      { reservations, attempts: [], events: [] },
      null,
      next.now,
    );
    expect(alerts).toMatchObject([
      { kind: 'drift', severity: 'info', details: { day: '2026-11-24', counter: 6, drift: 6 } },
    ]);
    expect(alerts[0]?.details.sentences[0]).toBe(
      'On 2026-11-24, the counter was 6, the event log had 0: 6 apart.',
    );
  });
});

describe('over_cap', () => {
  it('over_cap is raised at one more than the highest cap of today', () => {
    const at10 = verdict(partsOf('imported 10'));
    expect(kindsOf(at10)).toEqual([]);
    expect(kindsOf(verdict(partsOf('imported 11')))).toEqual(['over_cap critical']);
    const [alert] = alertsOf(verdict(partsOf('imported 11')), account);
    expect(alert?.details).toMatchObject({ counter: 11, cap: 10, day: '2026-11-24' });
  });
});

describe('undercount', () => {
  it('undercount is raised if a reconcile raises the counter', () => {
    expect(kindsOf(verdict(partsOf('external -1'), { before: 3, after: 4 }))).toEqual([
      'undercount warning',
    ]);
  });
  it('undercount is raised for a send without a slot, also if the counter decreases', () => {
    const parts = partsOf('bypassed_gate -1, edited_by_hand 3');
    expect(kindsOf(verdict(parts, { before: 9, after: 7 }))).toEqual(['undercount warning']);
  });
});
