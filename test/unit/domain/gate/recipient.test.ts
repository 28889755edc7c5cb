/** No recipient is contacted twice (R20), by tables that were written manually. */
import { describe, expect, it } from 'vitest';
import { deliver } from '../../../../src/domain/commands/deliver.js';
import { fail } from '../../../../src/domain/commands/fail.js';
import { observe } from '../../../../src/domain/commands/observe.js';
import { ask as askInLine } from '../../../../src/domain/commands/line.js';
import { changedPolicy } from '../../../../src/domain/commands/policyChange.js';
import { reserve, wantsPast } from '../../../../src/domain/commands/reserve.js';
import { isCampaignId, isGroup } from '../../../../src/domain/primitives/ids.js';
import { parseConfigure } from '../../../../src/domain/wire/adminRequests.js';
import { peekWire } from '../../../../src/domain/wire/decisions.js';
import { parseReserve } from '../../../../src/domain/wire/requests.js';
import { anAccount, at, c, m, must, p, r, type Scenario } from '../../../support/scenario.js';

const ID = 'ACoAAS7RzQBx4n2gq5bYwVdT8kR3mZ0uLh6pXcE';
const ask = (id: string, to = ID, again?: boolean) => ({
  reservationId: r(id),
  recipientId: p(to),
  ...(again === undefined ? {} : { again }),
});
const GRANTED = { granted: true, repeated: false };
const refused = (contactedBy: string, retryAt: number | null) => ({
  granted: false,
  reason: 'recipient_contacted',
  contactedBy,
  retryAt,
});
/** Tuesday, 09:00; the account forgets the slots of this day on Friday, at 00:00. */
const first = (): Scenario => anAccount().when(reserve, ask('a')).answered(GRANTED);
const FRIDAY = at('2026-11-27T00:00:00.000Z');
const delivered = (): Scenario =>
  first().when(deliver, { reservationId: r('a'), chatId: c('chat') });

