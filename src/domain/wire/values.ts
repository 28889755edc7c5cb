/**
 * The values of the messages. Example: `leaseSeconds` is a whole number from 1 to 86400. Its reader
 * and its rule for HTTP come from one line, so a limit cannot be raised in one of the two only.
 *
 * A rule has the keywords of a JSON Schema. The combinator is our own small file and no library,
 * because the workflow bundle carries none: a schema library would be loaded for every account.
 */
import { FOREIGN_MAX, FOREIGN_PATTERN, OURS_MAX, OURS_PATTERN } from '../primitives/ids.js';
import { didYouMean } from '../primitives/spelling.js';
import { ACTOR_MAX, PLAIN_TEXT_PATTERN, REASON_MAX } from '../primitives/text.js';
import { INSTANT_PATTERN, INSTANT_WORDS, parseInstant, type Instant } from '../primitives/time.js';

/** Reads one value: the value, or a sentence part that states what it should have been. */
export type Reader<T> = (raw: unknown) => { readonly value: T } | { readonly shouldBe: string };

/** The keywords of a JSON Schema that a schema of HTTP takes over. */
export type Rule = {
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
};
/** A reader that carries its rule for HTTP. */
export type Value<T, R extends Rule = Rule> = Reader<T> & { readonly rule: R };
/** A reader of a closed list of words, which carries the words for HTTP. */
export type Words<T extends string> = Reader<T> & { readonly words: readonly T[] };

/** Returns the reader with its rule; a value that fits the rule may still be refused. */
export const valueBy = <T, R extends Rule>(rule: R, read: Reader<T>): Value<T, R> =>
  Object.assign(read, { rule });

/** Reads a value that needs no conversion. */
export const when = <T, R extends Rule>(
  is: (raw: unknown) => raw is T,
  shouldBe: string,
  rule: R,
): Value<T, R> => valueBy(rule, (raw) => (is(raw) ? { value: raw } : { shouldBe }));

/** Reads one of the words. */
export const oneOf = <T extends string>(words: readonly T[]): Words<T> =>
  Object.assign(
    (raw: unknown) => {
      const found = words.find((word) => word === raw);
      if (found !== undefined) return { value: found };
      const meant = typeof raw === 'string' ? didYouMean(raw, words) : '';
      return { shouldBe: `one of ${words.join(', ')}${meant}` };
    },
    { words },
  );

/** Reads true or false. */
export const yesOrNo: Reader<boolean> = (raw) =>
  typeof raw === 'boolean' ? { value: raw } : { shouldBe: 'true or false' };

/** Reads a whole number of that range, both ends included. */
export const wholeNumber = (minimum: number, maximum: number) =>
  valueBy<number, { readonly minimum: number; readonly maximum: number }>(
    { minimum, maximum },
    (raw) =>
      typeof raw === 'number' && Number.isInteger(raw) && raw >= minimum && raw <= maximum
        ? { value: raw }
        : { shouldBe: `a whole number from ${minimum} to ${maximum}` },
  );

/** The rule of Safeband's own ids. */
export const OURS_RULE = { pattern: OURS_PATTERN, maxLength: OURS_MAX };
/** The rule of LinkedIn's ids. */
export const FOREIGN_RULE = { pattern: FOREIGN_PATTERN, minLength: 1, maxLength: FOREIGN_MAX };

/** The rule of a text of one line that people write. */
export type TextRule = Required<Pick<Rule, 'pattern' | 'minLength' | 'maxLength'>>;
export const textRule = (maxLength: number): TextRule => ({
  pattern: PLAIN_TEXT_PATTERN,
  minLength: 1,
  maxLength,
});
export const REASON_RULE = textRule(REASON_MAX);
export const ACTOR_RULE = textRule(ACTOR_MAX);

/** The rule of an instant; it does not check the number of days of a month. */
export const INSTANT_RULE = { pattern: INSTANT_PATTERN };
/** Reads an instant; `latest` refuses times from the future (R16). */
export const instant = (latest: Instant = Infinity): Value<Instant, typeof INSTANT_RULE> =>
  valueBy(INSTANT_RULE, (raw) => {
    const at = typeof raw === 'string' ? parseInstant(raw) : undefined;
    if (at === undefined) return { shouldBe: INSTANT_WORDS };
    return at <= latest ? { value: at } : { shouldBe: 'a time that is not in the future' };
  });
