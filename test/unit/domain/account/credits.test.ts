/** The known balance of InMail credits (R24), by written tables and examples. */
import { describe, expect, it } from 'vitest';
import type { Start } from '../../../../src/domain/commands/administer.js';
import { configure, resume } from '../../../../src/domain/commands/administer.js';
import { observeCredits } from '../../../../src/domain/commands/credits.js';
import { deliver } from '../../../../src/domain/commands/deliver.js';
import { fail } from '../../../../src/domain/commands/fail.js';
import { observe } from '../../../../src/domain/commands/observe.js';
import { reserve } from '../../../../src/domain/commands/reserve.js';
import { nextSlots } from '../../../../src/domain/days/slotTimes.js';
import { accountRow } from '../../../../src/domain/records/toRecords.js';
import { DAY_MS, isoInstant, MINUTE_MS } from '../../../../src/domain/primitives/time.js';
import { parseCredits } from '../../../../src/domain/wire/requests.js';
import { peekWire } from '../../../../src/domain/wire/decisions.js';
import { Life } from '../../../support/life.js';
import { anAccount, at, c, m, NOTHING, r, rows, type Scenario } from '../../../support/scenario.js';

const NOW = at('09:00');
const RENEWAL = '2026-12-01T00:00:00.000Z';
const seen = (balance: number, observedAt = NOW) => ({ balance, at: observedAt });
/** An account at 09:01, whose balance was observed at 09:00. */
const known = (balance: number, start: Partial<Start> = {}): Scenario =>
  anAccount(start)
    .when(observeCredits, seen(balance))
    .until(NOW + MINUTE_MS);
const ask = (account: Scenario, id: string, more: { readonly free?: true } = {}): Scenario =>
  account.when(reserve, { reservationId: r(id), ...more });
const person = { reason: 'looked', actor: 'ada' };
const left = (account: Scenario): number | undefined => account.status.credits?.balance;

/** One slot, and what is left of 5 credits after it. */
const SPENT = `
  outcome        free  left
  in_flight      -     4
  unknown        -     4
  delivered      -     4
  rejected       -     5
  not_attempted  -     5
  late proof     -     4
  delivered      yes   5
  rejected       yes   5
`;

describe('the known balance', () => {
  it('is not known before a report, and then denies nothing', () => {
    const account = ask(anAccount(), 'a').answered({ granted: true });
    account.expect({ credits: null, breakerUntil: null });
  });

  it('follows the example of the contract', () => {
    const full = ask(ask(known(2), 'a'), 'b').expect({ state: 'no_credits' });
    ask(full, 'c').answered({ reason: 'no_credits', retryAt: at(RENEWAL) });
    const free = ask(full, 'd', { free: true }).answered({ granted: true });
    const released = free.when(fail, { reservationId: r('a'), kind: 'not_attempted' });
    const again = ask(released.expect({ state: 'active' }), 'c').answered({ granted: true });
    expect(left(again)).toBe(0);
    expect(left(again.until(at(RENEWAL) - 1).expect({ state: 'no_credits' }))).toBe(0);
    expect(left(again.until(at(RENEWAL)).expect({ state: 'active' }))).toBe(50);
  });

  it.each(rows(SPENT))('after a slot that is $outcome, free $free, $left are left', (row) => {
    const reservationId = r('a');
    const taken = ask(known(5), 'a', row['free'] === 'yes' ? { free: true } : {});
    const kind = (['unknown', 'rejected', 'not_attempted'] as const).find(
      (one) => one === row['outcome'],
    );
    const isLate = row['outcome'] === 'late proof';
    const failed =
      kind || isLate ? taken.when(fail, { reservationId, kind: kind ?? 'rejected' }) : taken;
    const isDelivered = isLate || row['outcome'] === 'delivered';
    const settled = isDelivered ? failed.when(deliver, { reservationId, chatId: c('1') }) : failed;
    expect(left(settled)).toBe(Number(row['left']));
  });

  it('counts an external send once, also if its slot claims it', () => {
    const taken = ask(known(5), 'a');
    const external = { chatId: c('1'), messageId: m('1'), sentAt: taken.now };
    const observed = taken.when(observe, external).when(observe, external);
    expect(left(observed)).toBe(3);
    const proof = { reservationId: r('a'), chatId: c('1'), messageId: m('1') };
    expect(left(observed.when(deliver, proof))).toBe(4);
    const before = { chatId: c('2'), messageId: m('2'), sentAt: NOW - 1 };
    expect(left(observed.when(observe, before))).toBe(3);
  });

  it('subtracts what came after the observation, if its report is late', () => {
    const sent = ask(ask(anAccount(), 'a').until(NOW + 2 * MINUTE_MS), 'b');
    const external = { chatId: c('1'), messageId: m('1'), sentAt: sent.now };
    const late = ask(sent.when(observe, external), 'f', { free: true });
    const report = { ...seen(9, NOW + MINUTE_MS) };
    late
      .when(observeCredits, report)
      .answered({ recorded: true, ignored: null, balance: 7 })
      .expect({ credits: { balance: 7, observed: 9, observedAt: isoInstant(NOW + MINUTE_MS) } });
  });

  it('ignores an older report, a repeated one, and one of more than 48 hours', () => {
    const account = ask(known(5), 'a');
    const older = { recorded: false, ignored: 'older', balance: 4 };
    for (const report of [seen(90, NOW - 1), seen(90), seen(5)]) {
      const same = account.when(observeCredits, report).answered(older);
      expect(same.entity.version).toBe(account.entity.version);
    }
    const fresh = anAccount().when(observeCredits, seen(3, NOW - 2 * DAY_MS - 1));
    fresh
      .answered({ recorded: false, ignored: 'too_old', balance: null })
      .expect({ credits: null });
    anAccount()
      .when(observeCredits, seen(3, NOW - 2 * DAY_MS))
      .answered({ recorded: true });
  });

  it('takes a time in the future as now', () => {
    const account = anAccount().when(observeCredits, seen(1, NOW + DAY_MS));
    account.expect({ credits: { observedAt: isoInstant(NOW) } });
    ask(account.until(NOW + 1), 'a').expect({ state: 'no_credits' });
  });

  it('never grants more than the caps, whatever was observed', () => {
    const account = anAccount({ dailyCap: 1 }).when(observeCredits, seen(100_000));
    ask(ask(account, 'a'), 'b').answered({ granted: false, reason: 'daily_cap' });
    const free = ask(ask(account, 'a', { free: true }), 'b', { free: true });
    free.answered({ granted: false, reason: 'daily_cap' });
  });
});

