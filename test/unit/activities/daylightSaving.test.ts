/**
 * Both clock changes of 2026 in five zones, computed manually from the rules of IANA (R11):
 *
 *   New York   8 March 07:00 UTC, 02:00 -> 03:00      1 November 06:00 UTC, 02:00 -> 01:00
 *   London     29 March 01:00 UTC, 01:00 -> 02:00     25 October 01:00 UTC, 02:00 -> 01:00
 *   Lord Howe  3 October 15:30 UTC, 02:00 -> 02:30    4 April 15:00 UTC, 02:00 -> 01:30
 *   Cairo      23 April 22:00 UTC, 24:00 -> 01:00     29 October 21:00 UTC, 24:00 -> 23:00
 *   Santiago   6 September 04:00 UTC, 24:00 -> 01:00  5 April 03:00 UTC, 24:00 -> 23:00
 *
 * All instants of the tables are UTC, of 2026.
 */
import { describe, expect, it } from 'vitest';
import { expandWindow } from '../../../src/activities/window.js';
import { isoInstant } from '../../../src/domain/primitives/time.js';
import { WEEKDAYS, type SendingWindow } from '../../../src/domain/account/sendingWindow.js';
import { Life } from '../../support/life.js';
import { anAccount, at, rows } from '../../support/scenario.js';

const ZONES: Readonly<Record<string, string>> = {
  'New York': 'America/New_York',
  London: 'Europe/London',
  'Lord Howe': 'Australia/Lord_Howe',
  Cairo: 'Africa/Cairo',
  Santiago: 'America/Santiago',
};
/** `03-08 07:00` or `03-08 06:59:59.999`. */
const utc = (text: string): number => {
  const [day = '', time = ''] = text.split(' ');
  return at(`2026-${day}T${time.length === 5 ? `${time}:00.000` : time}Z`);
};
const short = (instant: number): string => isoInstant(instant).slice(5, 16).replace('T', ' ');

/** `sat,sun 22:00-02:00`, or `daily 09:00-17:00`. */
function windowOf(text: string): SendingWindow {
  const [days = '', hours = ''] = text.split(' ');
  const [start = '', end = ''] = hours.split('-');
  const isOn = (day: string): boolean => days === 'daily' || days.split(',').includes(day);
  return { days: WEEKDAYS.filter(isOn), start, end };
}

