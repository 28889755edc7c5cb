/**
 * Pages: `?limit=50&cursor=…`, and `next`, the address of the next page. A cursor is the place of
 * the last item, so that new rows neither hide nor repeat an item. Callers pass the cursor back
 * unchanged.
 */
import { Type, type Static, type TSchema } from 'typebox';
import { cursorOf } from '../../platform/cursor.js';
import { isDataError, invalidInput } from './problems.js';
import { checkOf } from './validation.js';

const LIMIT_DEFAULT = 50;
const LIMIT_MAX = 200;

export const pageQuery = {
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: LIMIT_MAX,
      default: LIMIT_DEFAULT,
      description: 'Maximum number of items.',
    }),
  ),
  cursor: Type.Optional(
    Type.String({ maxLength: 2_000, description: 'The cursor in `next` of the page before.' }),
  ),
};
export const pageOf = <T extends TSchema>(item: T) =>
  Type.Object(
    {
      items: Type.Array(item),
      next: Type.Union([Type.String(), Type.Null()], {
        description: 'The address of the next page; null on the last page.',
      }),
    },
    { additionalProperties: false },
  );

export type Query = { readonly [name: string]: string | number | undefined };
/** Returns a filter of the query as text; null if it is absent. */
export const textIn = (query: Query, name: string): string | null =>
  query[name] === undefined ? null : `${query[name]}`;
export type Placed<P, T extends object = object> = { readonly item: T; readonly place: P };
/** Rows that a filter of the program chose: few of them, although more rows follow. */
export type Chosen<P, T extends object = object> = {
  readonly found: readonly Placed<P, T>[];
  /** The place of the last row that was read; null: no row follows. */
  readonly scannedTo: P | null;
};
/** Rows after a place: fewer than asked for only at the end of the list, or with `scannedTo`. */
export type Rows<P, T extends object = object> = readonly Placed<P, T>[] | Chosen<P, T>;
/** Returns the rows, and the place where the next read begins; null: no row follows. */
export function chosenOf<P, T extends object>(rows: Rows<P, T>, limit: number): Chosen<P, T> {
  if ('found' in rows) return rows;
  return { found: rows, scannedTo: rows.length < limit ? null : (rows.at(-1)?.place ?? null) };
}
export type Page<T extends object = object> = {
  readonly items: readonly T[];
  readonly next: string | null;
};

/** Reads one page; returns it with the address of the next page. */
export async function readPage<P extends TSchema, T extends object>(asked: {
  /** Path and query of this page. */
  readonly path: string;
  readonly query: Query;
  readonly place: P;
  readonly read: (after: Static<P> | null, limit: number) => Promise<Rows<Static<P>, T>>;
}): Promise<Page<T>> {
  const { path, query, place, read } = asked;
  const limit = Number(query['limit'] ?? LIMIT_DEFAULT);
  const after = query['cursor'] === undefined ? null : placeIn(place, String(query['cursor']));
  const rows = await read(after, limit + 1).catch((error: unknown) => {
    throw after !== null && isDataError(error) ? badCursor() : error;
  });
  const { found, scannedTo } = chosenOf(rows, limit + 1);
  const shown = found.slice(0, limit);
  const to = found.length > limit ? (shown.at(-1)?.place ?? null) : scannedTo;
  return {
    items: shown.map(({ item }) => item),
    next: to === null ? null : `${path}?${paramsOf(query, to)}`,
  };
}

const badCursor = () =>
  invalidInput('cursor should be the unchanged cursor in next of the page before', 'cursor');

function placeIn<P extends TSchema>(schema: P, cursor: string): Static<P> {
  const found = checkOf(schema)(decoded(cursor));
  if ('problem' in found) throw badCursor();
  return found.value;
}

function decoded(cursor: string): unknown {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return value;
  } catch {
    throw badCursor();
  }
}

function paramsOf(query: Query, place: unknown): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && name !== 'cursor') params.set(name, String(value));
  }
  params.set('cursor', cursorOf(place));
  return params.toString();
}
