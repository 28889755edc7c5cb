/** The learnt ceiling: how much less an account may send after LinkedIn refused a send (R25). */
import { describe, expect, it } from 'vitest';
import { configure, hold, resume } from '../../../../src/domain/commands/administer.js';
import { deliver } from '../../../../src/domain/commands/deliver.js';
import { fail } from '../../../../src/domain/commands/fail.js';
import { reserve } from '../../../../src/domain/commands/reserve.js';
import { nextSlots } from '../../../../src/domain/days/slotTimes.js';
import { restore } from '../../../../src/domain/entity/restore.js';
import { roomOf } from '../../../../src/domain/gate/caps.js';
import { learntFrom } from '../../../../src/domain/gate/learnt.js';
import { DAY_MS, dayOf } from '../../../../src/domain/primitives/time.js';
import { accountRow } from '../../../../src/domain/records/toRecords.js';
import { merged } from '../../../../src/domain/reconcile/merge.js';
import { parseConfigure } from '../../../../src/domain/wire/adminRequests.js';
import { anAccount, at, c, m, NOTHING, r, type Scenario } from '../../../support/scenario.js';

const NOW = at('09:00');
const TODAY = dayOf(NOW);
const ceiling = ({ entity }: Scenario): number | null => roomOf(entity.account).learnt;

let count = 0;
/** Takes that many slots; returns the account and their ids. */
function taken(account: Scenario, many: number): readonly [Scenario, readonly string[]] {
  const ids = Array.from({ length: many }, () => `l${(count += 1)}`);
  const after = ids.reduce(
    (before, id) => before.when(reserve, { reservationId: r(id) }).answered({ granted: true }),
    account,
  );
  return [after, ids];
}
const delivered = (account: Scenario, id: string): Scenario =>
  account.when(deliver, { reservationId: r(id), chatId: c(id), messageId: m(id) });
const refused = (account: Scenario, id: string, kind: 'throttled' | 'restricted' = 'throttled') =>
  account.when(fail, { reservationId: r(id), kind });
/** The account with that many slots spent; LinkedIn takes all of them but the last one. */
function refusedAt(account: Scenario, spent: number): Scenario {
  const [full, ids] = taken(account, spent);
  return refused(ids.slice(0, -1).reduce(delivered, full), ids.at(-1) ?? '');
}
/** Lives one clean day for each number of days. */
function cleanDays(account: Scenario, days: number): Scenario {
  let after = account;
  for (let day = 0; day < days; day += 1) {
    const [one, [id = '']] = taken(after, 1);
    after = delivered(one, id);
    after = after.until(after.now + DAY_MS);
  }
  return after;
}
const learning = (): Scenario => anAccount({ learntCap: true });

