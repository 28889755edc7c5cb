/** Describes the values that a schema allows, for the error about any other value. */
import {
  FOREIGN_PATTERN,
  FOREIGN_WORDS,
  GROUP_PATTERN,
  GROUP_WORDS,
  OURS_PATTERN,
  OURS_WORDS,
} from '../../domain/primitives/ids.js';
import { ALERT_ID_PATTERN } from '../../domain/wire/alertOrder.js';
import { WALL_CLOCK_PATTERN } from '../../domain/wire/settingText.js';
import { didYouMean } from '../../domain/primitives/spelling.js';
import { PLAIN_TEXT_PATTERN } from '../../domain/primitives/text.js';
import { INSTANT_PATTERN, INSTANT_WORDS } from '../../domain/primitives/time.js';

/** The patterns of text that have a description. */
const PATTERNS: ReadonlyMap<unknown, string> = new Map([
  [OURS_PATTERN, OURS_WORDS],
  [FOREIGN_PATTERN, FOREIGN_WORDS],
  [GROUP_PATTERN, GROUP_WORDS],
  [INSTANT_PATTERN, INSTANT_WORDS],
  [ALERT_ID_PATTERN, 'the number of an alert, such as 17'],
]);

/** Returns a description of the allowed values that completes `should be …`. */
export function wordsFor(schema: unknown, given: unknown): string {
  const rule: { readonly [keyword: string]: unknown } = Object(schema);
  const words = rule['enum'];
  if (Array.isArray(words)) {
    const meant = typeof given === 'string' ? didYouMean(given, words.map(String)) : '';
    return `one of ${words.join(', ')}${meant}`;
  }
  if ('const' in rule) return JSON.stringify(rule['const']);
  switch (rule['type']) {
    case 'boolean':
      return 'true or false';
    case 'integer':
    case 'number':
      return `a whole number${between(rule['minimum'], rule['maximum'])}`;
    case 'array': {
      const each = rule['uniqueItems'] === true ? ', each once' : '';
      return `a list${between(rule['minItems'], rule['maxItems'])}${each}`;
    }
    case 'object': {
      const fields = Object.keys(Object(rule['properties']));
      return fields.length === 0 ? 'a JSON object' : `an object of ${fields.join(', ')}`;
    }
    case 'string':
      return textFor(rule);
    default:
      return 'as its schema in /openapi.json';
  }
}

function textFor(rule: { readonly [keyword: string]: unknown }): string {
  const { pattern, minLength, maxLength, examples } = rule;
  const known = PATTERNS.get(pattern);
  if (known !== undefined) return known;
  if (pattern === PLAIN_TEXT_PATTERN) {
    return `text${between(minLength, maxLength)} characters, without control characters`;
  }
  const [example] = Array.isArray(examples) ? examples : [];
  const such = typeof example === 'string' ? ` such as ${example}` : '';
  if (pattern === WALL_CLOCK_PATTERN) return `a local time${such}`;
  const long = between(minLength, maxLength);
  return `text${long === '' ? '' : `${long} characters`}${such}`;
}

function between(least: unknown, most: unknown): string {
  if (typeof least === 'number' && typeof most === 'number') return ` from ${least} to ${most}`;
  if (typeof least === 'number') return ` of at least ${least}`;
  return typeof most === 'number' ? ` of at most ${most}` : '';
}
