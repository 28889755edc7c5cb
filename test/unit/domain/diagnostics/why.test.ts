/** "Why do my numbers differ?": the article about one account, from its own rows (R17). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wordsOfAlert } from '../../../../src/domain/diagnostics/alerts/alertHelp.js';
import { GAP_CAUSES } from '../../../../src/domain/gap/breakdown.js';
import { deliver } from '../../../../src/domain/commands/deliver.js';
import { explainStatus } from '../../../../src/domain/diagnostics/why/statusGap.js';
import { fail } from '../../../../src/domain/commands/fail.js';
import { isNormal, phraseOf } from '../../../../src/domain/gap/phrases.js';
import { reserve } from '../../../../src/domain/commands/reserve.js';
import { hold } from '../../../../src/domain/commands/administer.js';
import { dayOf } from '../../../../src/domain/primitives/time.js';
import { statusOfRows } from '../../../../src/domain/diagnostics/asOf/statusFromRecords.js';
import { whyOf } from '../../../../src/domain/diagnostics/why/why.js';
import { gap, runOn } from '../../../support/gaps.js';
import { whyRows } from '../../../support/kept.js';
import { anAccount, at, c, r, type Scenario } from '../../../support/scenario.js';

/** Two delivered, one in flight, one uncertain. */
const busy = (): Scenario =>
  ['a', 'b', 'x', 'y']
    .reduce(
      (account, name) => account.when(reserve, { reservationId: r(name) }),
      anAccount({ inmailsSentToday: 1 }),
    )
    .when(deliver, { reservationId: r('a'), chatId: c('ca') })
    .when(deliver, { reservationId: r('b'), chatId: c('cb') })
    .when(fail, { reservationId: r('y'), kind: 'unknown' });
const inUtc = () => () => 0;
const whyFor = (account: Scenario, rows = whyRows(account)) =>
  whyOf(rows, undefined, account.now, inUtc);

it('agrees, for an account without a gap, with its status and the Temporal UI', () => {
  const account = busy();
  const rows = whyRows(account);
  const { headline, parts } = whyFor(account);
  expect([headline, ...parts.map(({ text }) => text)]).toEqual(
    explainStatus(statusOfRows(rows, account.now)).map(({ text }) => text),
  );
  expect(headline).toBe('The counter is 5, the event log has 2: 3 apart.');
  expect(parts).toMatchObject([
    {
      cause: 'in_flight',
      count: 1,
      isNormal: true,
      changesAt: '2026-11-24T09:20:37.615Z',
      reservations: ['x'],
    },
    { cause: 'uncertain', count: 1, isNormal: false, changesAt: '2026-11-25T00:00:00.000Z' },
    { cause: 'imported', count: 1, isNormal: true, changesAt: '2026-11-25T00:00:00.000Z' },
  ]);
});

it('is the same with or without the workflow, once all is saved', () => {
  const account = busy();
  const rows = whyRows(account);
  const asked = { ...account.status, unsaved: 0, version: rows.row.version };
  expect(whyOf(rows, asked, account.now, inUtc)).toEqual(whyFor(account));
});

it('explains the rows of an account as the account itself does, at any hour', () => {
  fc.assert(
    fc.property(gap, fc.nat(36 * 60), (one, minutes) => {
      const { account } = runOn(one);
      const later = account.until(account.now + minutes * 60_000);
      const rows = whyRows(later);
      const { version: _, unsaved: __, openReservations, ...status } = later.status;
      const read = statusOfRows(rows, later.now);
      expect(read).toMatchObject(status);
      expect(new Set(read.openReservations)).toEqual(new Set(openReservations));
    }),
    { numRuns: 200 },
  );
});

it('adds up to the counter less the rows of the log, whatever the manual edits', () => {
  fc.assert(
    fc.property(gap, (one) => {
      const { account, evidence: sources } = runOn(one);
      const rows = { ...whyRows(account), found: sources };
      const { counter, logged, parts } = whyFor(account, rows);
      const today = sources.events.filter(({ quotaDay }) => quotaDay === dayOf(account.now));
      expect(logged).toBe(today.length);
      expect(parts.reduce((sum, { count }) => sum + count, 0)).toBe(counter - logged);
    }),
    { numRuns: 300 },
  );
});

it('a manual edit changes no number, and the context names it with the time of its correction', () => {
  const account = busy();
  const edit = { day: dayOf(account.now), counter: 104, columns: ['inmails_sent_today'] };
  const why = whyFor(account, whyRows(account, { edited: edit }));
  const { headline, counter, parts } = whyFor(account);
  expect(why).toMatchObject({ headline, counter, parts });
  expect(why.beside).toEqual([
    {
      kind: 'edited',
      at: '2026-11-24T09:05:00.000Z',
      text:
        'The row of the account was edited manually (inmails_sent_today): its counter is 104, and the ' +
        'gate counts 5. The next reconcile, at 09:05 UTC on 24 November ' +
        '(2026-11-24T09:05:00.000Z), corrects it.',
    },
  ]);
});

