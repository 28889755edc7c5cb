/**
 * The schema of a message over HTTP, from the description that its parser reads by
 * (src/domain/wire/message.ts). Only texts and examples for people are added here.
 */
import {
  Type,
  type TArray,
  type TNull,
  type TObject,
  type TOptional,
  type TSchema,
  type TUnion,
  type TUnknown,
  type TUnsafe,
} from 'typebox';
import type {
  Field,
  ObjectListRule,
  ObjectRule,
  Presence,
  Shape,
} from '../../domain/wire/message.js';
import type { Rule } from '../../domain/wire/values.js';

/** The values that a rule allows. */
type JsonOf<R> = R extends { readonly enum: readonly (infer W)[] }
  ? W
  : R extends { readonly const: infer W }
    ? W
    : R extends { readonly items: infer I }
      ? JsonOf<I>[]
      : R extends { readonly type: infer T extends keyof Json }
        ? Json[T]
        : unknown;
type Json = {
  readonly string: string;
  readonly integer: number;
  readonly number: number;
  readonly boolean: boolean;
};

type SchemaOf<R> =
  R extends ObjectRule<infer D extends Shape>
    ? TObject<SchemasOf<D>>
    : R extends ObjectListRule<infer D extends Shape>
      ? TArray<TObject<SchemasOf<D>>>
      : TUnsafe<JsonOf<R>>;
type Optional<P, S extends TSchema> = P extends 'needed'
  ? S
  : P extends 'optional'
    ? TOptional<TUnion<[S, TNull]>>
    : TOptional<TUnknown>;
type SchemasOf<D> = {
  [K in keyof D]: D[K] extends Field<unknown, infer R, infer P> ? Optional<P, SchemaOf<R>> : never;
};

/** What people read about a field; for an object or a list of objects, also about their fields. */
export type Note = { readonly description?: string; readonly examples?: readonly unknown[] };
type NotesOf<D> = {
  readonly [K in keyof D]: D[K] extends Field<
    unknown,
    ObjectRule<infer F> | ObjectListRule<infer F>
  >
    ? Note & { readonly fields: NotesOf<F> }
    : Note;
};
type AnyNote = Note & { readonly fields?: { readonly [name: string]: AnyNote } };

/** Returns a note with one example. */
export const note = (description: string, example: unknown): Note => ({
  description,
  examples: [example],
});

/** Returns the schema of a message; its fields are listed in the order of their notes. */
export function bodyOf<D extends Shape>(
  shape: D,
  notes: NotesOf<D>,
  options: Note = {},
): TObject<SchemasOf<D>> {
  const properties: unknown = propertiesOf(shape, notes);
  if (!isWhole(shape, properties)) throw new Error('a field of the message has no note');
  return Type.Object(properties, { additionalProperties: false, ...options });
}

const isWhole = <D extends Shape>(shape: D, properties: unknown): properties is SchemasOf<D> =>
  Object.keys(shape).every((name) => Object.hasOwn(Object(properties), name));

const propertiesOf = (shape: Shape, notes: { readonly [name: string]: AnyNote }) =>
  Object.fromEntries(
    Object.entries(notes).flatMap(([name, about]) => {
      const field = shape[name];
      return field ? [[name, propertyOf(field, about)] as const] : [];
    }),
  );

const PRESENCE: { readonly [P in Presence]: (schema: TSchema) => TSchema } = {
  needed: (schema) => schema,
  optional: (schema) => Type.Optional(Type.Union([schema, Type.Null()])),
  any: (schema) => Type.Optional(schema),
};

function propertyOf({ rule, presence }: Field<unknown>, { fields, ...about }: AnyNote): TSchema {
  return PRESENCE[presence](schemaOf(rule, fields ?? {}, about));
}

function schemaOf(
  rule: Rule | ObjectRule | ObjectListRule,
  fields: { readonly [name: string]: AnyNote },
  about: Note,
): TSchema {
  if ('fields' in rule) {
    return Type.Object(propertiesOf(rule.fields, fields), {
      additionalProperties: false,
      ...about,
    });
  }
  if (!isListOfObjects(rule)) return Type.Unsafe({ ...rule, ...about });
  return Type.Array(schemaOf(rule.items, fields, {}), { maxItems: rule.maxItems, ...about });
}

const isListOfObjects = (rule: Rule | ObjectListRule): rule is ObjectListRule =>
  rule.items !== undefined && 'fields' in rule.items;
