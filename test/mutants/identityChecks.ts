/** Two accounts of one member are found in any spelling, also if older code compared them (R13). */
import { expect } from 'vitest';
import { accountRow } from '../../src/domain/records/toRecords.js';
import { isAccountId, isIdentity } from '../../src/domain/primitives/ids.js';
import { anAccount, must } from '../support/scenario.js';
import type { DatabaseCheck, Desk } from './desk.js';

let members = 0;
const newMember = (): string => `ACoAAB${process.pid}-${(members += 1)}`;

/** Claims another account for that member, and returns the member's other accounts. */
async function claimed(
  desk: Desk,
  name: string,
  identity: string,
  isAgain = false,
): Promise<unknown> {
  const accountId = must(isAccountId, `${desk.accountId}-${name}`);
  const { entity } = anAccount({ accountId, identity: must(isIdentity, identity) });
  const row = accountRow(entity.account, entity.version);
  const claim = await desk.activities.claim({ owner: 'its chain', found: null, row, isAgain });
  return claim.claimed ? claim.rivals : undefined;
}
/** Writes the account's row as older code wrote it. */
const asBefore = (desk: Desk, name: string): Promise<unknown> =>
  desk.pool.query(
    `update safeband.accounts set identity_normal = null, identity_number = null,
       identity_compared = null where account_id = $1`,
    [`${desk.accountId}-${name}`],
  );

const spelt: DatabaseCheck = async (desk) => {
  const id = newMember();
  expect(await claimed(desk, 'one', `https://www.linkedin.com/in/${id}`)).toEqual([]);
  expect(await claimed(desk, 'two', id)).toEqual([`${desk.accountId}-one`]);
  expect(await claimed(desk, 'three', newMember())).toEqual([]);
};

const older: DatabaseCheck = async (desk) => {
  const id = newMember();
  await claimed(desk, 'one', `urn:li:fsd_profile:${id}`);
  await asBefore(desk, 'one');
  expect(await claimed(desk, 'two', id)).toEqual([`${desk.accountId}-one`]);
};

const again: DatabaseCheck = async (desk) => {
  const id = newMember();
  await claimed(desk, 'one', id);
  await claimed(desk, 'two', `${id} `);
  await asBefore(desk, 'one');
  await asBefore(desk, 'two');
  expect(await claimed(desk, 'one', id, true)).toEqual([]);
  expect(await claimed(desk, 'two', `${id} `, true)).toEqual([`${desk.accountId}-one`]);
};

export const IDENTITY_CHECKS = {
  'a second account of one member is found, in any spelling': spelt,
  'a second account finds the first, whose spelling older code compared': older,
  'of two accounts that are compared again the first continues': again,
} satisfies Readonly<Record<string, DatabaseCheck>>;
export type IdentityCheckName = keyof typeof IDENTITY_CHECKS;