it('names sends that only the journal has, and rows that the log has lost', () => {
  const account = busy();
  const rows = whyRows(account);
  const failed = {
    reservationId: r('x'),
    quotaDay: dayOf(account.now),
    attemptedAt: account.now,
    outcome: 'failed',
    chatId: null,
    messageId: null,
    errorCode: 'rejected',
  } as const;
  const found = { ...rows.found, attempts: [failed], events: rows.found.events.slice(1) };
  const { parts, logged } = whyFor(account, { ...rows, found });
  expect(logged).toBe(1);
  expect(parts.map(({ cause, reservations }) => [cause, ...reservations])).toEqual([
    ['uncertain', 'y'],
    ['lost_rollback', 'x'],
    ['missing_event', 'a'],
    ['imported'],
  ]);
});

it('takes the numbers of the workflow if the rows are seconds older', () => {
  const before = busy();
  const after = before.when(reserve, { reservationId: r('z') });
  const { headline, parts, beside } = whyOf(whyRows(before), after.status, after.now, inUtc);
  expect(headline).toBe('The counter is 6, the event log has 2: 4 apart.');
  expect(parts[0]).toMatchObject({ cause: 'in_flight', count: 2, reservations: ['x', 'z'] });
  expect(beside.map(({ kind }) => kind)).toEqual(['unsaved']);
});

describe('in addition to the gap', () => {
  const textsOf = (account: Scenario, more = {}): readonly string[] =>
    whyFor(account, { ...whyRows(account), ...more }).beside.map(({ text }) => text);

  it('the context names what stops the account, and until when', () => {
    const throttled = busy().when(fail, {
      reservationId: r('x'),
      kind: 'throttled',
      retryAfterSeconds: 7_200,
    });
    expect(textsOf(throttled)).toEqual([
      'The account is in a cooldown, because LinkedIn asked for a pause. It ends automatically at 11:00 UTC' +
        ' on 24 November (2026-11-24T11:00:00.000Z).',
    ]);
    const held = throttled
      .when(fail, { reservationId: r('y'), kind: 'no_credits' })
      .when(hold, { reason: 'the customer asked', actor: 'ada' });
    expect(whyFor(held).beside.map(({ kind, at: when }) => [kind, when])).toEqual([
      ['held', '2026-11-24T09:00:00.000Z'],
      ['no_credits', '2026-12-01T00:00:00.000Z'],
      ['cooldown', '2026-11-24T11:00:00.000Z'],
    ]);
    expect(textsOf(held)[0]).toBe(
      'The account was stopped by ada at 09:00 UTC on 24 November (2026-11-24T09:00:00.000Z):' +
        ' the customer asked. It sends nothing until a person resumes it.',
    );
  });

  it('the context names what is carried over midnight, and what came late to a closed day', () => {
    const night = anAccount({}, { now: at('23:55') })
      .when(reserve, { reservationId: r('x') })
      .when(reserve, { reservationId: r('y') })
      .until(at('2026-11-25T00:05:00.000Z'))
      .when(deliver, { reservationId: r('y'), chatId: c('cy') });
    expect(textsOf(night)).toEqual([
      '2 of an earlier day (reservations x, y) may have reached LinkedIn today, and take room' +
        " today as well. Today's counter does not include them: they count on their own day.",
      'The numbers of 2026-11-24 changed after the end of that day (once), because outcomes came' +
        ' late.',
    ]);
  });

  it('the context shows the fix for an alert, and for a correction the sentences of its reconcile', () => {
    const day = dayOf(at('09:00'));
    const alerts = [
      { kind: 'double_send', day: day - 1, times: 9, raisedAt: at('08:00') - 86_400_000 },
      { kind: 'double_send', day, times: 2, raisedAt: at('08:00') },
    ];
    const corrections = [
      { at: at('08:30'), sentences: ['The reconcile set the counter from 4 to 3.'] },
    ];
    expect(textsOf(anAccount(), { alerts, corrections })).toEqual([
      `Alert double_send of 2026-11-24, raised 2 times, and on 1 other day: ${wordsOfAlert('double_send')}`,
      'A reconcile corrected the account at 08:30 UTC on 24 November (2026-11-24T08:30:00.000Z). The reconcile' +
        ' set the counter from 4 to 3.',
    ]);
  });
});

it('marks a part as normal exactly if its sentence does', () => {
  for (const cause of GAP_CAUSES) {
    for (const reservations of [[], [r('x')]]) {
      const part = { cause, count: 1, reservations };
      expect(phraseOf(part, true).includes('This is normal.')).toBe(isNormal(part));
    }
  }
});
