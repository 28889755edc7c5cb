/**
 * Postgres and the store of the model test get the same random stories. A start then reads the same
 * from both, and `account_status_at` agrees with the domain at any later instant before a reset is
 * written (R7, R13, R14).
 */
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createActivities } from '../../../src/activities/index.js';
import type { Activities } from '../../../src/activities/ports.js';
import { pass } from '../../../src/domain/entity/entity.js';
import { roomOf } from '../../../src/domain/gate/caps.js';
import { condensed } from '../../../src/domain/reconcile/crowd.js';
import { isAccountId, type AccountId } from '../../../src/domain/primitives/ids.js';
import type { ReadBack } from '../../../src/domain/records/snapshot.js';
import { DAY_MS, dayOf, isoDay, isoInstant, startOf } from '../../../src/domain/primitives/time.js';
import type { Pool } from '../../../src/postgres/pool.js';
import { story, type Story } from '../../model/commands.js';
import { loadDomain } from '../../support/domain.js';
import { Play } from '../../model/play.js';
import { Store } from '../../model/store.js';
import { must } from '../../support/scenario.js';
import { distantPool } from '../../support/stand.js';
import { carriedOf, counterOf, tallyOf } from '../../../src/domain/account/counter.js';
import { stateOf } from '../../../src/domain/gate/accountState.js';

const RUNS = 150;
const domain = await loadDomain(fileURLToPath(new URL('../../../src/domain', import.meta.url)));

let close: () => Promise<void>;
let pool: Pool;
let activities: Activities;
beforeAll(async () => {
  ({ pool, close } = await distantPool());
  activities = createActivities({ pool });
});
afterAll(() => close());

const claims = vi.spyOn(Store.prototype, 'claim');
const saves = vi.spyOn(Store.prototype, 'save');
afterAll(() => vi.restoreAllMocks());

/** Postgres receives the same writes as the store of the model, in the same order. */
async function retell(accountId: AccountId): Promise<void> {
  const claimed = claims.mock.calls.map(([row, owner], i) => async () => {
    const { account } = await activities.readBack({ accountId, day: row.day });
    const found = account && { owner: account.owner, version: account.version };
    const answer = await activities.claim({ owner, found, row: { ...row, accountId } });
    expect([i, answer]).toEqual([i, { claimed: true, rivals: [] }]);
  });
  const saved = saves.mock.calls.map(([row, entries, owner], i) => async () => {
    const answer = await activities.save({
      owner,
      row: { ...row, accountId },
      entries,
      isHot: true,
      handled: null,
    });
    expect([i, answer]).toMatchObject([i, { saved: true, refused: 0 }]);
  });
  const orders = [...claims.mock.invocationCallOrder, ...saves.mock.invocationCallOrder];
  const writes = [...claimed, ...saved].map((write, i) => ({ write, order: orders[i] ?? 0 }));
  for (const { write } of writes.toSorted((a, b) => a.order - b.order)) await write();
}

let count = 0;
/** Plays a story to its end, and writes its rows to Postgres, for a new account. */
async function played(one: Story): Promise<{ play: Play; accountId: AccountId }> {
  vi.clearAllMocks();
  const play = new Play(domain, one, () => undefined);
  for (const step of one.steps) play.step(step);
  play.step({ do: 'save' });
  const accountId = must(isAccountId, `story-${(count += 1)}`);
  await retell(accountId);
  // The store keeps no runs; a run writes its time into the account's row.
  await pool.query(
    'update safeband.accounts set last_checked_at = safeband.at_ms($2) where account_id = $1',
    [accountId, play.entity.account.reconciledAt],
  );
  return { play, accountId };
}

/** Drops the order, which has no meaning, and the numbers of rows, which only one side has. */
function comparable({ account, reservations, events, days }: ReadBack): object {
  const byText = (a: string, b: string): number => (a < b ? -1 : 1);
  const text = (row: object): string =>
    JSON.stringify(Object.entries(row).toSorted(([a], [b]) => byText(a, b)));
  const sorted = (rows: readonly object[]): readonly string[] => rows.map(text).toSorted(byText);
  return {
    // A start counts the denials of campaigns from 0: readers add the rows of all owners (R22).
    account: { ...account, accountId: 'one', denied: undefined },
    reservations: sorted(reservations.map((row) => ({ ...row, number: undefined }))),
    events: sorted(events.map((row) => ({ ...row, number: undefined }))),
    days: sorted(days.map((row) => ({ ...row, number: undefined, denials: text(row.denials) }))),
  };
}

async function statusInRowsAt(accountId: AccountId, at: number): Promise<unknown> {
  const { rows } = await pool.query<Record<string, unknown>>({
    name: 'status', // planned once, because the plan takes longer than the read
    text: `select counter_day::text as day, inmails_sent_today as counter, in_flight, uncertain, carried,
            imported, unexplained, ramp_day, state, cap_daily, cap_weekly, cap_ramp, week_used,
            remaining, breaker_until is not null as broken
       from safeband.account_status_at(safeband.at_ms($2)) where account_id = $1`,
    values: [accountId, at],
  });
  return rows[0];
}

/** Returns the domain's forecast of that instant, if no message comes until then. */
function statusInDomainAt({ entity }: Play, at: number): object {
  const { account } = pass(entity, at);
  const { inFlight, uncertain, imported, unexplained } = tallyOf(account, account.day);
  const room = roomOf(account);
  return {
    day: isoDay(account.day),
    counter: counterOf(account, account.day),
    in_flight: inFlight,
    uncertain,
    carried: carriedOf(account),
    imported,
    unexplained,
    ramp_day: account.rampDay,
    state: stateOf(account, at),
    cap_daily: room.daily,
    cap_weekly: room.weekly,
    cap_ramp: room.ramp,
    week_used: room.weekUsed,
    remaining: room.remaining,
    broken: account.breakerUntil !== null && at < account.breakerUntil,
  };
}

describe('any story', () => {
  it('after any story, Postgres and the store of the model return the same account', async () => {
    const property = fc.asyncProperty(story, async (one) => {
      const { play, accountId } = await played(one);
      // Today, and after days without messages.
      for (const day of [0, 1, 4, 9].map((gap) => dayOf(play.clock) + gap)) {
        const found = await activities.readBack({ accountId, day });
        expect(comparable(found)).toEqual(comparable(condensed(play.store.readBack(day))));
      }
    });
    await fc.assert(property, { numRuns: RUNS });
  });

  it('after any story, account_status_at and the domain agree about any instant', async () => {
    const property = fc.asyncProperty(story, async (one) => {
      const { play, accountId } = await played(one);
      const midnight = startOf(dayOf(play.clock) + 1);
      const ends = play.entity.account.cooldowns.map(({ until }) => until);
      const instants = [play.clock, midnight, midnight + 4 * DAY_MS, ...ends]
        .flatMap((at) => [at - 1, at])
        .filter((at) => at >= play.clock);
      for (const at of instants) {
        const found = await statusInRowsAt(accountId, at);
        expect([isoInstant(at), found]).toEqual([isoInstant(at), statusInDomainAt(play, at)]);
      }
    });
    await fc.assert(property, { numRuns: RUNS });
  });
});
