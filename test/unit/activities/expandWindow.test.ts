/** Windows in UTC, computed manually, around both clock changes in five zones (R11). */
import { describe, expect, it } from 'vitest';
import { expandWindow } from '../../../src/activities/window.js';
import { isoInstant } from '../../../src/domain/primitives/time.js';
import { WEEKDAYS } from '../../../src/domain/account/sendingWindow.js';
import { at, rows } from '../../support/scenario.js';

const open = (
  timezone: string,
  start: string,
  end: string,
  from: string,
  days = 1,
  on: readonly (typeof WEEKDAYS)[number][] = WEEKDAYS,
): string => {
  const { bounds } = expandWindow({
    window: { days: on, start, end },
    timezone,
    from: at(from),
    days,
  });
  return bounds.map((bound) => isoInstant(bound).slice(0, 16)).join(' ');
};

/** Returns the intervals of the window in UTC, in pairs. */
const TABLE = `
  zone                 window        from                      bounds
  America/New_York     09:00-17:00   2026-03-07T12:00:00.000Z  2026-03-07T14:00 2026-03-07T22:00
  America/New_York     09:00-17:00   2026-03-08T08:00:00.000Z  2026-03-08T13:00 2026-03-08T21:00
  America/New_York     02:30-03:30   2026-03-08T05:00:00.000Z  2026-03-08T07:00 2026-03-08T07:30
  America/New_York     02:00-02:45   2026-03-08T05:00:00.000Z  -
  America/New_York     01:30-02:30   2026-11-01T04:00:00.000Z  2026-11-01T05:30 2026-11-01T06:00 2026-11-01T06:30 2026-11-01T07:30
  Europe/London        00:30-01:30   2026-03-28T23:00:00.000Z  2026-03-29T00:30 2026-03-29T01:00
  Europe/London        01:00-02:00   2026-10-24T23:30:00.000Z  2026-10-25T00:00 2026-10-25T02:00
  Australia/Lord_Howe  01:45-03:00   2026-10-03T12:00:00.000Z  2026-10-03T15:15 2026-10-03T16:00
  Australia/Lord_Howe  01:00-02:30   2026-04-04T12:00:00.000Z  2026-04-04T14:00 2026-04-04T16:00
  Africa/Cairo         00:00-01:30   2026-04-23T20:00:00.000Z  2026-04-23T22:00 2026-04-23T22:30
  Africa/Cairo         23:00-23:30   2026-10-29T18:00:00.000Z  2026-10-29T20:00 2026-10-29T20:30 2026-10-29T21:00 2026-10-29T21:30
  America/Santiago     00:00-02:00   2026-09-06T02:00:00.000Z  2026-09-06T04:00 2026-09-06T05:00
  America/Santiago     23:00-23:59   2026-04-05T00:00:00.000Z  2026-04-05T02:00 2026-04-05T02:59 2026-04-05T03:00 2026-04-05T03:59
`;

describe('a sending window', () => {
  it.each(rows(TABLE))('$window in $zone after $from', (row) => {
    const [start = '', end = ''] = (row['window'] ?? '').split('-');
    const bounds = row['bounds'] === '-' ? '' : row['bounds'];
    expect(open(row['zone'] ?? '', start, end, row['from'] ?? '')).toBe(bounds);
  });

  it('a sending window whose end is not after its start runs over midnight, on the weekday of its start', () => {
    expect(open('UTC', '22:00', '02:00', '2026-11-23T00:00:00.000Z', 3, ['mon'])).toBe(
      '2026-11-23T22:00 2026-11-24T02:00',
    );
  });

  it('a sending window whose start is its end is the whole day, and days that meet are one opening', () => {
    expect(open('UTC', '09:00', '09:00', '2026-11-23T00:00:00.000Z', 7, ['mon', 'tue'])).toBe(
      '2026-11-23T09:00 2026-11-25T09:00',
    );
  });

  it('a sending window that is open already begins now', () => {
    expect(open('UTC', '09:00', '17:00', '2026-11-23T12:00:00.000Z')).toBe(
      '2026-11-23T12:00 2026-11-23T17:00 2026-11-24T09:00 2026-11-24T12:00',
    );
  });

  it('a sending window of a zone that this machine does not know is refused by name', () => {
    expect(() => open('Mars/Olympus', '09:00', '10:00', '2026-11-23T12:00:00.000Z')).toThrow(
      'Mars/Olympus',
    );
  });
});
