/** The command on the page of groups, and the form of a policy, set the policy that they show. */
import { Command } from 'commander';
import { expect, it } from 'vitest';
import {
  modeOption,
  policyOf,
  policyOptions,
  scopeOption,
  type PolicyOptions,
} from '../../../src/cli/policy.js';
import type { GroupDefaults } from '../../../src/domain/commands/groupDefaults.js';
import { defaultsFields, parseDefaults } from '../../../src/domain/wire/adminRequests.js';
import { policyFields, policyIn } from '../../../src/http/pages/groups/policyForm.js';
import { policyCommand } from '../../../src/http/pages/groups/policyCommand.js';
import { at } from '../../support/scenario.js';

/** Reads a policy as a request has it. */
function policy(raw: object): GroupDefaults {
  const found = parseDefaults(raw, 'strict', at('10:00'));
  if (!found.ok) throw new Error(found.message);
  const { actor: _, ...defaults } = found.value;
  return defaults;
}
/** Returns the policy that the command sets, as a shell splits its words. */
function setBy(line: string): GroupDefaults {
  const command = modeOption(scopeOption(policyOptions(new Command())));
  const [, , , group, ...options] = line.split(' ');
  expect(group).toBe('eu-sales');
  return policy(policyOf(command.parse(options, { from: 'user' }).opts<PolicyOptions>()));
}
const ALL = {
  dailyCap: 20,
  weeklyCap: 0,
  ramp: { dailyCaps: [5, 10] },
  sendingWindow: { days: ['mon', 'tue', 'fri'], start: '09:00', end: '17:30' },
  timezone: 'America/Argentina/Buenos_Aires',
  creditsRenewOn: 31,
  pacing: { minGapSeconds: 60, jitterPercent: 50, perHour: 12 },
  recipientMemoryDays: 90,
  recipientScope: 'group',
  campaigns: [
    { campaignId: 'q4', dailyCap: 10 },
    { campaignId: 'may.2', dailyCap: 5, weight: 3 },
    { campaignId: 'x:1', weight: 2 },
  ],
  velocity: { factor: 1.5, floor: 5 },
  learntCap: true,
  mode: 'shadow',
};

it('the command has an option for each setting of the policy, and sets the same policy', () => {
  expect(new Set([...Object.keys(ALL), 'actor'])).toEqual(new Set(Object.keys(defaultsFields)));
  const line = policyCommand('eu-sales', policy(ALL));
  expect(setBy(line)).toEqual(policy(ALL));
  for (const more of [
    {},
    { dailyCap: 20 },
    { ramp: { name: 'gentle' }, learntCap: false },
    { pacing: { minGapSeconds: 60 }, mode: 'enforce' },
  ]) {
    expect(setBy(policyCommand('eu-sales', policy(more)))).toEqual(policy(more));
  }
});

it('a setting that is null stays the default of Safeband', () => {
  const nulls = Object.fromEntries(Object.keys(ALL).map((name) => [name, null]));
  expect(setBy(policyCommand('eu-sales', policy(nulls)))).toEqual({
    ...nulls,
    timezone: 'UTC',
    recipientScope: 'account',
    mode: 'enforce',
    learntCap: false,
  });
});

it('the form of a policy that is sent as it is shown changes nothing', () => {
  const sent = (shown: GroupDefaults): GroupDefaults =>
    policy(
      policyIn(Object.fromEntries(policyFields(shown).map((one) => [one.name, one.value ?? '']))),
    );
  for (const more of [
    ALL,
    {},
    { ramp: { name: 'standard' }, learntCap: false },
    { pacing: null },
  ]) {
    expect(sent(policy(more))).toEqual(policy(more));
  }
});
