/** The words for the owner of an account: every number, every stop, and no text of a person (R17). */
import { describe, expect, it } from 'vitest';
import { fail } from '../../../../src/domain/commands/fail.js';
import { reserve } from '../../../../src/domain/commands/reserve.js';
import { deliver } from '../../../../src/domain/commands/deliver.js';
import { customerWords } from '../../../../src/domain/diagnostics/why/customer.js';
import { saidParts } from '../../../../src/domain/diagnostics/why/customerTimes.js';
import { DENIAL_REASONS } from '../../../../src/domain/gate/gate.js';
import type { StatusWire } from '../../../../src/domain/wire/responses.js';
import { anAccount, at, c, r } from '../../../support/scenario.js';

const HOURS = { UTC: 0, 'Europe/Berlin': 1, 'America/New_York': -5 } as const;
type Zone = keyof typeof HOURS;
const offsetIn = (timezone: string) => () =>
  (Object.entries(HOURS).find(([name]) => name === timezone)?.[1] ?? 0) * 3_600_000;

const NOW = at('09:00');
const EMPTY = anAccount({ timezone: 'Europe/Berlin' }).status;
const [LATER, MIDNIGHT] = ['2026-11-24T12:00:30.000Z', '2026-11-25T00:00:00.000Z'];
const can = (left: number, until: string | null = null): Pick<StatusWire, 'canSend'> => ({
  canSend: { canSend: true, reason: null, notBefore: null, left, needsPerson: false, until },
});
type Reason = (typeof DENIAL_REASONS)[number];
const cannot = (reason: Reason, notBefore: string | null, needsPerson = notBefore === null) => ({
  canSend: { canSend: false, reason, notBefore, left: 0, needsPerson, until: null },
});
const wordsOf = (more: Partial<StatusWire>) => customerWords({ ...EMPTY, ...more }, NOW, offsetIn);
const textOf = (all: readonly { readonly text: string }[]): string =>
  all.map(({ text }) => text).join(' ');

const BERLIN = 'midnight UTC (01:00 in Europe/Berlin)';
const TODAY: readonly (readonly [text: string, more: Partial<StatusWire>])[] = [
  [
    `You have sent 32 InMails today. 5 more may have gone out, so they count until we know. You can send 13 more before ${BERLIN}.`,
    { delivered: 30, external: 2, inFlight: 2, uncertain: 3, ...can(13) },
  ],
  [`You have sent no InMails today. You can send 50 InMails before ${BERLIN}.`, can(50)],
  [
    `You have sent 1 InMail today. 1 more may have gone out, so it counts until we know. You can send 1 more before ${BERLIN}.`,
    { delivered: 1, uncertain: 1, ...can(1) },
  ],
  [
    `You have sent no InMails today. 1 InMail may have gone out, so it counts until we know. You can send 49 more before ${BERLIN}.`,
    { inFlight: 1, ...can(49) },
  ],
  [
    `You have sent 17 InMails today. 87 more may have gone out, so they count until we know. You can send 3 more before ${BERLIN}.`,
    { imported: 17, unexplained: 87, ...can(3) },
  ],
  [
    `You have sent no InMails today. 1 InMail of an earlier day may have gone out today, so it counts today as well. You can send 49 more before ${BERLIN}.`,
    { carried: 1, ...can(49) },
  ],
  [
    'You have sent 2 InMails today. 2 InMails of an earlier day may have gone out today, so they count today as well. You can send 9 more before 16:30 UTC (17:30 in Europe/Berlin), when your sending hours end.',
    { external: 2, carried: 2, ...can(9, '2026-11-24T16:30:00.000Z') },
  ],
  [
    `You have sent no InMails today. You can send 1 InMail before ${BERLIN}.`,
    can(1, '2026-11-25T02:00:00.000Z'),
  ],
  ['You have sent 50 InMails today.', { delivered: 50, ...cannot('daily_cap', MIDNIGHT) }],
];

it.each(TODAY)('the day is "%s"', (text, more) => {
  expect(textOf(wordsOf(more).today)).toBe(text);
});

const caps = (more: Partial<StatusWire['caps']>): Pick<StatusWire, 'caps'> => ({
  caps: { ...EMPTY.caps, ...more },
});
const hold = (actor: string, reason: string) => ({
  hold: { actor, reason, since: '2026-11-24T08:00:00.000Z' },
});
const cooled = (cause: string) => ({ cooldown: { cause, until: LATER } });
const AT_MIDNIGHT = `The next InMail can go out at ${BERLIN}.`;
const THEN = `The next InMail can go out at 12:01 UTC (13:01 in Europe/Berlin). You can then send up to 50 before ${BERLIN}.`;

