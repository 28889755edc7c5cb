/** Whether an account may grant with its claim on a recipient of its group (R20). */
import { expect, it } from 'vitest';
import { mayDecide, type Claimed } from '../../../../src/domain/fleet/contactClaims.js';
import { isGroup } from '../../../../src/domain/primitives/ids.js';
import { at, must, p, r } from '../../../support/scenario.js';

const NOW = at('09:00');
const group = must(isGroup, 'eu-sales');
const mine = { reservationId: r('job-17'), recipientId: p('ACoAAB1') };
const claim: Claimed = { group, at: NOW, ofGroup: [], wanted: [mine], claimed: [mine] };
const ask = { ...mine, group, at: NOW };

it.each<[string, boolean, Parameters<typeof mayDecide>]>([
  ['at once', true, [claim, ask]],
  ['in the last millisecond of its 20 s', true, [claim, { ...ask, at: NOW + 20_000 }]],
  ['a millisecond later', false, [claim, { ...ask, at: NOW + 20_001 }]],
  ['in another spelling', true, [claim, { ...ask, recipientId: p(' acoaab1') }]],
  ['for another ask', false, [claim, { ...ask, reservationId: r('job-18') }]],
  ['for another recipient', false, [claim, { ...ask, recipientId: p('ACoAAB2') }]],
  ['without a recipient', false, [claim, { ...ask, recipientId: undefined }]],
  ['in another group', false, [claim, { ...ask, group: must(isGroup, 'us-sales') }]],
  ['that others have', false, [{ ...claim, claimed: [] }, ask]],
  ['that Postgres did not answer', false, [undefined, ask]],
])('a claim %s grants: %s', (_, granted, args) => {
  expect(mayDecide(...args)).toBe(granted);
});
