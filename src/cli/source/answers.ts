/** Reads answers of the HTTP API. A server of another version may have more fields, not fewer. */
import { cursorOf } from '../../platform/cursor.js';
import { CliError, EXIT } from '../errors.js';
import type { Http, Query } from './http.js';

/** Maximum number of items that the server returns in one page. */
const PAGE_MAX = 200;

/** Returns the answer; throws if a field is missing, because then the versions differ. */
export function having<T extends object>(answer: unknown, names: readonly (keyof T & string)[]): T {
  if (hasAll<T>(answer, names)) return answer;
  const missing = names.filter((name) => !hasAll(answer, [name]));
  throw new CliError(
    EXIT.unreachable,
    'OtherVersion',
    `the answer of the server has no ${missing.join(', ')}: server and command line have ` +
      'different versions',
  );
}

const hasAll = <T extends object>(raw: unknown, names: readonly string[]): raw is T =>
  typeof raw === 'object' && raw !== null && names.every((name) => name in raw);

/** Returns only those fields, in that order. */
export function picked<T extends object>(one: T, names: readonly (keyof T & string)[]): T {
  const chosen: object = Object.fromEntries(names.map((name) => [name, one[name]]));
  return having<T>(chosen, names);
}

type Listed<T> = {
  readonly path: string;
  readonly query: object;
  readonly limit: number;
  /** The place of the last item of the page before; null for the first page. */
  readonly after: string | number | null;
  readonly has: readonly (keyof T & string)[];
};
type ListPage = { readonly items: readonly unknown[]; readonly next: string | null };

/** Reads up to `limit` items, page by page. */
export async function pages<T extends object>(
  http: Http,
  { path, query, limit, after, has }: Listed<T>,
): Promise<{ readonly items: readonly T[]; readonly hasMore: boolean }> {
  const items: T[] = [];
  let cursor = after === null ? null : cursorOf(after);
  for (;;) {
    const asked: Query = { ...query, limit: Math.min(PAGE_MAX, limit - items.length), cursor };
    const page = having<ListPage>(await http.get(path, asked), ['items', 'next']);
    items.push(...page.items.map((one) => having<T>(one, has)));
    cursor = page.next === null ? null : new URLSearchParams(page.next.split('?')[1]).get('cursor');
    if (cursor === null || items.length >= limit) return { items, hasMore: cursor !== null };
  }
}
