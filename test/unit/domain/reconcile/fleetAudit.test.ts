/** When the audit calls the row of an account late, with the usual spread of midnight and with others. */
import { expect, it } from 'vitest';
import { isAccountId } from '../../../../src/domain/primitives/ids.js';
import { MIDNIGHT_SPREAD_MS } from '../../../../src/domain/primitives/midnight.js';
import { dayOf, SECOND_MS, startOf } from '../../../../src/domain/primitives/time.js';
import { judge, type Suspect } from '../../../../src/domain/reconcile/fleetAudit.js';
import { at, must } from '../../../support/scenario.js';

const TODAY = dayOf(at('12:00'));
const MIDNIGHT = startOf(TODAY);
const yesterday: Suspect = {
  accountId: must(isAccountId, 'acme-anna'),
  day: TODAY - 1,
  drift: 0,
  isUnequal: false,
  isEdited: false,
  hotSince: null,
  checkedAt: null,
};

it.each([
  [10, 40],
  [MIDNIGHT_SPREAD_MS / SECOND_MS, 120],
  [1_400, 1_430],
  [3_600, 3_630],
])('with a spread of %i s, the row of yesterday is late %i s after midnight', (spread, late) => {
  const judged = (ms: number) => judge(yesterday, MIDNIGHT + ms, spread * SECOND_MS);
  expect(judged(late * SECOND_MS - 1)).toMatchObject({ isLate: false, isWoken: false });
  expect(judged(late * SECOND_MS)).toMatchObject({ isLate: true, isWoken: true });
});
