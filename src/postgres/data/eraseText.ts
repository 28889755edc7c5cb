/** Free text that may have an id of an erased person (R29): where it is, and how ids are found. */
import { bareMemberId } from '../../domain/primitives/linkedinId.js';

/** Shorter ids would be found in words and numbers of free text. */
const TEXT_MIN = 6;

/** Texts and JSON that may name a person. */
export const FREE_TEXT: readonly (readonly [
  table: string,
  column: string,
  kind: 'text' | 'json',
])[] = [
  ['alerts', 'details', 'json'],
  ['alert_actions', 'reason', 'text'],
  ['account_changes', 'reason', 'text'],
  ['account_changes', 'details', 'json'],
  ['corrections', 'explanation', 'json'],
  ['reconciler_runs', 'explanation', 'json'],
  ['account_history', 'hold_reason', 'text'],
  ['brakes', 'engaged_reason', 'text'],
  ['brakes', 'released_reason', 'text'],
  ['orders', 'reason', 'text'],
  ['orders', 'stop_reason', 'text'],
  ['order_accounts', 'error', 'text'],
  ['access_changes', 'details', 'json'],
  ['waiting', 'reply_to', 'json'],
  ['webhook_events', 'data', 'json'],
  ['webhook_deliveries', 'answer', 'text'],
  ['webhook_deliveries', 'error', 'text'],
  ['shares', 'label', 'text'],
];

/** Returns a pattern that finds the ids as whole words; null: it cannot find one of them. */
export function patternOf(ids: readonly string[]): {
  readonly pattern: string | null;
  readonly notSearched: number;
} {
  const isFound = (id: string): boolean => id.length >= TEXT_MIN && !/^\d+$/.test(id);
  const all = [...new Set([...ids, ...ids.map(bareMemberId)])];
  const words = all
    .filter(isFound)
    .toSorted((a, b) => b.length - a.length)
    .map((id) => id.replaceAll(/[!-/:-@[-^`{-~]/g, String.raw`\$&`));
  const pattern = words.length === 0 ? null : `(?<![\\w-])(?:${words.join('|')})(?![\\w-])`;
  return { pattern, notSearched: all.length - words.length };
}

/** Returns the statement that replaces the ids in a column. */
export const textOf = (table: string, column: string, kind: 'text' | 'json'): string =>
  kind === 'text'
    ? `update safeband.${table} set ${column} = regexp_replace(${column}, $1::text, $2::text, 'gi')
        where ${column} ~* $1::text`
    : `update safeband.${table} set ${column} = safeband.erased_json(${column}, $1::text, $2::text)
        where ${column}::text ~* $1::text`;

/** The answer of the last reconcile. The time of writing changes, so that it is no manual edit. */
export const LAST_RUN = `
  update safeband.accounts
     set last_run = safeband.erased_json(last_run, $1::text, $2::text),
         recorded_at = clock_timestamp()
   where last_run::text ~* $1::text and not is_edited`;