describe('a recipient', () => {
  it.each<[string, () => Scenario, object]>([
    ['in flight', first, refused('a', null)],
    [
      'uncertain',
      () => first().when(fail, { reservationId: r('a'), kind: 'unknown' }),
      refused('a', null),
    ],
    ['delivered', delivered, refused('a', FRIDAY)],
    ['released', () => first().when(fail, { reservationId: r('a'), kind: 'rejected' }), GRANTED],
  ])('a recipient whose slot is %s gets the decision of the contract', (_, then, answer) => {
    then()
      .when(reserve, ask('b'))
      .answered(answer)
      .when(reserve, ask('d', 'Bob'))
      .answered(GRANTED);
  });

  it('a recipient is granted at retryAt, and refused a millisecond before', () => {
    delivered()
      .until(FRIDAY - 1)
      .when(reserve, ask('b'))
      .answered(refused('a', FRIDAY));
    delivered().until(FRIDAY).when(reserve, ask('b')).answered(GRANTED);
  });

  it('a recipient is compared in every spelling, and a reserve without a recipient is not', () => {
    const address = `https://www.linkedin.com/in/${ID.toLowerCase()}/`;
    for (const spelling of [`urn:li:fsd_profile:${ID}`, address, ` ${ID}`]) {
      delivered().when(reserve, ask('b', spelling)).answered(refused('a', FRIDAY));
    }
    delivered()
      .when(reserve, { reservationId: r('b') })
      .answered(GRANTED);
  });

  it('the same id asked again gets its earlier answer', () => {
    first().when(reserve, ask('a')).answered({ granted: true, repeated: true });
    first()
      .when(reserve, ask('a', ID, true))
      .answered({ granted: true, repeated: true });
    delivered().when(reserve, ask('a')).answered({ refused: 'ReservationSettled' });
  });

  it('again: true passes the comparison, and its row keeps it in every later state', () => {
    const twice = delivered()
      .when(reserve, ask('b', ID, true))
      .answered(GRANTED);
    const rowOf = ({ entity }: Scenario) =>
      entity.outbox.find(({ row }) => row.table === 'reservations' && row.reservationId === 'b');
    expect(rowOf(twice)?.row).toMatchObject({ again: true, state: 'in_flight' });
    const after = twice.when(deliver, { reservationId: r('b'), chatId: c('other') });
    expect(rowOf(after)?.row).toMatchObject({ again: true, state: 'delivered' });
    expect(rowOf(delivered().when(reserve, ask('b', 'Bob', false)))?.row).not.toHaveProperty(
      'again',
    );
  });

  it('the contact that refuses longest is named: first an open slot, then the last day', () => {
    const again = delivered()
      .until(at('2026-11-25T09:00:00.000Z'))
      .when(reserve, ask('b', ID, true));
    again.when(reserve, ask('d')).answered(refused('b', null));
    again
      .when(deliver, { reservationId: r('b'), chatId: c('other') })
      .when(reserve, ask('d'))
      .answered(refused('b', at('2026-11-28T00:00:00.000Z')));
  });

  it('a denial for an earlier reason names the contact too, and its retryAt is after both', () => {
    const cooling = delivered()
      .when(reserve, ask('x', 'Bob'))
      .when(fail, { reservationId: r('x'), kind: 'throttled', retryAfterSeconds: 4 * 86_400 });
    const end = at('2026-11-28T09:00:00.000Z');
    cooling
      .when(reserve, ask('b'))
      .answered({ reason: 'cooldown', contactedBy: 'a', retryAt: end });
    const short = first()
      .when(reserve, ask('x', 'Bob'))
      .when(fail, { reservationId: r('x'), kind: 'throttled' });
    short.when(reserve, ask('b')).answered({ reason: 'cooldown', contactedBy: 'a', retryAt: null });
    short.when(reserve, ask('b', 'Eve')).answered({ reason: 'cooldown', retryAt: at('10:00') });
  });

  it('an observed send delivers the slot of its recipient, who is refused from then on', () => {
    first()
      .when(observe, {
        chatId: c('chat'),
        messageId: m('m'),
        recipientId: p(ID),
        sentAt: at('09:00'),
      })
      .answered({ matched: 'a' })
      .when(reserve, ask('b'))
      .answered(refused('a', FRIDAY));
  });

  it('peek answers for a recipient as a reserve is answered', () => {
    const { account } = delivered().entity;
    const peek = (to?: string) =>
      peekWire(account, account.now, false, to === undefined ? {} : { recipientId: p(to) });
    expect(peek(ID)).toEqual({
      granted: false,
      reason: 'recipient_contacted',
      contactedBy: 'a',
      retryAt: '2026-11-27T00:00:00.000Z',
    });
    expect([peek('Bob').granted, peek().granted]).toEqual([true, true]);
  });

  it('an `again` that is not true or false is refused, and the field is named', () => {
    const parsed = parseReserve({ reservationId: 'a', again: 'yes' }, 'strict', 0);
    expect(parsed).toMatchObject({ ok: false, refused: 'InvalidInput' });
    expect(parsed.ok ? '' : parsed.message).toContain('again');
  });
});

describe('a recipient memory', () => {
  const past = [{ recipientId: p(` ${ID}`), reservationId: r('old'), quotaDay: 20_700 }];
  const with90 = anAccount({ recipientMemoryDays: 90 });
  /** 2026-09-04 is day 20,700; 90 days after its end is the begin of 2026-12-04. */
  const END = at('2026-12-04T00:00:00.000Z');

  it('an older contact in Postgres refuses the recipient until its days have ended', () => {
    with90.when(reserve, { ...ask('b'), past }).answered(refused('old', END));
    with90.when(reserve, { ...ask('b', 'Bob'), past }).answered(GRANTED);
    with90.when(reserve, { ...ask('b', ID, true), past }).answered(GRANTED);
    with90
      .until(END)
      .when(reserve, { ...ask('b'), past })
      .answered(GRANTED);
    with90
      .until(END - 1)
      .when(reserve, { ...ask('b'), past })
      .answered(refused('old', END));
  });

  it('a slot that the account remembers refuses for the same days', () => {
    with90
      .when(reserve, ask('a'))
      .when(deliver, { reservationId: r('a'), chatId: c('chat') })
      .when(reserve, ask('b'))
      .answered(refused('a', at('2027-02-23T00:00:00.000Z')));
  });

  it('Postgres is asked only for a reserve that would be granted, with a longer memory', () => {
    const asks = ({ entity, now }: Scenario, more: object = {}) =>
      wantsPast(entity.account, { ...ask('b'), ...more }, now);
    expect(asks(with90)).toBe(true);
    expect(asks(anAccount())).toBe(false);
    expect(asks(anAccount({ recipientMemoryDays: 2 }))).toBe(false);
    expect(asks(with90, { again: true })).toBe(false);
    expect(asks(with90, { recipientId: undefined })).toBe(false);
    expect(asks(with90.when(reserve, ask('b')))).toBe(false);
    expect(asks(with90.when(reserve, ask('a')))).toBe(false);
    expect(asks(anAccount({ recipientMemoryDays: 90, dailyCap: 0 }))).toBe(false);
  });

  it.each([0, 366, 1.5, '90'])('a memory of %j days is refused, and the field is named', (days) => {
    const parsed = parseConfigure({ recipientMemoryDays: days }, 'strict', 0);
    expect(parsed).toMatchObject({ ok: false, refused: 'InvalidInput' });
    expect(parsed.ok ? '' : parsed.message).toMatch(
      /recipientMemoryDays should be a whole number from 1 to 365/,
    );
  });
});

