/**
 * Lists as CSV files: `?format=csv`. Rows are read in pages and sent as they come. The next page is
 * read only when the client has taken the page before, and a client that leaves ends the read. So a
 * file of any length needs the memory of a few pages, and holds no connection to Postgres.
 */
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { csvLine } from '../../domain/primitives/csv.js';
import { chosenOf, type Query, type Rows } from './paging.js';
import { invalidInput } from './problems.js';

export const csvQuery = {
  format: Type.Optional(
    Type.Enum(['json', 'csv'], {
      default: 'json',
      description: 'csv: a file with all rows that match, without pages.',
    }),
  ),
};

/** True if the request asks for a file; throws if it also asks for a page. */
export function isCsv(query: Query): boolean {
  if (query['format'] !== 'csv') return false;
  const page = ['limit', 'cursor'].find((name) => query[name] !== undefined);
  if (page === undefined) return true;
  throw invalidInput(`${page} should be absent with format=csv: the file has all rows`, page);
}

/** Rows that are read together, so that a file of any length needs little memory. */
const ROWS_AT_ONCE = 1_000;

type Source<P> = {
  readonly columns: readonly string[];
  /** Values that each row has in addition. */
  readonly more: object;
  /** Reads at most `limit` rows after that place, each with its own place. */
  readonly read: (after: P | null, limit: number) => Promise<Rows<P>>;
};

/**
 * Writes a CSV in parts: the header with the first rows, then each further page of rows when the
 * reader asks for it.
 */
export async function* partsOf<P>({ columns, more, read }: Source<P>): AsyncGenerator<string> {
  let after: P | null = null;
  let head = csvLine(columns);
  for (;;) {
    const rows: Rows<P> = await read(after, ROWS_AT_ONCE);
    const { found, scannedTo } = chosenOf(rows, ROWS_AT_ONCE);
    const lines = found.map(({ item }) => {
      const fields: { readonly [name: string]: unknown } = { ...more, ...item };
      return csvLine(columns.map((name) => fields[name]));
    });
    yield `${head}${lines.join('')}`;
    head = '';
    if (scannedTo === null) return;
    after = scannedTo;
  }
}

/** Sends the file. The first rows are read before the answer begins, so an error is a problem. */
export async function sendCsv<P>(
  request: FastifyRequest,
  reply: FastifyReply,
  { name, ...source }: Source<P> & { readonly name: string },
): Promise<FastifyReply> {
  const parts = partsOf(source);
  const first = await parts.next();
  void reply
    .header('content-type', 'text/csv; charset=utf-8; header=present')
    .header('content-disposition', `attachment; filename="${name.replaceAll(':', '_')}"`);
  // A HEAD would read all rows and send none.
  if (request.method === 'HEAD' || first.done === true) return reply.send('');
  return reply.send(Readable.from(joined(first.value, parts), { objectMode: false }));
}

async function* joined(first: string, rest: AsyncGenerator<string>): AsyncGenerator<string> {
  yield first;
  yield* rest;
}
