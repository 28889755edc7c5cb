/** Claims on recipients of a group (R20): the checks of their rows, and the mutants that fail them. */
import { expect } from 'vitest';
import { ask as askInLine } from '../../src/domain/commands/line.js';
import { reserve } from '../../src/domain/commands/reserve.js';
import { batchOf } from '../../src/domain/entity/writes.js';
import { isAccountId, isGroup, type AccountId } from '../../src/domain/primitives/ids.js';
import { CLAIM_MS } from '../../src/domain/primitives/limits.js';
import { DAY_MS, dayOf } from '../../src/domain/primitives/time.js';
import { at, must, p, r } from '../support/scenario.js';
import { OWNER, type DatabaseCheck, type Desk } from './desk.js';
import type { Mutant } from './mutant.js';

const NOW = at('09:00');
const groupOf = ({ accountId }: Desk) => must(isGroup, accountId.toLowerCase());
const scopeOf = (desk: Desk) => ({ group: groupOf(desk), recipientScope: 'group' });
const other = ({ accountId }: Desk) => must(isAccountId, `${accountId}-other`);

const claim = async (desk: Desk, accountId: AccountId, id: string, time = NOW) => {
  const claims = [{ recipientId: p('ACoAAB1'), reservationId: r(id) }];
  const day = dayOf(time);
  const days = { day, memoryDays: 2, since: day - 2 };
  const ask = { accountId, group: groupOf(desk), at: time, ...days, recipients: [], claims };
  const { claimed, ofGroup } = await desk.activities.claimContacts(ask);
  return claimed.length === 1 ? 'claimed' : (ofGroup[0]?.reservationId ?? 'refused');
};

const oneClaims: DatabaseCheck = async (desk) => {
  await desk.begin(scopeOf(desk));
  expect(await claim(desk, desk.accountId, 'a')).toBe('claimed');
  expect(await claim(desk, other(desk), 'b', NOW + 60_000)).toBe('a');
  expect(await claim(desk, desk.accountId, 'a')).toBe('claimed');
};

const lateTry: DatabaseCheck = async (desk) => {
  await desk.begin(scopeOf(desk));
  expect(await claim(desk, desk.accountId, 'a', NOW + 1)).toBe('claimed');
  expect(await claim(desk, desk.accountId, 'b')).toBe('refused');
  expect(await claim(desk, other(desk), 'c')).toBe('a');
};

const ended: DatabaseCheck = async (desk) => {
  const account = await desk.begin(scopeOf(desk));
  expect(await claim(desk, desk.accountId, 'a')).toBe('claimed');
  await desk.save(account.until(NOW + CLAIM_MS).entity);
  expect(await claim(desk, other(desk), 'b')).toBe('a');
  const { isAll: _, ...part } = batchOf(account.until(NOW + CLAIM_MS + 1).entity);
  await desk.activities.save({ owner: OWNER, ...part });
  expect(await claim(desk, other(desk), 'b')).toBe('a');
  await desk.save(account.until(NOW + CLAIM_MS + 2).entity);
  expect(await claim(desk, other(desk), 'b')).toBe('claimed');
};

const waits: DatabaseCheck = async (desk) => {
  const account = await desk.begin({ ...scopeOf(desk), dailyCap: 1 });
  const request = { reservationId: r('a'), recipientId: p('ACoAAB1'), wait: true };
  const capped = account
    .when(reserve, { reservationId: r('full') })
    .when(askInLine, { ...request, validUntil: NOW + 2 * DAY_MS });
  expect(await claim(desk, desk.accountId, 'a')).toBe('claimed');
  await desk.save(capped.entity);
  const kept = await desk.all('select state from safeband.waiting where account_id = $1');
  expect(kept).toEqual([{ state: 'waiting' }]);
  expect(await claim(desk, other(desk), 'b', NOW + 3_600_000)).toBe('a');
};

export const CLAIM_CHECKS = {
  'a recipient of a group is claimed by one account': oneClaims,
  'a late try of an earlier ask takes no claim': lateTry,
  'a claim ends with a whole save after its decision': ended,
  'an ask that waits keeps its recipient from other accounts': waits,
} satisfies Readonly<Record<string, DatabaseCheck>>;
export type ClaimCheckName = keyof typeof CLAIM_CHECKS;

const file = 'src/postgres/groups/claims.ts';
export const CLAIM_MUTANTS: readonly Mutant<ClaimCheckName>[] = [
  {
    rule: 'R20',
    what: 'each account of a group takes the claim from the one before',
    file,
    old: 'else not safeband.is_open_claim(c) end',
    mutated: 'else true end',
    by: 'a recipient of a group is claimed by one account',
  },
  {
    rule: 'R20',
    what: 'a late try of an earlier ask replaces a later claim',
    file,
    old: 'then c.claimed_at <= excluded.claimed_at',
    mutated: 'then c.claimed_at is not null',
    by: 'a late try of an earlier ask takes no claim',
  },
  {
    rule: 'R20',
    what: 'a claim ends while its ask may still be granted',
    file,
    old: 'at - CLAIM_MS',
    mutated: 'at',
    by: 'a claim ends with a whole save after its decision',
  },
  {
    rule: 'R20',
    what: 'a claim ends with a save that leaves rows unsaved',
    file: 'src/activities/account.ts',
    old: 'if (request.isAll && refused === 0)',
    mutated: 'if (refused === 0)',
    by: 'a claim ends with a whole save after its decision',
  },
  {
    rule: 'R20',
    what: 'an ask that waits in another account refuses no recipient',
    file,
    old: "and w.state in ('waiting', 'granted') and safeband.keeps_recipient(w)",
    mutated: "and w.state in ('waiting', 'granted') and not safeband.keeps_recipient(w)",
    by: 'an ask that waits keeps its recipient from other accounts',
  },
];