describe('a recipient scope', () => {
  const group = must(isGroup, 'eu-sales');
  const inGroup = anAccount({ group, recipientScope: 'group' });
  const SOON = at('2026-11-24T09:00:10.000Z');
  const ofGroup = (until: number | null) => [
    { recipientId: p(ID.toLowerCase()), reservationId: r('theirs'), until },
  ];

  it('a contact of the group refuses the recipient, also with an id that is known here', () => {
    inGroup
      .when(reserve, { ...ask('b'), ofGroup: ofGroup(null) })
      .answered(refused('theirs', null));
    inGroup
      .when(reserve, { ...ask('b'), ofGroup: ofGroup(SOON) })
      .answered(refused('theirs', SOON));
    inGroup.when(reserve, { ...ask('b', 'Bob'), ofGroup: ofGroup(null) }).answered(GRANTED);
    inGroup.when(reserve, { ...ask('b', ID, true), ofGroup: ofGroup(null) }).answered(GRANTED);
    inGroup
      .when(reserve, ask('theirs', 'Bob'))
      .when(reserve, { ...ask('b'), ofGroup: ofGroup(null) })
      .answered(refused('theirs', null));
  });

  it('an ask that would wait is refused for a contact of the group', () => {
    const request = { ...ask('b'), wait: true, validUntil: FRIDAY, ofGroup: ofGroup(SOON) };
    inGroup.when(askInLine, request).answered(refused('theirs', SOON));
  });

  it('only a reserve that would be granted, of an account with a group, is compared with it', () => {
    const asks = ({ entity, now }: Scenario, more: object = {}) =>
      wantsPast(entity.account, { ...ask('b'), ...more }, now);
    expect(asks(inGroup)).toBe(true);
    expect(asks(inGroup, { again: true })).toBe(false);
    expect(asks(inGroup, { recipientId: undefined })).toBe(false);
    expect(asks(inGroup.when(reserve, ask('b')))).toBe(false);
    expect(asks(anAccount({ recipientScope: 'group' }))).toBe(false);
    expect(asks(anAccount({ group }))).toBe(false);
    const campaignId = must(isCampaignId, 'q4');
    const campaigns = [{ campaignId, dailyCap: 0 }];
    expect(asks(anAccount({ group, recipientScope: 'group', campaigns }), { campaignId })).toBe(
      false,
    );
    const full = anAccount({ group, recipientScope: 'group', dailyCap: 1 }).when(reserve, ask('a'));
    const waits = { ...ask('b', 'Bob'), wait: true, validUntil: FRIDAY };
    expect(asks(full, waits)).toBe(true);
    expect(asks(full.when(askInLine, waits), waits)).toBe(false);
  });

  it('a scope of another name is refused, and the field is named', () => {
    const parsed = parseConfigure({ recipientScope: 'fleet' }, 'strict', 0);
    expect(parsed).toMatchObject({ ok: false, refused: 'InvalidInput' });
    expect(parsed.ok ? '' : parsed.message).toMatch(/recipientScope.*account.*group/);
  });

  it('null ends the scope, and a change of something else keeps it', () => {
    const { policy } = inGroup.entity.account;
    expect(changedPolicy(policy, { dailyCap: 3 })).toMatchObject({ recipientScope: 'group' });
    expect(changedPolicy(policy, { recipientScope: null })).not.toHaveProperty('recipientScope');
    expect(changedPolicy(policy, { recipientScope: 'account' })).toEqual(
      changedPolicy(policy, { recipientScope: null }),
    );
  });
});
