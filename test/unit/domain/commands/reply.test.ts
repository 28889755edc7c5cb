/** A reply gives the credit of its InMail back (R24), by a written table and examples. */
import { describe, expect, it } from 'vitest';
import { resume } from '../../../../src/domain/commands/administer.js';
import { observeCredits } from '../../../../src/domain/commands/credits.js';
import { deliver } from '../../../../src/domain/commands/deliver.js';
import { fail } from '../../../../src/domain/commands/fail.js';
import { observe } from '../../../../src/domain/commands/observe.js';
import { observeReply, type LoggedChat } from '../../../../src/domain/commands/reply.js';
import { reserve } from '../../../../src/domain/commands/reserve.js';
import { unsavedSends } from '../../../../src/domain/entity/lookup.js';
import { recover, nothingRecovered } from '../../../../src/domain/entity/lastRun.js';
import { merged } from '../../../../src/domain/reconcile/merge.js';
import { evolveAll } from '../../../../src/domain/account/evolve.js';
import { DAY_MS, isoInstant, MINUTE_MS } from '../../../../src/domain/primitives/time.js';
import { parseReply } from '../../../../src/domain/wire/requests.js';
import { anAccount, at, c, m, r, rows, type Scenario } from '../../../support/scenario.js';

const NOW = at('09:00');
const NONE: LoggedChat = { isRecorded: false, sent: null };
const logged = (sentAt: number, free = false): LoggedChat => ({
  isRecorded: false,
  sent: { reservationId: r('old'), sentAt, free },
});
/** An account at 09:01, whose balance was observed at 09:00. */
const known = (balance: number): Scenario =>
  anAccount()
    .when(observeCredits, { balance, at: NOW })
    .until(NOW + MINUTE_MS);
const sent = (account: Scenario, id: string, chat: string, free?: true): Scenario =>
  account
    .when(reserve, { reservationId: r(id), ...(free ? { free } : {}) })
    .when(deliver, { reservationId: r(id), chatId: c(chat) });
const reply = (account: Scenario, chat: string, found = NONE, when = account.now): Scenario =>
  account.when(observeReply, {
    chatId: c(chat),
    at: when,
    logged: found,
    unsaved: unsavedSends(account.entity, c(chat)),
  });
const left = (account: Scenario): number | undefined => account.status.credits?.balance;
const replyRows = (account: Scenario): readonly object[] =>
  account.entity.outbox.flatMap(({ row }) => (row.table === 'replies' ? [row] : []));

/** A reply at 09:01 to an InMail of the event log; 5 credits were observed at 09:00. */
const CASES = `
  inmail            free  replied             ignored   left
  90 days before    -     now                -         6
  90 days before    -     tomorrow           -         6
  91 days before    -     now                too_late  5
  90 days and 1 ms  -     now                too_late  5
  90 days before    yes   now                free      5
  91 days before    yes   now                free      5
  1 day before      -     at the observation  older     5
  1 day before      -     before it          older     5
  1 day before      -     1 ms after it      -         6
`;
const BEFORE: Readonly<Record<string, number>> = {
  '90 days before': 90 * DAY_MS,
  '91 days before': 91 * DAY_MS,
  '90 days and 1 ms': 90 * DAY_MS + 1,
  '1 day before': DAY_MS,
};
const REPLIED: Readonly<Record<string, number>> = {
  now: NOW + MINUTE_MS,
  tomorrow: NOW + DAY_MS,
  'at the observation': NOW,
  'before it': NOW - 1,
  '1 ms after it': NOW + 1,
};

