/** The text of a search, read at the edge. */
import { FOREIGN_MAX, isWellFormed } from '../primitives/ids.js';
import { PLAIN_TEXT_PATTERN, visible } from '../primitives/text.js';
import { valueBy, type TextRule } from './values.js';

/** Maximum characters of a search: no id is longer. */
export const SEARCH_MAX = FOREIGN_MAX;
const WORDS = `text of 1 to ${SEARCH_MAX} characters, not blank, without control characters`;
const RULE: TextRule = {
  type: 'string',
  pattern: PLAIN_TEXT_PATTERN,
  minLength: 1,
  maxLength: SEARCH_MAX,
};
const PLAIN_TEXT = new RegExp(PLAIN_TEXT_PATTERN, 'u');

/** Reads what is searched, without the blanks and invisible characters of copied text. */
export const searchText = valueBy(RULE, (raw) => {
  const isText =
    typeof raw === 'string' &&
    raw.length <= SEARCH_MAX &&
    isWellFormed(raw) &&
    PLAIN_TEXT.test(raw);
  const text = isText ? visible(raw.normalize('NFC')).trim() : '';
  return text === '' ? { shouldBe: WORDS } : { value: text };
});

/** How many results of each kind a search returns. */
export const SEARCH_LIMIT = 10;
export const SEARCH_LIMIT_MAX = 50;
