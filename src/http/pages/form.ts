/** What a form sent: texts by name; anything else is as if it were not there. */
import type { Form } from './actions.js';

const TEXT_MAX = 4_000;

export function formOf(body: unknown): Form {
  if (typeof body !== 'object' || body === null) return {};
  return Object.fromEntries(
    Object.entries(body)
      .filter((entry): entry is [string, string] => typeof entry[1] === 'string')
      .map(([name, value]) => [name, value.trim().slice(0, TEXT_MAX)]),
  );
}
