/** Schemas as checks: what does not fit is `InvalidInput` that names the field. */
import type { FastifyInstance, FastifySchemaCompiler } from 'fastify';
import type { Static, TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';
import { Value } from 'typebox/value';
import { isWellFormed } from '../domain/ids.js';
import { invalidInput, type Problem } from './problems.js';

type Flaw = {
  readonly keyword: string;
  readonly instancePath: string;
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
    const value: unknown = httpPart === 'body' ? raw : Value.Convert(schema, raw);
    const unkept = httpPart === 'body' ? undefined : unkeptIn(raw);
    if (unkept !== undefined) {
      return { error: invalidInput(`${unkept} should have no NUL, and whole Unicode`, unkept) };
    }
    return check.Check(value) ? { value } : { error: flawOf(check, value) };
  };
};

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

function flawOf(check: Validator, value: unknown): Problem {
  const flaw: Flaw | undefined = check.Errors(value)[0];
  if (!flaw) return invalidInput('the request does not fit its schema');
  const path = pathOf(flaw.instancePath);
  const named = namesIn(flaw)[0];
  if (flaw.keyword === 'additionalProperties' && named !== undefined) {
    const field = inside(path, named);
    return invalidInput(`${short(field)} is not a field of this request`, short(field));
  }
  if (flaw.keyword === 'required' && named !== undefined) {
    return invalidInput(`${inside(path, named)} is missing`, inside(path, named));
  }
  return invalidInput(`${path || 'the body'} ${flaw.message}`, path || undefined);
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

/** `/requests/3/reservationId` is `requests[3].reservationId`. */
const pathOf = (pointer: string): string =>
  pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((path, part) => (/^\d+$/.test(part) ? `${path}[${part}]` : inside(path, part)), '');
const inside = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);
/** What a caller wrote is said back in part only. */
const short = (text: string): string => (text.length > 100 ? `${text.slice(0, 100)}…` : text);