describe('the learnt ceiling', () => {
  it('the ceiling is 80 % of what was spent, and denies what is above it', () => {
    const account = refusedAt(learning(), 20);
    expect(ceiling(account)).toBe(16);
    account
      .until(at('11:00'))
      .when(reserve, { reservationId: r('more') })
      .answered({
        granted: false,
        reason: 'learnt_cap',
        limit: 16,
        used: 19,
        retryAt: at('2026-11-25T00:00:00.000Z'),
      });
  });

  it.each([
    [1, 1],
    [2, 1],
    [5, 4],
    [35, 28],
    [50, 40],
  ])('with %i spent, the ceiling is %i', (spent, cap) => {
    expect(ceiling(refusedAt(learning(), spent))).toBe(cap);
  });

  it('the ceiling stays for 7 days, then grows by 10 % after each clean day, and ends at the band', () => {
    let account = refusedAt(learning(), 20);
    account = account.until(NOW + DAY_MS);
    const caps: (number | null)[] = [];
    for (let day = 1; day <= 22; day += 1) {
      caps.push(ceiling(account));
      account = cleanDays(account, 1);
    }
    expect(caps).toEqual([
      16,
      16,
      16,
      16,
      16,
      16,
      16,
      17,
      18,
      19,
      20,
      22,
      24,
      26,
      28,
      30,
      33,
      36,
      39,
      42,
      46,
      null,
    ]);
    expect(account.entity.account.learnt).toBeNull();
  });

  it('the status has the days on which the ceiling grows and ends, as a clean account lives them', () => {
    const account = refusedAt(learning(), 20);
    const learnt = { cap: 16, growsOn: '2026-12-02', endsOn: '2026-12-16' };
    account.expect({ learnt, caps: { learnt: 16, binding: 'learnt', effective: 16 } });
    const after = cleanDays(account.until(NOW + DAY_MS), 7);
    after.expect({ learnt: { ...learnt, cap: 17, growsOn: '2026-12-03' } });
    const last = cleanDays(after, 13);
    last.expect({ learnt: { ...learnt, cap: 46, growsOn: '2026-12-16' } });
    cleanDays(last, 1).expect({ learnt: null, quotaDay: '2026-12-16', caps: { learnt: null } });
  });

  it('a day without a delivery raises nothing, over one midnight or many', () => {
    const held = refusedAt(learning(), 10);
    const idle = held.until(NOW + 30 * DAY_MS);
    expect(ceiling(idle)).toBe(8);
    const [open] = taken(idle, 3);
    expect(ceiling(open.until(open.now + DAY_MS))).toBe(8);
    // The clean day is the one that ends, not those that were slept through.
    const [one, [id = '']] = taken(idle, 1);
    expect(ceiling(delivered(one, id).until(idle.now + 9 * DAY_MS))).toBe(9);
  });

  it('a second refusal never raises the ceiling, and begins its 7 days again', () => {
    const low = refusedAt(learning(), 5);
    const day = low.until(NOW + 3 * DAY_MS);
    const [open, ids] = taken(day, 4);
    const again = refused(open, ids[0] ?? '');
    expect(again.entity.account.learnt).toEqual({ cap: 3, until: TODAY + 10 });
    // The counter may be higher than the ceiling, for example while it is off.
    const off = again.when(configure, { learntCap: false }).until(NOW + 4 * DAY_MS);
    expect(refusedAt(off, 30).entity.account.learnt).toEqual({ cap: 3, until: TODAY + 11 });
  });

  it('each refused InMail counts itself, in every order of its reports', () => {
    const [open, ids] = taken(learning(), 10);
    const [first = '', second = ''] = ids;
    const released = open.when(fail, { reservationId: r(first), kind: 'rejected' });
    expect(ceiling(refused(released, first))).toBe(8);
    expect(ceiling(refused(open, first))).toBe(8);
    expect(ceiling(refused(refused(open, first), second))).toBe(7);
    const repeated = refused(refused(open, first), first);
    expect(repeated.entity.account.learnt).toEqual(refused(open, first).entity.account.learnt);
  });

  it('a refusal of yesterday counts yesterday, and one of an unknown id counts today', () => {
    const [open, ids] = taken(learning(), 10);
    const tomorrow = open.until(NOW + DAY_MS);
    expect(ceiling(refused(tomorrow, ids[0] ?? ''))).toBe(8);
    const [two] = taken(learning(), 10);
    expect(ceiling(refused(two, 'never-seen'))).toBe(8);
  });

  it('a restriction teaches as well, and resume does not end the ceiling', () => {
    const [open, ids] = taken(learning(), 10);
    const restricted = refused(open, ids[0] ?? '', 'restricted');
    expect(ceiling(restricted)).toBe(8);
    const order = { reason: 'looked at it', actor: 'ada' };
    expect(ceiling(restricted.when(hold, order).when(resume, order))).toBe(8);
  });

  it('the account learns while the setting is off, and the setting then applies it', () => {
    const off = refusedAt(anAccount(), 20);
    off.expect({ learnt: { cap: 16 }, caps: { learnt: null, effective: 50 } });
    const on = off.when(configure, { learntCap: true });
    on.expect({ caps: { learnt: 16, effective: 16, binding: 'learnt' } });
    expect(ceiling(on.when(configure, { learntCap: null }))).toBeNull();
    const changes = ({ entity }: Scenario) =>
      entity.outbox.flatMap(({ row }) =>
        row.table === 'account_changes' && row.kind === 'learnt_cap' ? [row] : [],
      );
    const details = { cap: 16, until: '2026-12-01' };
    const limit = /: 20 spent on 2026-11-24; at most 16 a day until 2026-12-01/;
    const isOff = /; learntCap is off, so it is no cap$/;
    expect(changes(off)).toMatchObject([{ details, reason: expect.stringMatching(limit) }]);
    expect(changes(off)).toMatchObject([{ reason: expect.stringMatching(isOff) }]);
    const own = changes(refusedAt(learning(), 20));
    expect(own).toMatchObject([{ details, reason: expect.stringMatching(/2026-12-01$/) }]);
  });

  it('a ceiling that is not below the band is not learnt', () => {
    const { account } = anAccount({ tier: 'premium' }).entity;
    const [book] = account.days.slice(-1);
    const spent = (external: number) => ({
      ...account,
      days: account.days.map((one) => (one === book ? { ...one, external } : one)),
    });
    expect(learntFrom(spent(31), undefined, 'x')).toMatchObject([{ learnt: { cap: 24 } }]);
    expect(learntFrom(spent(32), undefined, 'x')).toEqual([]);
    const free = { ...account, policy: { ...account.policy, tier: 'free' as const } };
    expect(learntFrom(free, undefined, 'x')).toEqual([]);
  });

  it('the smallest cap binds, and the ceiling is named before an equal daily cap', () => {
    const room = (dailyCap: number) =>
      roomOf(refusedAt(anAccount({ learntCap: true, dailyCap }), 5).entity.account);
    expect(room(5)).toMatchObject({ effective: 4, binding: 'learnt' });
    const { entity } = refusedAt(learning(), 5).when(configure, { dailyCap: 4 });
    expect(roomOf(entity.account)).toMatchObject({ effective: 4, binding: 'learnt', learnt: 4 });
  });

  it('a plan of slots keeps the ceiling, because it knows no later delivery', () => {
    const { account } = refusedAt(learning(), 5).entity;
    const days = nextSlots(account, account.now, 9).map((slot) => dayOf(slot) - TODAY);
    expect(days).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 3]);
  });

  it('a start reads the ceiling from the row, and of two states the stricter one stays', () => {
    const { entity } = refusedAt(learning(), 20);
    const row = accountRow(entity.account, 1);
    expect(row.learnt).toEqual({ cap: 16, until: TODAY + 7, next: 16 });
    const found = { ...NOTHING, account: { ...row, owner: 'x', ownerVersion: 1 } };
    const { accountId } = entity.account;
    const opened = restore({ accountId, connect: true }, found, 'y', NOW + DAY_MS).account;
    expect(opened.learnt).toEqual({ cap: 16, until: TODAY + 7 });
    expect(merged(opened, entity.account)).not.toContainEqual(
      expect.objectContaining({ type: 'CapLearnt' }),
    );
    const mild = { ...opened, learnt: { cap: 20, until: TODAY } };
    expect(merged(mild, opened)).toContainEqual(
      expect.objectContaining({ type: 'CapLearnt', learnt: opened.learnt }),
    );
  });

  it('the row of a clean day has the ceiling of the next day, and null if it ends then', () => {
    const week = refusedAt(learning(), 20).until(NOW + 7 * DAY_MS);
    const [one, [id = '']] = taken(week, 1);
    expect(accountRow(one.entity.account, 1).learnt?.next).toBe(16);
    const { account } = delivered(one, id).entity;
    expect(accountRow(account, 1).learnt?.next).toBe(17);
    const high = { ...account, learnt: { cap: 46, until: TODAY } };
    expect(accountRow(high, 1).learnt?.next).toBeNull();
  });
});

describe('a learnt ceiling that is not possible', () => {
  it.each(['on', 1, { cap: 3 }])('%j is refused with its field', (learntCap) => {
    expect(parseConfigure({ learntCap }, 'strict', 0)).toMatchObject({
      ok: false,
      refused: 'InvalidInput',
      message: expect.stringContaining('learntCap should be true or false'),
    });
  });
});