/** Returns the open intervals of the days from `from` on, each with its start and end. */
const OPEN = `
  zone       from         days  window           opens        closes       opens again  closes again
  New York   03-08 00:00  1     sun 02:30-05:00  03-08 07:00  03-08 09:00
  New York   03-08 00:00  1     sun 01:00-02:30  03-08 06:00  03-08 07:00
  New York   03-08 00:00  1     sun 02:00-03:00
  New York   03-08 00:00  1     sat 22:00-03:00  03-08 03:00  03-08 07:00
  New York   03-08 00:00  2     sun 00:00-00:00  03-08 05:00  03-09 04:00
  New York   03-06 00:00  4     mon,fri 09:00-17:00  03-06 14:00  03-06 22:00  03-09 13:00  03-09 21:00
  New York   11-01 00:00  1     sun 01:15-01:45  11-01 05:15  11-01 05:45  11-01 06:15  11-01 06:45
  New York   11-01 00:00  1     sun 01:00-02:00  11-01 05:00  11-01 07:00
  New York   11-01 00:00  1     sun 01:30-04:00  11-01 05:30  11-01 06:00  11-01 06:30  11-01 09:00
  New York   11-01 00:00  1     sat 22:00-01:30  11-01 02:00  11-01 05:30  11-01 06:00  11-01 06:30
  New York   11-01 00:00  2     sun 00:00-00:00  11-01 04:00  11-02 05:00
  London     03-28 12:00  1     sun 01:30-03:00  03-29 01:00  03-29 02:00
  London     03-28 12:00  1     sat 20:00-01:30  03-28 20:00  03-29 01:00
  London     10-24 12:00  1     sun 00:30-01:30  10-24 23:30  10-25 00:30  10-25 01:00  10-25 01:30
  London     10-24 00:00  2     daily 09:00-17:30  10-24 08:00  10-24 16:30  10-25 09:00  10-25 17:30
  Lord Howe  10-03 12:00  1     sun 02:15-04:00  10-03 15:30  10-03 17:00
  Lord Howe  10-03 12:00  1     sun 01:00-02:15  10-03 14:30  10-03 15:30
  Lord Howe  10-03 12:00  1     sun 02:05-02:25
  Lord Howe  04-04 12:00  1     sun 01:40-01:50  04-04 14:40  04-04 14:50  04-04 15:10  04-04 15:20
  Lord Howe  04-04 06:00  1     sat 23:00-01:45  04-04 12:00  04-04 14:45  04-04 15:00  04-04 15:15
  Lord Howe  04-03 12:00  2     daily 09:00-17:00  04-03 22:00  04-04 06:00  04-04 22:30  04-05 06:30
  Cairo      04-23 12:00  1     fri 00:00-06:00  04-23 22:00  04-24 03:00
  Cairo      04-23 12:00  1     thu 18:00-00:00  04-23 16:00  04-23 22:00
  Cairo      04-23 12:00  1     thu 22:00-00:30  04-23 20:00  04-23 22:00
  Cairo      04-23 12:00  1     fri 00:15-00:45
  Cairo      04-23 12:00  2     fri 00:00-00:00  04-23 22:00  04-24 21:00
  Cairo      10-29 12:00  1     thu 23:00-00:00  10-29 20:00  10-29 22:00
  Cairo      10-29 12:00  1     thu 23:15-23:45  10-29 20:15  10-29 20:45  10-29 21:15  10-29 21:45
  Cairo      10-29 12:00  1     fri 00:00-01:00  10-29 22:00  10-29 23:00
  Cairo      10-29 12:00  1     thu 22:00-02:00  10-29 19:00  10-30 00:00
  Santiago   09-05 12:00  1     sun 00:00-02:00  09-06 04:00  09-06 05:00
  Santiago   09-05 12:00  1     sat 20:00-00:30  09-06 00:00  09-06 04:00
  Santiago   09-05 12:00  1     sun 00:30-00:45
  Santiago   09-05 00:00  2     daily 09:00-17:00  09-05 13:00  09-05 21:00  09-06 12:00  09-06 20:00
  Santiago   04-04 12:00  1     sat 23:15-23:45  04-05 02:15  04-05 02:45  04-05 03:15  04-05 03:45
  Santiago   04-04 12:00  1     sat 22:00-00:00  04-05 01:00  04-05 04:00
  Santiago   04-04 12:00  1     sun 00:00-01:00  04-05 04:00  04-05 05:00
`;