describe('a reply', () => {
  it.each(rows(CASES))('$inmail, free $free, $replied: $ignored, $left are left', (row) => {
    const replied = REPLIED[row['replied'] ?? ''] ?? 0;
    const sentAt = Math.min(replied, NOW + MINUTE_MS) - (BEFORE[row['inmail'] ?? ''] ?? 0);
    const ignored = row['ignored'] === '-' ? null : row['ignored'];
    const account = reply(known(5), '1', logged(sentAt, row['free'] === 'yes'), replied);
    account.answered({
      refunded: ignored === null,
      ignored,
      reservationId: 'old',
      sentAt: isoInstant(sentAt),
      balance: Number(row['left']),
    });
    expect(left(account)).toBe(Number(row['left']));
    expect(replyRows(account)).toEqual([
      {
        table: 'replies',
        chatId: '1',
        at: Math.min(replied, NOW + MINUTE_MS),
        reservationId: 'old',
        sentAt,
        ignored,
      },
    ]);
  });

  it('follows the example of the contract: a reply opens the gate again', () => {
    const full = sent(sent(known(2), 'a', '1'), 'b', '2').expect({ state: 'no_credits' });
    const back = reply(full, '2').expect({ state: 'active', breakerUntil: null });
    const next = back.when(reserve, { reservationId: r('e') }).answered({ granted: true });
    expect(next.status.credits).toMatchObject({
      balance: 0,
      observed: 2,
      spent: 3,
      refunded: 1,
      renewed: 0,
    });
  });

  it('counts once for each chat, as recorded by the event log or not', () => {
    const account = sent(sent(known(5), 'a', '1'), 'b', '2');
    const both = reply(reply(account, '1'), '2');
    expect(left(both)).toBe(5);
    const again = reply(both, '1', { isRecorded: true, sent: null });
    again.answered({ refunded: false, ignored: 'repeated', reservationId: 'a', balance: 5 });
    expect(again.entity.version).toBe(both.entity.version);
  });

  it('gives nothing back for a free InMail of the account itself', () => {
    const account = reply(sent(known(5), 'f', '1', true), '1');
    expect(left(account.answered({ ignored: 'free', reservationId: 'f' }))).toBe(5);
  });

  it('gives the credit of an InMail back that was sent manually', () => {
    const external = { chatId: c('1'), messageId: m('1'), sentAt: NOW + MINUTE_MS };
    const account = reply(known(5).when(observe, external), '1');
    expect(left(account.answered({ refunded: true, reservationId: null }))).toBe(5);
  });

  it('counts from the time of an external send, not from the time of its report', () => {
    const sentAt = NOW - 91 * DAY_MS;
    const external = { chatId: c('1'), messageId: m('1'), sentAt };
    const account = reply(known(5).when(observe, external), '1');
    account.answered({ refunded: false, ignored: 'too_late', sentAt: isoInstant(sentAt) });
    expect(left(account)).toBe(5);
    const lost = known(5).when(observe, { ...external, sentAt: NOW + MINUTE_MS });
    const input = { chatId: c('1'), at: lost.now, logged: NONE, unsaved: [] };
    lost.when(observeReply, input).answered({ refunded: true, reservationId: null });
  });

  it('gives nothing back for a free InMail that was observed before its report', () => {
    const [id, proof] = [r('f'), { chatId: c('1'), messageId: m('1') }];
    const observed = known(5)
      .when(reserve, { reservationId: id, free: true })
      .when(observe, { ...proof, sentAt: NOW + MINUTE_MS });
    const claimed = observed
      .until(NOW + 2 * MINUTE_MS)
      .when(deliver, { reservationId: id, ...proof });
    reply(claimed, '1').answered({ ignored: 'free', reservationId: 'f' });
    reply(claimed, '1', NONE, NOW + MINUTE_MS).answered({ ignored: 'free', reservationId: 'f' });
  });

  it('answers the last InMail of its chat that came before it, else the first', () => {
    const account = sent(known(5), 'new', '1');
    const old = logged(NOW - 3 * DAY_MS);
    reply(account, '1', old).answered({ reservationId: 'new' });
    reply(account, '1', old, NOW - DAY_MS).answered({ reservationId: 'old', ignored: 'older' });
    reply(account, '1', NONE, NOW - DAY_MS).answered({ reservationId: 'new', ignored: 'older' });
  });

  it('in a chat without an InMail is refused, keeps nothing, and counts after the report', () => {
    const taken = known(5).when(reserve, { reservationId: r('a') });
    const refused = reply(taken, '1').answered({
      refused: 'ChatUnknown',
      message:
        'chatId: this account knows no InMail in the chat 1, and nothing of the reply was kept;' +
        ' report the InMail first (sendDelivered or sendObserved), then send the reply again',
    });
    expect(refused.entity.version).toBe(taken.entity.version);
    const reported = refused.when(deliver, { reservationId: r('a'), chatId: c('1') });
    expect(left(reply(reported, '1').answered({ refunded: true }))).toBe(5);
  });

  it('is recorded without a balance, and then gives nothing back', () => {
    const account = reply(sent(anAccount(), 'a', '1'), '1');
    account.answered({ refunded: false, ignored: 'no_balance', balance: null });
    expect(replyRows(account)).toMatchObject([{ ignored: 'no_balance' }]);
    const forgotten = reply(
      known(0).when(resume, { reason: 'looked', actor: 'ada' }),
      '1',
      logged(NOW),
    );
    forgotten.answered({ ignored: 'no_balance' });
  });

  it("does not close a breaker that LinkedIn's own answer opened", () => {
    const account = sent(known(9), 'a', '1')
      .when(reserve, { reservationId: r('b') })
      .when(fail, { reservationId: r('b'), kind: 'no_credits' });
    const back = reply(account, '1').answered({ refunded: true, balance: 1 });
    expect(left(back.expect({ state: 'no_credits' }))).toBe(1);
  });

  it('gives back less than was spent where LinkedIn took more than the balance', () => {
    const external = (id: string) => ({ chatId: c(id), messageId: m(id), sentAt: NOW + MINUTE_MS });
    const over = known(0).when(observe, external('1')).when(observe, external('2'));
    expect(left(reply(over, '1').answered({ refunded: true, balance: 0 }))).toBe(0);
    const renewed = reply(over, '1').until(at('2026-12-01T00:00:00.000Z'));
    expect(renewed.status.credits).toMatchObject({
      balance: 50,
      spent: 2,
      refunded: 1,
      renewed: 51,
    });
  });

  it('finds the InMail by a chat id that is kept as a fingerprint', () => {
    const long = '中'.repeat(512);
    expect(left(reply(sent(known(5), 'a', long), long))).toBe(5);
    expect(replyRows(reply(sent(known(5), 'a', long), long))).toMatchObject([{ chatId: long }]);
  });
});

