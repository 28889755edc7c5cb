/** What people read of a gap (R17): whole texts, as they stand in alerts and in the UI. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GAP_CAUSES, type GapPart } from '../../../../src/domain/gap/breakdown.js';
import { explainCorrected, type CorrectedGap } from '../../../../src/domain/gap/corrected.js';
import { explain, type Gap, type Known } from '../../../../src/domain/gap/sentences.js';
import { explainStatus } from '../../../../src/domain/diagnostics/why/statusGap.js';
import { fail } from '../../../../src/domain/commands/fail.js';
import { isAccountId } from '../../../../src/domain/primitives/ids.js';
import { reserve } from '../../../../src/domain/commands/reserve.js';
import { dayOf } from '../../../../src/domain/primitives/time.js';
import { gap, runOn } from '../../../support/gaps.js';
import { anAccount, at, must, r, rows } from '../../../support/scenario.js';

const NOW = at('09:00');
const DAY = dayOf(NOW);
const known: Known = {
  accountId: must(isAccountId, 'acme'),
  now: NOW,
  nextRunAt: null,
  open: [],
};
const open = (reservationId: string, leaseExpiresAt: number) => ({
  reservationId,
  leaseExpiresAt,
  quotaDay: DAY,
});
const part = (cause: GapPart['cause'], count: number, ...ids: readonly string[]): GapPart => ({
  cause,
  count,
  reservations: ids.map(r),
});
const sentencesOf = (
  parts: readonly GapPart[],
  more: Partial<Known> = {},
  day: Partial<Gap> = {},
) => explain({ day: DAY, counter: 104, parts, ...day }, { ...known, ...more });
const texts = (...of: Parameters<typeof sentencesOf>): readonly string[] =>
  sentencesOf(...of).map(({ text }) => text);

describe('the headline', () => {
  it('the headline names the two numbers, and how far they are apart', () => {
    expect(texts([part('edited_by_hand', 87)])[0]).toBe(
      'The counter is 104, the event log has 17: 87 apart.',
    );
    expect(texts([part('external', -1)])[0]).toBe(
      'The counter is 104, the event log has 105: 1 apart.',
    );
    expect(texts([])).toEqual(['The counter is 104, the event log has 104: they agree.']);
  });
  it('the headline names the day if it is not today', () => {
    expect(texts([part('in_flight', 1, 'x')], {}, { day: DAY - 1, counter: 8 })[0]).toBe(
      'On 2026-11-23, the counter is 8, the event log has 7: 1 apart.',
    );
  });
});

describe('each class', () => {
  const ran = 'The next reconcile corrects';
  const midnight = 'midnight UTC, the end of 24 November (2026-11-25T00:00:00.000Z)';
  const CASES: readonly (readonly [GapPart, string])[] = [
    [
      part('lost_rollback', 1, 'x'),
      "1 is on the counter only (reservation x), never sent, according to the send pipeline's" +
        ' journal, and not released. This happens if a pipeline stops before it reports.' +
        ` ${ran} it.`,
    ],
    [
      part('missing_event', 2, 'x', 'y'),
      '2 are on the counter only (reservations x, y), delivered with proof, and the event log' +
        ` had no row of them. This happens if a report is lost. ${ran} them.`,
    ],
    [
      part('late_delivery', -1, 'x'),
      '1 is in the event log only (reservation x), delivered after the release of' +
        ` its slot: LinkedIn had accepted it. This is rare. ${ran} it.`,
    ],
    [
      part('late_delivery', 0, 'x'),
      '1 is on neither (reservation x), delivered after the release of its slot:' +
        ` LinkedIn had accepted it. This is rare. ${ran} it.`,
    ],
    [
      part('bypassed_gate', -7, 'a', 'b', 'c', 'd', 'e', 'f', 'g'),
      '7 are in the event log only (reservations a, b, c, d, e and 2 more), sent or begun' +
        ` without a reserved slot. This is not normal. ${ran} them.`,
    ],
    [
      part('external', -1),
      `1 is in the event log only, sent manually or by another program, and not counted yet. ${ran} it.`,
    ],
    [
      part('external', 2),
      `2 are on the counter only, counted as sent manually, and the event log has no row of them. ${ran} them.`,
    ],
    [
      part('external', 1, 'x'),
      '1 is on the counter only (reservation x), counted on its own day, and logged under the day on' +
        ' which LinkedIn showed it, or in one row with another InMail of the same chat.' +
        ' This is normal. It stays so for the rest of the UTC' +
        ` day, until ${midnight}.`,
    ],
    [
      part('external', -1, 'x'),
      '1 is in the event log only (reservation x), counted on its own day, or by another row of' +
        ` the same InMail. This is normal. It stays so for the rest of the UTC day, until ${midnight}.`,
    ],
    [
      part('edited_by_hand', 87),
      '87 are on the counter only, not from InMails: the number was edited manually.' +
        ` This is not normal. ${ran} them.`,
    ],
    [
      part('imported', 2),
      '2 are on the counter only, imported: sent by another system before the account was' +
        ` connected. This is normal. It stays so for the rest of the UTC day, until ${midnight}.`,
    ],
    [
      part('unexplained', 87),
      '87 are on the counter only, not explained: the start of the account set this number,' +
        ` and no InMail accounts for it. ${ran} them.`,
    ],
  ];
  it.each(CASES.map(([one, text]) => [one.cause, one.count, one, text] as const))(
    'the class %s, %i',
    (_, __, one, text) => {
      expect(texts([one])[1]).toBe(text);
    },
  );

  it('a slot in flight is settled by the first reconcile after its lease', () => {
    const parts = [part('in_flight', 2, 'x', 'y')];
    const [, sentence] = sentencesOf(parts, {
      open: [open('x', at('09:05')), open('y', at('09:15'))],
    });
    expect(sentence?.changesAt).toBeGreaterThanOrEqual(at('09:15'));
    expect(sentence?.changesAt).toBeLessThan(at('09:25'));
    expect(sentence?.text).toBe(
      '2 are on the counter only (reservations x, y), in flight: reserved before the call, and' +
        ' not reported back yet. This is normal. If no report comes before, the reconcile' +
        ' at 09:20 UTC on 24 November (2026-11-24T09:20:37.615Z) settles them: delivered, released,' +
        ' or kept as uncertain until midnight UTC.',
    );
  });
  it('a slot that was settled since the reconcile is shown as settled', () => {
    expect(texts([part('in_flight', 1, 'x')])[1]).toContain('It has been settled since.');
    expect(texts([part('uncertain', 2, 'x', 'y')])[1]).toContain('They have been settled since.');
  });

  const table = `
    now                       leaseEnd                  until
    2026-11-24T09:00:00.000Z  2026-11-24T08:00:00.000Z  2026-11-25T00:00:00.000Z
    2026-11-24T09:00:00.000Z  2026-11-25T00:00:00.000Z  2026-11-25T00:00:00.000Z
    2026-11-24T09:00:00.000Z  2026-11-25T00:00:00.001Z  2026-11-26T00:00:00.000Z
    2026-11-25T00:00:00.000Z  2026-11-24T08:00:00.000Z  -
  `;
  it.each(rows(table))(
    'an uncertain slot with a lease until $leaseEnd keeps its room until $until',
    (line) => {
      const slot = open('x', at(String(line['leaseEnd'])));
      const now = at(String(line['now']));
      const [, sentence] = sentencesOf([part('uncertain', 1, 'x')], { now, open: [slot] });
      const until = line['until'] === '-' ? null : at(String(line['until']));
      expect(sentence?.changesAt).toBe(until);
      expect(sentence?.text).toContain(
        `until a proof or a person settles it. It ${until === null ? 'no longer takes room.' : 'takes room until'}`,
      );
    },
  );

  it('between reconciles, a sentence names the next reconcile, with its time if the time is known', () => {
    const parts = [part('unexplained', 1)];
    const nextRunAt = at('09:08');
    expect(texts(parts, { nextRunAt })[1]).toContain(
      'The next reconcile, at 09:08 UTC on 24 November (2026-11-24T09:08:00.000Z), corrects it.',
    );
    expect(texts(parts)[1]).toContain('The next reconcile corrects it.');
  });
});

it('each cause of a gap is in the table of docs/lifecycle.md', () => {
  const text = readFileSync('docs/lifecycle.md', 'utf8');
  const named = [...text.matchAll(/^\| `(\w+)` +\| [^|]+\| [^|]+\| [^|]+\| [^|]+\|$/gm)];
  expect(named.map(([, cause]) => cause)).toEqual([...GAP_CAUSES]);
});

describe('a gap that a reconcile has corrected', () => {
  const past = (parts: readonly GapPart[], more: Partial<CorrectedGap> = {}): readonly string[] =>
    explainCorrected(
      { day: DAY, counter: 104, parts, after: 104, editedColumns: [], ...more },
      NOW,
    );

  it('the sentences are in the past tense, and the changes of the reconcile come last', () => {
    const editedColumns = ['daily_cap', 'inmails_sent_today'];
    expect(past([part('edited_by_hand', 87)], { after: 17, editedColumns })).toEqual([
      'The counter was 104, the event log had 17: 87 apart.',
      '87 were on the counter only, not from InMails: the number was edited manually.' +
        ' This is not normal. The reconcile corrected them.',
      'The reconcile set the counter from 104 to 17.',
      "The account's row had been edited manually (daily_cap, inmails_sent_today);" +
        ' the reconcile restored it.',
    ]);
    expect(past([], { day: DAY - 1 })).toEqual([
      'On 2026-11-23, the counter was 104, the event log had 104: they agreed.',
    ]);
  });
  it('a part that a reconcile does not change was left as it was', () => {
    expect(past([part('in_flight', 1, 'x'), part('uncertain', 2, 'y', 'z')]).slice(1)).toEqual([
      '1 was on the counter only (reservation x), in flight: reserved before the call, and not' +
        ' reported back then. This is normal. The reconcile left it as it was.',
      '2 were on the counter only (reservations y, z), uncertain: they may or may not have reached' +
        ' LinkedIn. To be safe, their slots stayed spent. The reconcile left them as they were.',
    ]);
  });
  it.each(GAP_CAUSES)('the class %s has no verb in the present tense', (cause) => {
    for (const one of [part(cause, 2), part(cause, -1), part(cause, 1, 'x')]) {
      const [, text = ''] = past([one]);
      const own = text.replaceAll(/This (is|happens)[^.]*\.|may or may not have/g, '');
      expect(own).not.toMatch(
        /\b(is|are|has|have|corrects|settles|stays?|keeps|takes?|sets)\b(?! been)/,
      );
    }
  });
});

describe('a status', () => {
  it('a status uses the same sentences for the present', () => {
    const account = anAccount({ inmailsSentToday: 3, deliveredToday: 1 })
      .when(reserve, { reservationId: r('x') })
      .when(reserve, { reservationId: r('y') })
      .when(fail, { reservationId: r('y'), kind: 'unknown' });
    expect(explainStatus(account.status).map(({ text }) => text)).toEqual([
      'The counter is 5, the event log has 0: 5 apart.',
      '1 is on the counter only (reservation x), in flight: reserved before the call, and not' +
        ' reported back yet. This is normal. If no report comes before, the reconcile' +
        ' at 09:20 UTC on 24 November (2026-11-24T09:20:37.615Z) settles it: delivered, released,' +
        ' or kept as uncertain until midnight UTC.',
      '1 is on the counter only (reservation y), uncertain: it may or may not have reached' +
        ' LinkedIn. To be safe, its slot stays spent. Each reconcile keeps it uncertain until a proof or a' +
        ' person settles it. It takes' +
        ' room until midnight UTC, the end of 24 November' +
        ' (2026-11-25T00:00:00.000Z), at the latest.',
      '1 is on the counter only, imported: sent by another system before the account was connected.' +
        ' This is normal. It stays so for the rest of the UTC day, until midnight UTC, the end' +
        ' of 24 November (2026-11-25T00:00:00.000Z).',
      '2 are on the counter only, not explained: the start of the account set this number, and' +
        ' no InMail accounts for it. The next reconcile corrects them.',
    ]);
  });
});

describe('the sentences', () => {
  it('the counts in the sentences add up to the gap, whatever its parts', () => {
    const sides = new Map([
      ['on the counter only', 1],
      ['in the event log only', -1],
      ['on neither', 0],
    ]);
    const read = (text: string): number => {
      const words = /^(\d+) (?:is|are) (on the counter only|in the event log only|on neither)/;
      const [, size, side = ''] = words.exec(text) ?? [];
      return Number(size) * (sides.get(side) ?? Number.NaN);
    };
    fc.assert(
      fc.property(gap, (one) => {
        const { verdict, account } = runOn(one);
        for (const { day, before, parts } of verdict.days) {
          const slots = account.status.openReservations.map((slot) => ({
            reservationId: slot.reservationId,
            quotaDay: day,
            leaseExpiresAt: at(slot.leaseExpiresAt),
          }));
          const explained = explain(
            { day, counter: before, parts },
            { ...known, now: account.now, open: slots },
          );
          const gapSize = parts.reduce((sum, { count }) => sum + count, 0);
          const ofParts = explained.filter(({ cause }) => cause !== null);
          expect(ofParts.reduce((sum, { count }) => sum + count, 0)).toBe(gapSize);
          expect(ofParts.reduce((sum, { text }) => sum + read(text), 0)).toBe(gapSize);
          expect(explained[0]?.text).toContain(`the event log has ${before - gapSize}:`);
        }
      }),
      { numRuns: 500 },
    );
  });
});
