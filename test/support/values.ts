/** Values as other systems write them, with their meaning for Signal, Update and HTTP. */
import { isoInstant, parseInstant, SECOND_MS } from '../../src/domain/primitives/time.js';

/** One instant in many forms: the text, and its distance from the whole second in ms. */
export const writtenAt = (second: number): readonly (readonly [text: string, ms: number])[] => {
  const shifted = (minutes: number): string =>
    isoInstant(second + minutes * 60 * SECOND_MS).slice(0, 19);
  const utc = shifted(0);
  const fractions = Array.from({ length: 9 }, (_, n) => '987654321'.slice(0, n + 1));
  return [
    [`${utc}Z`, 0],
    [`${utc}z`, 0],
    [`${utc.replace('T', 't')}z`, 0],
    [`${utc.replace('T', ' ')}+00:00`, 0],
    [`${utc}+00:00`, 0],
    [`${utc}-00:00`, 0],
    [`${shifted(330)}+05:30`, 0],
    [`${shifted(330)}+0530`, 0],
    [`${shifted(-180)}-03`, 0],
    [`${shifted(-150)}.25-02:30`, 250],
    ...fractions.map(
      (text) => [`${utc}.${text}Z`, Math.floor(Number(`0.${text}`) * 1_000)] as const,
    ),
  ];
};
/** Java leaves out seconds that are zero. */
export const withoutSeconds = (minute: number): readonly string[] => {
  const utc = isoInstant(minute).slice(0, 16);
  return [`${utc}Z`, `${utc}+00:00`];
};

/** Values that are not instants: without a time zone, or without a time, or numbers. */
export const NO_INSTANTS: readonly unknown[] = [
  '2026-11-24T09:00:00',
  '2026-11-24T09Z',
  '2026-11-24',
  '2026-02-30T00:00:00Z',
  '2026-11-24T24:00:00Z',
  '2026-11-24T09:00:60Z',
  '2026-11-24T09:00:00.Z',
  '2026-11-24T09:00:00.1234567890Z',
  '2026-11-24T09:00:00+15:00',
  '2026-11-24T09:00:00+01:60',
  '1764000000',
  1_764_000_000,
  1_764_000_000_000,
  'Tue, 24 Nov 2026 09:00:00 GMT',
  'now',
  '',
  true,
  {},
  [],
];

/**
 * Values of `retryAfterSeconds`, each with the seconds of the cooldown that `throttled` then starts.
 * The order is ascending, because no report shortens a pause. A function gets the instant of the send.
 */
export const PAUSES: readonly (readonly [raw: unknown, seconds: number])[] = [
  [undefined, 3_600],
  [null, 3_600],
  ['soon', 3_600],
  ['', 3_600],
  ['1 hour', 3_600],
  [-1, 3_600],
  ['-1', 3_600],
  [0, 3_600],
  [true, 3_600],
  [[], 3_600],
  [{}, 3_600],
  ['Wed, 21 Oct 2015 07:28:00 GMT', 3_600],
  ['Wed, 21 Ocs 2099 07:28:00 GMT', 3_600],
  ['3600', 3_600],
  ['3600.5', 3_601],
  [' 7200', 7_200],
  [7_200.25, 7_201],
  ['1e4', 10_000],
  ['99999.000', 99_999],
  [1e9, 604_800],
  ['1000000000', 604_800],
  ['9'.repeat(100), 604_800],
  ['Wed, 21 Oct 2099 07:28:00 GMT', 604_800],
];

/** Fields with a wrong type, which are refused by name or dropped with an alert. */
export const WRONG_TYPES: readonly (readonly [message: string, field: string, raw: unknown])[] = [
  ['sendReserve', 'journaled', 'true'],
  ['sendReserve', 'journaled', 1],
  ['sendReserve', 'leaseSeconds', '900'],
  ['sendReserve', 'leaseSeconds', 900.5],
  ['sendReserve', 'campaignId', 7],
  ['sendReserve', 'validUntil', 1_764_000_000],
  ['connect', 'inmailsSentToday', '3'],
  ['connect', 'deliveredToday', '3'],
  ['connect', 'identity', 7],
  ['connect', 'dailyCap', '20'],
  ['configure', 'dailyCap', '20'],
  ['configure', 'weeklyCap', 20.5],
  ['configure', 'tier', 'Premium'],
  ['configure', 'timezone', 1],
];

/** Returns the instant of a text; throws if the text is not an instant. */
export function at(text: string): number {
  const instant = parseInstant(text);
  if (instant === undefined) throw new Error(`${text} is no instant`);
  return instant;
}