/** The balance before and after a renewal, by tier. */
const RENEWALS = `
  tier             before  after
  sales_navigator  0       50
  sales_navigator  70      120
  sales_navigator  120     150
  sales_navigator  400     400
  premium          3       8
  premium          14      15
  recruiter        10      40
  recruiter        80      90
  free             3       3
`;

describe('the renewal of credits', () => {
  it.each(rows(RENEWALS))('$tier: $before become $after', ({ tier, before, after }) => {
    const tiers = ['free', 'premium', 'sales_navigator', 'recruiter'] as const;
    const one = tiers.find((name) => name === tier);
    const account = known(Number(before), one ? { tier: one } : {});
    expect(left(account.until(at(RENEWAL)))).toBe(Number(after));
  });

  it('comes once for each month that an idle account was not woken, up to three', () => {
    const account = known(7);
    expect(left(account.until(at('2027-01-05T08:00:00.000Z')))).toBe(107);
    expect(left(account.until(at('2027-06-05T08:00:00.000Z')))).toBe(150);
  });

  it('is in a report of the day before that comes after it', () => {
    const account = anAccount({ creditsRenewOn: 25 }).until(at('2026-11-25T00:10:00.000Z'));
    const report = seen(5, at('2026-11-24T23:50:00.000Z'));
    account.when(observeCredits, report).answered({ balance: 55 });
    account.when(observeCredits, seen(5, account.now)).answered({ balance: 5 });
  });

  it('leaves a tier without credits stopped', () => {
    known(0, { tier: 'free' }).until(at(RENEWAL)).expect({ state: 'no_credits' });
  });
});

