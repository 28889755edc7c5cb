/**
 * A message is described once, as its fields. Example: `{ reservationId: need(reservationId),
 * campaignId: may(campaignId) }`. The parser, the type of what it returns, and the schema of HTTP
 * (src/http/schemas/body.ts) come from this description.
 */
import { Fields, type Found, type Mode, type Parsed } from './objectReader.js';
import type { Reader, Rule, TextRule, Value } from './values.js';
import type { Flaw } from '../account/refusals.js';
import type { Instant } from '../primitives/time.js';

/** Over HTTP a field is needed, may be left out or be null, or may have any value at all. */
export type Presence = 'needed' | 'optional' | 'any';

/** A field: how it is read, and what HTTP accepts for it. */
export type Field<T, R = Rule | ObjectRule | ObjectListRule, P = Presence> = {
  readonly read: (fields: Fields, name: string) => Found<T>;
  readonly rule: R;
  readonly presence: P;
};
/** The fields of a message, in the order in which they are read: the first flaw is the answer. */
export type Shape = { readonly [name: string]: Field<unknown> };
/** The rule of a field that is an object with fields of its own. */
export type ObjectRule<D = Shape> = { readonly type: 'object'; readonly fields: D };

/** The rule of a field that is a list of such objects. */
export type ObjectListRule<D = Shape> = {
  readonly type: 'array';
  readonly maxItems: number;
  readonly items: ObjectRule<D>;
};

/** What the parser returns. */
export type ValueOf<D> = {
  readonly [K in keyof D]: D[K] extends Field<infer T> ? T : never;
};
/** Reads the payload of one message in the given mode; `at` is the clock of the workflow. */
export type Parser<T> = (raw: unknown, mode: Mode, at: Instant) => Parsed<T>;

/** Returns the parser of a message; `check` is a rule across its fields. */
export const parserOf =
  <const D extends Shape>(
    shape: D,
    check?: (value: ValueOf<D>, at: Instant) => Flaw | undefined,
  ): Parser<ValueOf<D>> =>
  (raw, mode, at) =>
    parsed(shape, new Fields(raw, mode, at), check);

function parsed<const D extends Shape>(
  shape: D,
  fields: Fields,
  check?: (value: ValueOf<D>, at: Instant) => Flaw | undefined,
): Parsed<ValueOf<D>> {
  const found = Object.entries(shape).flatMap(([name, field]) => {
    const read = field.read(fields, name);
    return read ? [[name, read.value] as const] : [];
  });
  const value: unknown = Object.fromEntries(found);
  const whole = isWhole(shape, value) ? value : undefined;
  const flaw = whole && !fields.flaw ? check?.(whole, fields.at) : undefined;
  if (flaw) fields.refuse(flaw.refused, flaw.message);
  return fields.done(() => whole);
}

/** True if each field was read, by the reader that the shape names for it. */
const isWhole = <D extends Shape>(shape: D, value: unknown): value is ValueOf<D> =>
  Object.keys(shape).every((name) => Object.hasOwn(Object(value), name));

/** A field that every message of its kind has. */
export const need = <T, R>(value: Value<T, R>): Field<T, R, 'needed'> => ({
  read: (fields, name) => fields.need(name, value),
  rule: value.rule,
  presence: 'needed',
});

/** A field that may be absent or null. */
export const may = <T, R>(value: Value<T, R>): Field<T | undefined, R, 'optional'> => ({
  read: (fields, name) => ({ value: fields.may(name, value) }),
  rule: value.rule,
  presence: 'optional',
});

/** A field that may be absent or null, and has a value then. */
export const mayElse = <T, R>(value: Value<T, R>, otherwise: T): Field<T, R, 'optional'> => ({
  ...may(value),
  read: (fields, name) => ({ value: fields.may(name, value) ?? otherwise }),
});

/** A field of a policy: absent keeps the stored value, null sets the default (R13). */
export const setting = <T, R>(value: Value<T, R>): Field<T | null | undefined, R, 'optional'> => ({
  ...may(value),
  read: (fields, name) => ({ value: fields.setting(name, value) }),
});

/**
 * A field that only adds to a report: a bad value is dropped, and the report counts. So HTTP
 * accepts any value, too.
 */
export const hint = <T>(read: Reader<T>): Field<T | undefined, Rule, 'any'> => ({
  read: (fields, name) => ({ value: fields.hint(name, read) }),
  rule: {},
  presence: 'any',
});

/** Required text of a person, as one line. */
export const needText = (rule: TextRule): Field<string, TextRule, 'needed'> => ({
  read: (fields, name) => fields.needText(name, rule),
  rule,
  presence: 'needed',
});

/** Optional text of a person, as one line. */
export const mayText = (rule: TextRule): Field<string | undefined, TextRule, 'optional'> => ({
  read: (fields, name) => ({ value: fields.mayText(name, rule) }),
  rule,
  presence: 'optional',
});

/** A field that HTTP knows already, from the path or the key: there it may be left out. */
export const knownToHttp = <T, R>(field: Field<T, R>): Field<T, R, 'optional'> => ({
  ...field,
  presence: 'optional',
});

/** A field for which HTTP has a rule of its own. */
export const overHttp = <T, P extends Presence, const R extends Rule>(
  rule: R,
  field: Field<T, unknown, P>,
): Field<T, R, P> => ({ ...field, rule });

/** Reads an object with fields of its own, always strictly; `name` is its own name. */
export const object = <const D extends Shape>(
  name: string,
  fields: D,
  shouldBe: (flaw: string) => string = (flaw) => `whole: ${flaw}`,
): Value<ValueOf<D>, ObjectRule<D>> => {
  const read: Reader<ValueOf<D>> = (raw, at) => {
    const found = parsed(fields, new Fields(raw, 'strict', at, name));
    return found.ok ? { value: found.value } : { shouldBe: shouldBe(found.message) };
  };
  return Object.assign(read, { rule: { type: 'object', fields } } as const);
};

type ListRules<D> = {
  readonly max: number;
  readonly key: keyof D & string;
  /** Optional fields of which an object has at least one: without them, it has no meaning. */
  readonly someOf?: readonly (keyof D & string)[];
};

/**
 * Reads a list of at most `max` such objects. Two of them never have the same `key`, because it is
 * not known which of the two was meant.
 */
export const listOf = <const D extends Shape>(
  name: string,
  fields: D,
  { max, key, someOf }: ListRules<D>,
): Value<readonly ValueOf<D>[], ObjectListRule<D>> => {
  const read: Reader<readonly ValueOf<D>[]> = (raw, at) => {
    if (!Array.isArray(raw) || raw.length > max) return { shouldBe: `a list of at most ${max}` };
    const value: ValueOf<D>[] = [];
    for (const [n, item] of raw.entries()) {
      const found = object(`${name}[${n}]`, fields)(item, at);
      if (!('value' in found)) return found;
      if (value.some((other) => other[key] === found.value[key])) {
        return {
          shouldBe: `a list that names each ${key} once: ${name}[${n}] repeats ${String(found.value[key])}`,
        };
      }
      if (someOf?.every((field) => found.value[field] === undefined)) {
        return {
          shouldBe: `a list of objects with ${someOf.join(' or ')}: ${name}[${n}] has neither`,
        };
      }
      value.push(found.value);
    }
    return { value };
  };
  const items = { type: 'object', fields } as const;
  return Object.assign(read, { rule: { type: 'array', maxItems: max, items } } as const);
};