describe('two states of one account', () => {
  it('have the replies of the state with more of them, and a newer balance wins', () => {
    const base = sent(sent(known(5), 'a', '1'), 'b', '2');
    const [one, two] = [reply(base, '1'), reply(reply(base, '1'), '2')];
    const joined = (own: Scenario, other: Scenario): number | undefined => {
      const { account } = own.entity;
      return evolveAll(account, merged(account, other.entity.account)).credits?.balance;
    };
    expect([joined(base, two), joined(one, two), joined(two, one), joined(two, two)]).toEqual([
      5, 5, 5, 5,
    ]);
    const later = base.until(base.now + 1).when(observeCredits, { balance: 9, at: base.now + 1 });
    expect([joined(two, later), joined(later, two)]).toEqual([9, 9]);
  });

  it('know the replies that the last workflow answered and did not save', () => {
    const base = sent(known(5), 'a', '1');
    const input = {
      chatId: c('1'),
      at: base.now,
      reservationId: r('a'),
      sentAt: base.now,
      ignored: null,
    };
    const back = (isInRow: boolean): number | undefined =>
      recover(
        nothingRecovered(base.entity),
        { name: 'reply', input, at: base.now, isInRow },
        (account) => account,
      ).entity.account.credits?.balance;
    expect([back(false), back(true)]).toEqual([5, 4]);
  });
});

describe('the message', () => {
  const time = isoInstant(NOW);
  it.each([
    [{ at: time }, 'chatId is missing'],
    [{ chatId: ' ', at: time }, 'chatId should be'],
    [{ chatId: '中'.repeat(513), at: time }, 'chatId should be'],
    [{ chatId: '1' }, 'at is missing'],
    [{ chatId: '1', at: '2026-11-24T09:00' }, 'at should be'],
  ])('%j is refused: %s', (report, text) => {
    const parsed = parseReply(report, 'strict', NOW);
    expect(parsed.ok ? '' : parsed.message).toContain(text);
    expect(parseReply(report, 'lenient', NOW).ok).toBe(false);
  });

  it('reads the chat in its normal form', () => {
    const report = { chatId: 'urn:li:messagingThread:2-ZDQ', at: time };
    expect(parseReply(report, 'strict', NOW)).toMatchObject({
      value: { chatId: '2-ZDQ', at: NOW },
    });
  });
});
