/** Schemas as checks: what does not fit is `InvalidInput` that names the field. */
import type { FastifyInstance, FastifySchemaCompiler } from 'fastify';
import type { Static, TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';
import { Value } from 'typebox/value';
import { isWellFormed } from '../../domain/primitives/ids.js';
import { closest, didYouMean } from '../../domain/primitives/spelling.js';
import { invalidInput, type Problem } from './problems.js';
import { wordsFor } from './schemaWords.js';

type Flaw = {
  readonly keyword: string;
  readonly instancePath: string;
  readonly schemaPath: string;
  readonly params: object;
  readonly message: string;
};

/** Checks every route by its schema, and writes answers as they are. */
export function addValidation(app: FastifyInstance): void {
  app.setValidatorCompiler(compiler);
  app.setSerializerCompiler(() => (answer) => JSON.stringify(answer));
}

/** Numbers of a query or a path are text there; those of a body are not. */
export const compiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const check = Compile(schema);
  return (raw: unknown) => {
    const value: unknown = httpPart === 'body' ? raw : Value.Convert(schema, withPlus(raw));
    const unkept = httpPart === 'body' ? undefined : unkeptIn(raw);
    if (unkept !== undefined) {
      return { error: invalidInput(`${unkept} should have no NUL, and whole Unicode`, unkept) };
    }
    return check.Check(value) ? { value } : { error: flawOf(check, value) };
  };
};

/** `09:00:00+01:00` in a query that was not encoded comes as `09:00:00 01:00`. */
const withPlus = (raw: unknown): unknown =>
  typeof raw === 'object' && raw !== null
    ? Object.fromEntries(
        Object.entries(raw).map(([name, text]) => [
          name,
          typeof text === 'string' ? text.replace(LOST_PLUS, '$1+$2') : text,
        ]),
      )
    : raw;
const LOST_PLUS = /^(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d[\d:.]*) (\d\d:?\d\d)$/;

/** The field of a query or a path that Postgres can keep in no text; undefined: none. */
function unkeptIn(raw: unknown): string | undefined {
  if (typeof raw !== 'object' || raw === null) return undefined;
  return Object.entries(raw).find(
    ([, text]) => typeof text === 'string' && (text.includes('\u0000') || !isWellFormed(text)),
  )?.[0];
}

/** A check of one value, outside of a route. */
export function checkOf<T extends TSchema>(
  schema: T,
): (value: unknown) => { readonly value: Static<T> } | { readonly problem: Problem } {
  const check = Compile(schema);
  return (value) => (check.Check(value) ? { value } : { problem: flawOf(check, value) });
}

/** What is wrong, as a caller can act on it: which field, and what it should have been. */
function flawOf(check: Validator, value: unknown): Problem {
  const flaw: Flaw | undefined = check.Errors(value)[0];
  if (!flaw) return invalidInput('the request does not fit its schema');
  const schema = check.Type();
  // An unknown field is reported first as itself, which no schema fits.
  if (flaw.keyword === 'boolean') {
    const at = flaw.instancePath.lastIndexOf('/');
    const owner = flaw.schemaPath.slice(0, flaw.schemaPath.lastIndexOf('/'));
    const [name = ''] = partsOf(flaw.instancePath.slice(at));
    return unknownField(name, pathOf(flaw.instancePath.slice(0, at)), schemaAt(schema, owner));
  }
  const path = pathOf(flaw.instancePath);
  const owner = schemaAt(schema, flaw.schemaPath);
  const named = namesIn(flaw)[0];
  if (flaw.keyword === 'additionalProperties' && named !== undefined) {
    return unknownField(named, path, owner);
  }
  if (flaw.keyword === 'required' && named !== undefined) {
    const written = unknownIn(valueAt(value, flaw.instancePath), owner);
    const alike = written.find((one) => closest(one, [named]) !== undefined);
    const meant = alike === undefined ? '' : `; did you mean ${named} by ${short(alike)}?`;
    return invalidInput(`${inside(path, named)} is missing${meant}`, inside(path, named));
  }
  const given = valueAt(value, flaw.instancePath);
  return invalidInput(
    `${path || 'the body'} should be ${wordsFor(owner, given)}`,
    path || undefined,
  );
}

function unknownField(name: string, path: string, owner: unknown): Problem {
  const known = fieldsOf(owner);
  const field = short(inside(path, name));
  const fields = known.length === 0 ? 'it takes no fields' : `its fields are ${known.join(', ')}`;
  const of = path === '' ? 'this request' : path;
  return invalidInput(
    `${field} is not a field of ${of}; ${fields}${didYouMean(name, known)}`,
    field,
  );
}

/** The fields that a schema misses, or that it does not know. */
function namesIn({ params }: Flaw): readonly string[] {
  if ('additionalProperties' in params && Array.isArray(params.additionalProperties)) {
    return params.additionalProperties.map(String);
  }
  if ('requiredProperties' in params && Array.isArray(params.requiredProperties)) {
    return params.requiredProperties.map(String);
  }
  return [];
}

/** The parts of a pointer such as `/requests/3/reservationId`. */
const partsOf = (pointer: string): readonly string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
/** `/requests/3/reservationId` is `requests[3].reservationId`. */
const pathOf = (pointer: string): string =>
  partsOf(pointer).reduce(
    (path, part) => (/^\d+$/.test(part) ? `${path}[${part}]` : inside(path, part)),
    '',
  );
const inside = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);
/** What a caller wrote is said back in part only. */
const short = (text: string): string => (text.length > 100 ? `${text.slice(0, 100)}…` : text);

const fieldAt = (owner: unknown, name: string): unknown =>
  typeof owner === 'object' && owner !== null && Object.hasOwn(owner, name)
    ? Reflect.get(owner, name)
    : undefined;
const valueAt = (value: unknown, pointer: string): unknown =>
  partsOf(pointer).reduce(fieldAt, value);
/** The part of a schema that a flaw is about. */
const schemaAt = (schema: unknown, pointer: string): unknown =>
  valueAt(schema, pointer.replace(/^#/, ''));
const fieldsOf = (owner: unknown): readonly string[] =>
  Object.keys(Object(fieldAt(owner, 'properties')));
const unknownIn = (value: unknown, owner: unknown): readonly string[] =>
  Object.keys(Object(value)).filter((name) => !fieldsOf(owner).includes(name));
