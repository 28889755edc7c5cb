import { expect, it } from 'vitest';
import { CAMPAIGNS_MAX } from '../../../../src/domain/account/policy.js';
import { ROW_BYTES_MAX } from '../../../../src/domain/entity/bounds.js';
import { bytesOf } from '../../../../src/domain/primitives/bytes.js';
import { isCampaignId, isIdentity } from '../../../../src/domain/primitives/ids.js';
import { changeRow } from '../../../../src/domain/records/changeLog.js';
import { must } from '../../../support/scenario.js';
import {
  changesText,
  settingsChanged,
  settingsIn,
} from '../../../../src/domain/records/settingsChange.js';
import type { Policy } from '../../../../src/domain/account/policy.js';

const BEFORE: Policy = {
  tier: 'sales_navigator',
  dailyCap: null,
  weeklyCap: null,
  ramp: null,
  sendingWindow: null,
  timezone: 'UTC',
  identity: null,
};
const AFTER: Policy = {
  ...BEFORE,
  dailyCap: 20,
  ramp: { dailyCaps: [5, 10] },
  sendingWindow: { days: ['mon', 'tue'], start: '09:00', end: '17:30' },
  pacing: { minGapSeconds: 60, jitterPercent: 50, perHour: 12 },
  recipientMemoryDays: 90,
  creditsRenewOn: 12,
};
const TEXT =
  'daily cap 50 (safe band) → 20; ramp none → 5, 10; ' +
  'sending window all hours → mon, tue 09:00 to 17:30; ' +
  'pacing none → 60 s ± 50 %, at most 12 an hour; ' +
  'recipient memory as long as ids are remembered → 90 days; credits renew on day 1 → 12';

it('a change of settings names each changed setting, before and after', () => {
  expect(changesText(settingsChanged(BEFORE, AFTER))).toBe(TEXT);
  expect(settingsChanged(AFTER, AFTER)).toEqual([]);
  const row = { before: JSON.stringify(BEFORE), policy: JSON.stringify(AFTER) };
  expect(changesText(settingsIn(row))).toBe(TEXT);
});

it('a row without the former settings lists all new settings', () => {
  expect(changesText(settingsIn({ policy: JSON.stringify(AFTER) }))).toBe(
    'tier sales navigator; daily cap 20; weekly cap 5 times the daily cap; ramp 5, 10; ' +
      'sending window mon, tue 09:00 to 17:30; time zone UTC; LinkedIn member not set; ' +
      'pacing 60 s ± 50 %, at most 12 an hour; recipient memory 90 days; recipient scope account; ' +
      'campaigns none; velocity none; learnt ceiling off; mode enforce; group none; credits renew on day 12',
  );
});

it.each([null, 'text', {}, { policy: 7 }])('details of %j are no change of settings', (details) => {
  expect(settingsIn(details)).toEqual([]);
});

it.each(['"', '\\', '中'])(
  'a row of the longest settings with %j, before and after, has a limit',
  (letter) => {
    const policy: Policy = {
      tier: 'sales_navigator',
      dailyCap: 99_999,
      weeklyCap: 99_999,
      ramp: { dailyCaps: Array.from({ length: 366 }, () => 99_999) },
      sendingWindow: {
        days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
        start: '09:00',
        end: '17:30',
      },
      timezone: 'z'.repeat(64),
      identity: must(isIdentity, letter.repeat(512)),
      creditsRenewOn: 31,
      pacing: { minGapSeconds: 86_400, jitterPercent: 90, perHour: 200 },
      recipientMemoryDays: 365,
      recipientScope: 'group',
      campaigns: Array.from({ length: CAMPAIGNS_MAX }, () => ({
        campaignId: must(isCampaignId, 'k'.repeat(128)),
        dailyCap: 100_000,
      })),
    };
    const by = { actor: '中'.repeat(128), reason: '中'.repeat(512) };
    const changed = { type: 'PolicyChanged', policy, rampDay: 1, ...by } as const;
    const row = changeRow(changed, Date.now(), policy);
    expect(bytesOf(row)).toBeGreaterThan(8_000);
    expect(bytesOf(row)).toBeLessThan(ROW_BYTES_MAX);
  },
);