/** Returns the `retryAt` of a reserve at that instant. With `used`, the day's only slot is taken. */
const ASKED = `
  zone       window             used         asked                 reason          retryAt
  New York   sun 02:30-05:00    -            03-08 06:30           outside_window  03-08 07:00
  New York   sun 02:30-05:00    -            03-08 09:00           outside_window  03-15 06:30
  New York   sun 01:00-02:30    -            03-08 07:00           outside_window  03-15 05:00
  New York   daily 02:15-02:45  -            03-07 08:00           outside_window  03-09 06:15
  New York   sun 02:00-03:00    -            03-07 12:00           outside_window  03-15 06:00
  New York   sat 22:00-03:00    -            03-08 07:00           outside_window  03-15 02:00
  New York   mon,fri 09:00-17:00  -          03-06 22:00           outside_window  03-09 13:00
  New York   daily 09:00-17:00  03-07 14:00  03-07 14:01           daily_cap       03-08 13:00
  New York   sun 01:15-01:45    -            11-01 05:45           outside_window  11-01 06:15
  New York   sun 01:15-01:45    11-01 05:20  11-01 05:21           daily_cap       11-08 06:15
  New York   sun 01:30-04:00    -            11-01 06:00           outside_window  11-01 06:30
  New York   sat 22:00-01:30    -            11-01 05:30           outside_window  11-01 06:00
  New York   sat 22:00-01:30    -            11-01 06:30           outside_window  11-08 03:00
  New York   daily 09:00-17:00  10-31 13:00  10-31 20:59:59.999    daily_cap       11-01 14:00
  London     sun 01:30-03:00    -            03-29 00:59:59.999    outside_window  03-29 01:00
  London     sat 20:00-01:30    -            03-29 01:00           outside_window  04-04 19:00
  London     sun 00:30-01:30    -            10-25 00:30           outside_window  10-25 01:00
  London     sun 00:30-01:30    10-24 23:30  10-24 23:31           daily_cap       10-25 00:00
  London     sun 00:30-01:30    10-24 23:50  10-24 23:51           daily_cap       11-01 00:30
  London     daily 09:00-17:30  -            10-24 16:30           outside_window  10-25 09:00
  Lord Howe  sun 02:15-04:00    -            10-03 15:00           outside_window  10-03 15:30
  Lord Howe  sun 02:15-04:00    -            10-03 17:00           outside_window  10-10 15:15
  Lord Howe  sun 01:00-02:15    -            10-03 15:30           outside_window  10-10 14:00
  Lord Howe  sun 01:40-01:50    -            04-04 14:50           outside_window  04-04 15:10
  Lord Howe  sun 01:40-01:50    -            04-04 15:20           outside_window  04-11 15:10
  Lord Howe  daily 09:00-17:00  -            04-04 06:00           outside_window  04-04 22:30
  Lord Howe  daily 09:00-17:00  04-04 22:30  04-04 23:00           daily_cap       04-05 00:00
  Cairo      fri 00:00-06:00    -            04-23 21:59:59.999    outside_window  04-23 22:00
  Cairo      fri 00:00-06:00    -            04-24 03:00           outside_window  04-30 21:00
  Cairo      fri 00:15-00:45    -            04-23 20:00           outside_window  04-30 21:15
  Cairo      thu 18:00-00:00    -            04-23 22:00           outside_window  04-30 15:00
  Cairo      thu 23:15-23:45    -            10-29 20:45           outside_window  10-29 21:15
  Cairo      thu 23:15-23:45    10-29 20:15  10-29 20:16           daily_cap       11-05 21:15
  Cairo      fri 00:00-01:00    -            10-29 21:00           outside_window  10-29 22:00
  Cairo      thu 22:00-02:00    -            10-30 00:00           outside_window  11-05 20:00
  Santiago   sun 00:00-02:00    -            09-06 03:59:59.999    outside_window  09-06 04:00
  Santiago   sat 20:00-00:30    -            09-06 04:00           outside_window  09-12 23:00
  Santiago   sun 00:30-00:45    -            09-06 01:00           outside_window  09-13 03:30
  Santiago   daily 09:00-17:00  09-05 13:00  09-05 13:01           daily_cap       09-06 12:00
  Santiago   sat 23:15-23:45    -            04-05 02:45           outside_window  04-05 03:15
  Santiago   sat 23:15-23:45    -            04-05 03:45           outside_window  04-12 03:15
  Santiago   sun 00:00-01:00    -            04-05 02:00           outside_window  04-05 04:00
`;

describe('a sending window around the change of clocks', () => {
  it.each(rows(OPEN))(
    'a sending window around the change of clocks in $zone: $window, from $from',
    (row) => {
      const { bounds } = expandWindow({
        window: windowOf(row['window'] ?? ''),
        timezone: ZONES[row['zone'] ?? ''] ?? '',
        from: utc(row['from'] ?? ''),
        days: Number(row['days']),
      });
      const expected = [row['opens'], row['closes'], row['opens again'], row['closes again']];
      expect(bounds.map(short)).toEqual(expected.filter((cell) => cell !== '-'));
    },
  );
});

describe('when to ask again, around the change of clocks', () => {
  it.each(rows(ASKED))(
    'retryAt around the change of clocks in $zone, with $window: asked $asked, used $used',
    (row) => {
      const asked = utc(row['asked'] ?? '');
      const retryAt = utc(row['retryAt'] ?? '');
      const isUsed = row['used'] !== '-';
      const timezone = ZONES[row['zone'] ?? ''] ?? '';
      const sendingWindow = windowOf(row['window'] ?? '');
      const now = isUsed ? utc(row['used'] ?? '') : asked;
      const { entity } = anAccount({ dailyCap: 1, sendingWindow, timezone }, { now });
      const begun = Life.begin(entity, now);
      const life = isUsed ? begun.asks('first') : begun;
      const refused = life.until(asked).asks('again');
      expect(refused.answer).toMatchObject({ granted: false, reason: row['reason'], retryAt });
      // `retryAt` is exact: a reserve is granted then, and refused a millisecond before.
      expect(refused.until(retryAt - 1).asks('early').isGranted).toBe(false);
      expect(refused.until(retryAt).asks('again').isGranted).toBe(true);
    },
  );
});