const STOPS: readonly (readonly [text: string, more: Partial<StatusWire>])[] = [
  ['', can(50)],
  [
    'The account is not connected, so nothing is sent. It sends again when it is connected again.',
    cannot('disconnected', null),
  ],
  [
    'LinkedIn has restricted the account, so nothing is sent. It sends again when a person has checked the account and allows it.',
    { ...hold('safeband', 'restricted, reported for reservation r-7'), ...cannot('held', null) },
  ],
  [
    'Sending was stopped. It sends again when a person allows it.',
    { ...hold('Mara', 'the invoice is open'), ...cannot('held', null) },
  ],
  [
    'The InMail credits of the account are used up. The next InMail can go out on 1 Dec at 00:00 UTC (01:00 in Europe/Berlin).',
    cannot('no_credits', '2026-12-01T00:00:00.000Z'),
  ],
  [
    'The InMail credits of the account are used up. After that, it sends again when a person allows it.',
    cannot('no_credits', null),
  ],
  [
    `The account pauses, because LinkedIn asked for a pause. ${THEN}`,
    { ...cooled('throttled'), ...cannot('cooldown', LATER) },
  ],
  [
    `The account pauses, because more InMails were counted than the limit allows. ${THEN}`,
    { ...cooled('overshoot'), ...cannot('cooldown', LATER) },
  ],
  [
    `The account pauses, because it is not certain what was sent. ${AT_MIDNIGHT}`,
    { ...cooled('identity_in_use'), ...cannot('cooldown', MIDNIGHT) },
  ],
  [
    `The account pauses, because we check it. ${AT_MIDNIGHT}`,
    { ...cooled('a_newer_cause'), ...cannot('cooldown', MIDNIGHT) },
  ],
  [
    'Nothing is sent right now, because we check what was sent. It sends again as soon as the check is done.',
    cannot('unverified', null, false),
  ],
  [
    'A free LinkedIn account has no InMail, so nothing is sent. It can send when it has a paid LinkedIn plan.',
    { ...caps({ daily: 0, weekly: 0 }), ...cannot('tier_has_no_inmail', null) },
  ],
  [
    'The limit of 250 InMails in 7 days is used up. The next InMail can go out on 26 Nov at 00:00 UTC (01:00 in Europe/Berlin).',
    cannot('weekly_cap', '2026-11-26T00:00:00.000Z'),
  ],
  [
    'The weekly limit is 0, so nothing is sent. It sends again when a person raises the limit.',
    { ...caps({ weekly: 0 }), ...cannot('weekly_cap', null) },
  ],
  [
    `Today's limit of 1 InMail is used up. It rises step by step, because the account is new. ${AT_MIDNIGHT}`,
    { ...caps({ ramp: 1 }), remaining: 0, ...cannot('ramp_cap', MIDNIGHT) },
  ],
  [
    `Today's limit of 6 InMails is used up. It follows the number of InMails of the last days. ${AT_MIDNIGHT}`,
    { ...caps({ velocity: 6 }), remaining: 0, ...cannot('velocity_cap', MIDNIGHT) },
  ],
  [
    `Today's limit of 6 InMails is used up. It is lower for a time, because LinkedIn refused a send. ${AT_MIDNIGHT}`,
    { ...caps({ learnt: 6 }), remaining: 0, ...cannot('learnt_cap', MIDNIGHT) },
  ],
  [
    `Today's limit of 50 InMails is used up. ${AT_MIDNIGHT}`,
    { remaining: 0, ...cannot('daily_cap', MIDNIGHT) },
  ],
  [
    'The daily limit is 0, so nothing is sent. It sends again when a person raises the limit.',
    { ...caps({ daily: 0 }), ...cannot('daily_cap', null) },
  ],
  [
    `As many InMails were tried today as the account allows. ${AT_MIDNIGHT}`,
    cannot('churn_cap', MIDNIGHT),
  ],
  [
    `This person has got an InMail of the account already. ${AT_MIDNIGHT}`,
    cannot('recipient_contacted', MIDNIGHT),
  ],
  [`InMails are sent with some time between them. ${THEN}`, cannot('paced', LATER)],
  [`Today's limit of the campaign is used up. ${AT_MIDNIGHT}`, cannot('campaign_cap', MIDNIGHT)],
  [`It is outside your sending hours. ${THEN}`, cannot('outside_window', LATER)],
  [
    'It is outside your sending hours. The next InMail can go out at 12:01 UTC (13:01 in Europe/Berlin).',
    { remaining: 0, ...cannot('outside_window', LATER) },
  ],
];

it.each(STOPS)('the stop is "%s"', (text, more) => {
  expect(textOf(wordsOf(more).stop)).toBe(text);
});