describe('the breaker of a balance of 0', () => {
  it('opens with the report, and its change has a row', () => {
    const account = known(0).expect({ state: 'no_credits', breakerUntil: RENEWAL });
    const changes = account.entity.outbox.flatMap(({ row }) =>
      row.table === 'account_changes' ? [row] : [],
    );
    expect(changes).toMatchObject([
      { kind: 'breaker', actor: 'safeband', reason: 'the balance of credits is 0' },
    ]);
  });

  it('closes if a later report has credits, and moves with the renewal day', () => {
    const account = known(0);
    account
      .when(observeCredits, seen(2, account.now))
      .expect({ state: 'active', breakerUntil: null });
    const moved = account.when(configure, { creditsRenewOn: 27 });
    moved.expect({ breakerUntil: '2026-11-27T00:00:00.000Z' });
    moved.when(observeCredits, seen(2, moved.now)).expect({ state: 'active' });
  });

  it("is not closed by a report if LinkedIn's own answer opened it", () => {
    const refused = ask(known(9), 'a').when(fail, { reservationId: r('a'), kind: 'no_credits' });
    expect(left(refused.expect({ state: 'no_credits' }))).toBe(0);
    const reported = refused.until(refused.now + 1).when(observeCredits, seen(9, refused.now + 1));
    expect(left(reported.expect({ state: 'no_credits', breakerUntil: RENEWAL }))).toBe(9);
    const empty = ask(known(1), 'a');
    const both = empty
      .when(fail, { reservationId: r('z'), kind: 'no_credits' })
      .until(empty.now + 1);
    both.when(observeCredits, seen(9, both.now)).expect({ state: 'no_credits' });
  });

  it('ends by a resume, which forgets a balance of 0 and keeps a higher one', () => {
    known(0).when(resume, person).expect({ state: 'active', credits: null });
    const refused = ask(known(9), 'a').when(fail, { reservationId: r('x'), kind: 'no_credits' });
    const reported = refused.until(refused.now + 1).when(observeCredits, seen(9, refused.now + 1));
    expect(left(reported.when(resume, person).expect({ state: 'active' }))).toBe(9);
  });

  it('lets free InMails pass, and only them', () => {
    const account = known(0);
    const taken = ask(account, 'a', { free: true }).answered({ granted: true });
    expect(left(taken)).toBe(0);
    const state = taken.entity.account;
    expect(peekWire(state, taken.now, false)).toMatchObject({ reason: 'no_credits' });
    expect(peekWire(state, taken.now, false, { free: true })).toMatchObject({ granted: true });
    ask(taken, 'a', { free: true }).answered({ granted: true, repeated: true });
    ask(taken, 'a').answered({ refused: 'ReservationConflict' });
  });
});

describe('forecasts with a known balance', () => {
  it('have as many slots as credits before the renewal, and more free ones', () => {
    const { entity, now } = known(3, { dailyCap: 20 });
    const slots = nextSlots(entity.account, now, 6).map(isoInstant);
    expect(slots.map((slot) => slot === RENEWAL)).toEqual([false, false, false, true, true, true]);
    const free = nextSlots(entity.account, now, 6, { free: true }).map(isoInstant);
    expect(free).toEqual(Array(6).fill(isoInstant(now)));
  });

  it('a free ask of the line passes those that wait for credits', () => {
    const start = anAccount({ tier: 'recruiter', dailyCap: 1 }).when(observeCredits, seen(1));
    const later = NOW + 20 * DAY_MS;
    const life = Life.begin(start.entity, NOW + MINUTE_MS)
      .asks('a')
      .waits('b', later)
      .waits('f', later, { free: true });
    const served = life.until(at('2026-12-03T12:00:00.000Z'));
    expect(
      served.turns.map((turn) => [turn.reservationId, isoInstant(turn.at).slice(0, 10)]),
    ).toEqual([
      ['f', '2026-11-25'],
      ['b', '2026-12-01'],
    ]);
  });
});

describe('a status with credits', () => {
  it('has the days for which the balance lasts at the mean of seven days', () => {
    known(12).expect({ credits: { balance: 12, grant: 50, renewsAt: RENEWAL, runwayDays: null } });
    const sent = ['a', 'b', 'c'].reduce((account, id) => ask(account, id), known(12));
    sent.expect({ weekUsed: 3, credits: { balance: 9, runwayDays: 21 } });
  });

  it('is the same after a start from the rows', () => {
    const account = ask(ask(known(2), 'a'), 'f', { free: true });
    const row = accountRow(account.entity.account, account.entity.version);
    const stored = { ...row, owner: 'this chain', ownerVersion: 0 };
    const reservations = account.entity.outbox.flatMap(({ row: one }) =>
      one.table === 'reservations' ? [one] : [],
    );
    const found = { ...NOTHING, account: stored, reservations };
    const started = anAccount({}, { found, now: account.now });
    expect(started.status.credits).toEqual(account.status.credits);
    const back = started.when(fail, { reservationId: r('f'), kind: 'rejected' });
    expect(left(back)).toBe(1);
  });
});

describe('the message', () => {
  it.each([
    [{ balance: -1, at: RENEWAL }, 'balance should be a whole number from 0 to 100000'],
    [{ balance: 1.5, at: RENEWAL }, 'balance should be a whole number from 0 to 100000'],
    [{ balance: 100_001, at: RENEWAL }, 'balance should be a whole number from 0 to 100000'],
    [{ at: RENEWAL }, 'balance is missing'],
    [{ balance: 3 }, 'at is missing'],
    [{ balance: 3, at: 'yesterday' }, 'at should be'],
  ])('%j is refused: %s', (report, text) => {
    const parsed = parseCredits(report, 'strict', NOW);
    expect(parsed.ok ? '' : parsed.message).toContain(text);
    expect(parseCredits(report, 'lenient', NOW).ok).toBe(false);
  });
});
