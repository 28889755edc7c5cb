/**
 * The values of the messages. Example: `leaseSeconds` is a whole number from 1 to 86400. Its reader
 * and its rule for HTTP come from one line, so a limit cannot be raised in one of the two only.
 *
 * A rule has the keywords of a JSON Schema. The combinator is our own small file and no library,
 * because the workflow bundle contains none: a schema library would be loaded for every account.
 */
import { FOREIGN_MAX, FOREIGN_PATTERN, OURS_MAX, OURS_PATTERN } from '../primitives/ids.js';
import { didYouMean } from '../primitives/spelling.js';
import { CLOCK_SLACK_MS } from '../primitives/limits.js';
import { ACTOR_MAX, PLAIN_TEXT_PATTERN, REASON_MAX } from '../primitives/text.js';
import {
  INSTANT_PATTERN,
  INSTANT_WORDS,
  parseHttpDate,
  parseInstant,
  SECOND_MS,
  type Instant,
} from '../primitives/time.js';

/**
 * Reads one value: the value, or a sentence part that states what it should have been. `at` is the
 * clock of the workflow.
 */
export type Reader<T> = (
  raw: unknown,
  at: Instant,
) => { readonly value: T } | { readonly shouldBe: string };

/** The keywords of a JSON Schema that a schema of HTTP takes over. */
export type Rule = {
  readonly type?: 'string' | 'integer' | 'number' | 'boolean' | 'array';
  readonly enum?: readonly string[];
  readonly const?: true;
  readonly items?: Rule;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
};
/** A reader with its rule for HTTP. */
export type Value<T, R = Rule> = Reader<T> & { readonly rule: R };

/** Returns the reader with its rule; a value that fits the rule may still be refused. */
export const valueBy = <T, const R>(rule: R, read: Reader<T>): Value<T, R> =>
  Object.assign(read, { rule });

/** Reads a value that needs no conversion. */
export const when = <T, const R extends Rule>(
  is: (raw: unknown) => raw is T,
  shouldBe: string,
  rule: R,
): Value<T, R> => valueBy(rule, (raw) => (is(raw) ? { value: raw } : { shouldBe }));

/** Reads one of the words. */
export const oneOf = <T extends string>(words: readonly T[]): Value<T, Words<T>> =>
  valueBy({ enum: words }, (raw) => {
    const found = words.find((word) => word === raw);
    if (found !== undefined) return { value: found };
    const meant = typeof raw === 'string' ? didYouMean(raw, words) : '';
    return { shouldBe: `one of ${words.join(', ')}${meant}` };
  });
/** The rule of a closed list of words. */
export type Words<T extends string> = { readonly enum: readonly T[] };

const isYesOrNo = (raw: unknown): raw is boolean => typeof raw === 'boolean';
/** Reads true or false. */
export const yesOrNo = when(isYesOrNo, 'true or false', { type: 'boolean' });

/** Reads a whole number of that range, both ends included. */
export const wholeNumber = (minimum: number, maximum: number) =>
  when(
    (raw): raw is number =>
      typeof raw === 'number' && Number.isInteger(raw) && raw >= minimum && raw <= maximum,
    `a whole number from ${minimum} to ${maximum}`,
    { type: 'integer', minimum, maximum },
  );

/** Reads a number of that range with at most two decimals. */
export const decimal = (minimum: number, maximum: number) =>
  when(
    (raw): raw is number =>
      typeof raw === 'number' && raw >= minimum && raw <= maximum && Number(raw.toFixed(2)) === raw,
    `a number from ${minimum} to ${maximum} with at most two decimals`,
    { type: 'number', minimum, maximum },
  );

/** The rule of Safeband's own ids. */
export const OURS_RULE = { type: 'string', pattern: OURS_PATTERN, maxLength: OURS_MAX } as const;
/** The rule of LinkedIn's ids. */
export const FOREIGN_RULE = {
  type: 'string',
  pattern: FOREIGN_PATTERN,
  minLength: 1,
  maxLength: FOREIGN_MAX,
} as const;

/** The rule of a text of one line that people write. */
export type TextRule = { readonly type: 'string' } & Required<
  Pick<Rule, 'pattern' | 'minLength' | 'maxLength'>
>;
export const textRule = (maxLength: number): TextRule => ({
  type: 'string',
  pattern: PLAIN_TEXT_PATTERN,
  minLength: 1,
  maxLength,
});
export const REASON_RULE = textRule(REASON_MAX);
export const ACTOR_RULE = textRule(ACTOR_MAX);

/** The rule of an instant; it does not check the number of days of a month. */
export const INSTANT_RULE = { type: 'string', pattern: INSTANT_PATTERN } as const;
/** Reads an instant. */
export const instant = valueBy(INSTANT_RULE, (raw) => {
  const read = typeof raw === 'string' ? parseInstant(raw) : undefined;
  return read === undefined ? { shouldBe: INSTANT_WORDS } : { value: read };
});
/** Reads an instant; refuses times from the future (R16). */
export const pastInstant: Reader<Instant> = (raw, at) => {
  const found = instant(raw, at);
  return 'value' in found && found.value > at + CLOCK_SLACK_MS
    ? { shouldBe: 'a time that is not in the future' }
    : found;
};

/** Maximum seconds of a pause. Only seven days count, but a caller may pass on any value. */
const RETRY_AFTER_SECONDS_MAX = 366 * 24 * 60 * 60;

/**
 * Reads the pause that LinkedIn asked for: seconds as a number or as text, or the date that
 * `Retry-After` may have instead. A pause of more than a year is read as a year.
 */
export const pause: Reader<number> = (raw, at) => {
  const seconds = typeof raw === 'string' ? secondsIn(raw.trim(), at) : raw;
  return typeof seconds === 'number' && seconds >= 0
    ? { value: Math.min(Math.ceil(seconds), RETRY_AFTER_SECONDS_MAX) }
    : { shouldBe: 'a number of seconds that is not negative, or a date of HTTP' };
};

function secondsIn(text: string, at: Instant): number | undefined {
  if (DECIMAL.test(text)) return Number(text);
  const until = parseHttpDate(text) ?? parseInstant(text);
  return until === undefined ? undefined : Math.max(0, until - at) / SECOND_MS;
}
const DECIMAL = /^\d{1,100}(\.\d{1,100})?([eE]\+?\d{1,3})?$/;