it('the stops have every reason of the gate, and no text that a person wrote', () => {
  const reasons = new Set(STOPS.map(([, { canSend }]) => canSend?.reason ?? 'expired'));
  expect([...reasons].toSorted()).toEqual([...DENIAL_REASONS].toSorted());
  const all = JSON.stringify(STOPS.map(([, more]) => wordsOf(more)));
  for (const secret of ['Mara', 'invoice', 'r-7', 'safeband']) expect(all).not.toContain(secret);
});

/** What a page replaces by words in the zone of its reader is in brackets. */
const ZONES: readonly (readonly [zone: Zone, notBefore: string, text: string])[] = [
  ['UTC', MIDNIGHT, 'at midnight UTC[].'],
  ['UTC', '2026-11-26T08:00:00.000Z', '[on 26 Nov at 08:00 UTC].'],
  ['America/New_York', MIDNIGHT, 'at midnight UTC[ (19:00 in America/New_York)].'],
  [
    'America/New_York',
    '2026-11-26T00:00:00.000Z',
    '[on 26 Nov at 00:00 UTC (25 Nov, 19:00 in America/New_York)].',
  ],
];
it.each(ZONES)('in %s, the instant %s is "%s"', (timezone, notBefore, marked) => {
  const { stop } = wordsOf({ timezone, ...cannot('weekly_cap', notBefore) });
  const sentence = stop.at(-1);
  const text = marked.replaceAll(/[[\]]/g, '');
  expect(sentence).toEqual({ text: `The next InMail can go out ${text}`, at: notBefore });
  const { before, kind, time, after } = saidParts(sentence ?? { text: '', at: null }) ?? {};
  expect(`${before}[${time}]${after}`).toBe(`The next InMail can go out ${marked}`);
  expect(kind).toBe(notBefore === MIDNIGHT ? 'midnight' : 'at');
});

it('a page replaces the end of the sending hours, and keeps what follows it', () => {
  const text =
    'You can send 9 more before 16:30 UTC (17:30 in Europe/Berlin), when your sending hours end.';
  expect(saidParts({ text, at: MIDNIGHT })).toEqual({
    before: 'You can send 9 more ',
    kind: 'before',
    time: 'before 16:30 UTC (17:30 in Europe/Berlin)',
    after: ', when your sending hours end.',
  });
});

describe('the details', () => {
  it('the details add up to the numbers, and name the limits', () => {
    const { sent, maybe, details } = wordsOf({
      delivered: 30,
      external: 1,
      imported: 1,
      inFlight: 2,
      uncertain: 3,
      unexplained: 1,
      weekUsed: 120,
      caps: { ...EMPTY.caps, ramp: 40, binding: 'ramp' },
    });
    expect([sent, maybe]).toEqual([32, 6]);
    expect(details.map(({ text }) => text)).toEqual([
      '30 were sent automatically.',
      '1 was sent manually, or by another program.',
      '1 was sent by another program before the account was connected.',
      '2 are being sent, or the result has not arrived yet.',
      '3 had no clear answer from LinkedIn.',
      '1 is counted, and we check where the number comes from.',
      'The limit is 50 InMails a day and 250 in 7 days. In the last 7 days, 120 count.',
      'Today the limit is 40: it rises step by step for a new account.',
    ]);
  });

  it('the details of a learnt ceiling name the day on which it can rise', () => {
    const { details } = wordsOf({
      caps: { ...EMPTY.caps, learnt: 16, binding: 'learnt' },
      learnt: { cap: 16, growsOn: '2026-12-02', endsOn: '2026-12-16' },
    });
    expect(details.map(({ text }) => text)).toEqual([
      'The limit is 50 InMails a day and 250 in 7 days. In the last 7 days, 0 count.',
      'Today the limit is 16: it is lower for a time, because LinkedIn refused a send.',
      'That limit can rise on 2 Dec at 00:00 UTC (01:00 in Europe/Berlin).',
    ]);
  });

  it('the details of an account without InMail have no limits', () => {
    const { details } = anAccountsWords({ tier: 'free' });
    expect(details.map(({ text }) => text)).toEqual(['This day ends at midnight UTC.']);
  });
});

const anAccountsWords = (start: Parameters<typeof anAccount>[0]) =>
  customerWords(anAccount(start).status, NOW, offsetIn);

it('the numbers are those of the gate: sent and perhaps sent are the counter', () => {
  const account = ['a', 'b', 'x', 'y']
    .reduce(
      (one, name) => one.when(reserve, { reservationId: r(name) }),
      anAccount({ inmailsSentToday: 3, deliveredToday: 2 }),
    )
    .when(deliver, { reservationId: r('a'), chatId: c('ca') })
    .when(fail, { reservationId: r('y'), kind: 'unknown' });
  const { counter, canSend } = account.status;
  const words = customerWords(account.status, account.now, offsetIn);
  expect(words).toMatchObject({ sent: 3, maybe: 4, left: canSend.left });
  expect(words.sent + words.maybe).toBe(counter);
});
