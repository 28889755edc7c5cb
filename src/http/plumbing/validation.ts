/** Checks values by their schema; the error is `InvalidInput` and names the field. */
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

/** Checks the requests of every route by its schema; answers are not checked. */
export function addValidation(app: FastifyInstance): void {
  app.setValidatorCompiler(compiler);
  app.setSerializerCompiler(() => (answer) => JSON.stringify(answer));
}

/** Compiles a check. Numbers in a query or a path are text and are converted; a body is not. */
export const compiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const check = Compile(schema);
  return (raw: unknown) => {
    const value: unknown = httpPart === 'body' ? raw : Value.Convert(schema, withPlus(raw));
    const unstorable = httpPart === 'body' ? undefined : unstorableIn(raw);
    if (unstorable !== undefined) {
      return {
        error: invalidInput(
          `${unstorable} should be valid Unicode without NUL characters`,
          unstorable,
        ),
      };
    }
    return check.Check(value) ? { value } : { error: flawOf(check, value) };
  };
};

/** Restores the plus of `09:00:00+01:00`, which an unencoded query turns into a space. */
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

/** Returns the field of a query or a path that Postgres cannot store as text, if any. */
function unstorableIn(raw: unknown): string | undefined {
  if (typeof raw !== 'object' || raw === null) return undefined;
  return Object.entries(raw).find(
    ([, text]) => typeof text === 'string' && (text.includes('\u0000') || !isWellFormed(text)),
  )?.[0];
}

/** Returns a check of one value, for use outside of a route. */
export function checkOf<T extends TSchema>(
  schema: T,
): (value: unknown) => { readonly value: Static<T> } | { readonly problem: Problem } {
  const check = Compile(schema);
  return (value) => (check.Check(value) ? { value } : { problem: flawOf(check, value) });
}

/** Returns the first fault as a problem: the field, and what it should be. */
function flawOf(check: Validator, value: unknown): Problem {
  const flaw: Flaw | undefined = check.Errors(value)[0];
  if (!flaw) return invalidInput('the request does not match its schema');
  const schema = check.Type();
  // The first fault of an unknown field is its value, because no value is allowed.
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

/** Returns the fields that are missing, or that the schema does not have. */
function namesIn({ params }: Flaw): readonly string[] {
  if ('additionalProperties' in params && Array.isArray(params.additionalProperties)) {
    return params.additionalProperties.map(String);
  }
  if ('requiredProperties' in params && Array.isArray(params.requiredProperties)) {
    return params.requiredProperties.map(String);
  }
  return [];
}

/** Returns the parts of a pointer such as `/requests/3/reservationId`. */
const partsOf = (pointer: string): readonly string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
/** Returns `requests[3].reservationId` for `/requests/3/reservationId`. */
const pathOf = (pointer: string): string =>
  partsOf(pointer).reduce(
    (path, part) => (/^\d+$/.test(part) ? `${path}[${part}]` : inside(path, part)),
    '',
  );
const inside = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);
/** Shortens the text of a caller before it is repeated in an error. */
const short = (text: string): string => (text.length > 100 ? `${text.slice(0, 100)}…` : text);

const fieldAt = (owner: unknown, name: string): unknown =>
  typeof owner === 'object' && owner !== null && Object.hasOwn(owner, name)
    ? Reflect.get(owner, name)
    : undefined;
const valueAt = (value: unknown, pointer: string): unknown =>
  partsOf(pointer).reduce(fieldAt, value);
/** Returns the part of a schema that a fault is about. */
const schemaAt = (schema: unknown, pointer: string): unknown =>
  valueAt(schema, pointer.replace(/^#/, ''));
const fieldsOf = (owner: unknown): readonly string[] =>
  Object.keys(Object(fieldAt(owner, 'properties')));
const unknownIn = (value: unknown, owner: unknown): readonly string[] =>
  Object.keys(Object(value)).filter((name) => !fieldsOf(owner).includes(name));
