/** How long a link to an account is valid. */
import { expect, it } from 'vitest';
import { shareHoursIn, validHours } from '../../../../src/domain/wire/shareOrder.js';

it.each([
  ['1h', 1],
  ['36h', 36],
  [' 7D ', 168],
  ['90d', 2_160],
  ['2160h', 2_160],
  ['0h', undefined],
  ['91d', undefined],
  ['2161h', undefined],
  ['7', undefined],
  ['-1d', undefined],
  ['1.5d', undefined],
  ['', undefined],
])('the time "%s" is %s hours', (text, hours) => {
  expect(shareHoursIn(text)).toBe(hours);
});

it.each([0, 1.5, 2_161, Number.NaN])('%s hours are out of bounds', (hours) => {
  expect(validHours(hours)).toBeUndefined();
});
