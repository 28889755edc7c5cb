/**
 * Text that people write, and text that people read on a terminal. A control character in a reason
 * moves the cursor of the person who lists reasons: it clears the screen, or writes a forged line.
 */

/** Maximum characters of a reason, of an actor, and of what LinkedIn said about a failure. */
export const REASON_MAX = 512;
export const ACTOR_MAX = 128;
export const CODE_MAX = 512;

/** Breaks of lines and tabs: each becomes a blank, so a text of several lines is one line. */
const BREAKS = /[\t\n\v\f\r\u0085\u2028\u2029]+/g;
/** What steers a terminal (C0, DEL, C1), and what turns the order of letters round. */
const STEERING = ['\\u0000-\\u0008', '\\u000e-\\u001f', '\\u007f-\\u0084', '\\u0086-\\u009f'];
const TURNING = ['\\u202a-\\u202e', '\\u2066-\\u2069'];
const REFUSED = `${STEERING.join('')}${TURNING.join('')}`;
const IS_REFUSED = new RegExp(`[${REFUSED}]`);
const ALL_REFUSED = new RegExp(`[${REFUSED}]`, 'g');

/** The rule of such a text but its length, as a JSON Schema says it (a regular expression, `u`). */
export const PLAIN_TEXT_PATTERN = `^(?=[\\s\\S]*[^\\s\\u0085])[^${REFUSED}\\ud800-\\udfff]+$`;

/** True if nothing in the text has to be taken out before a person reads it. */
export const isPlain = (text: string): boolean => !IS_REFUSED.test(text);

/** Returns the text as one line, without characters that steer a terminal. */
export const cleaned = (text: string): string =>
  text.replaceAll(BREAKS, ' ').replaceAll(ALL_REFUSED, '').trim();

/** Marks of direction, and what has no width: two texts that look alike are to be told apart. */
const UNSEEN = [
  '\\u00ad\\u061c\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f',
  '\\ufeff\\ufff9-\\ufffb\\u{e0000}-\\u{e007f}',
].join('');
const ALL_UNSEEN = new RegExp(`[${UNSEEN}]`, 'gu');
const CONTROLS_BUT_LINES = '\\u0000-\\u0009\\u000b-\\u001f\\u007f-\\u009f';
const HIDDEN_BUT_LINES = new RegExp(`[${CONTROLS_BUT_LINES}${UNSEEN}]`, 'gu');
const HIDDEN = new RegExp(`[\\n${CONTROLS_BUT_LINES}${UNSEEN}]`, 'gu');

/** Returns the text without what nobody sees. */
export const seen = (text: string): string => text.replaceAll(ALL_UNSEEN, '');

/** As JSON escapes it: `\n`, `\u001b`. */
const escaped = (character: string): string =>
  [...Array(character.length).keys()]
    .map((i) => SHORT[character.charAt(i)] ?? hex(character.charCodeAt(i)))
    .join('');
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const hex = (unit: number): string => `\\u${unit.toString(16).padStart(4, '0')}`;

/** Returns a value as a terminal may print it: on one line, and with nothing that is not seen. */
export const shown = (text: string): string => text.replaceAll(HIDDEN, escaped);

/** Returns lines of ours as a terminal may print them: only the ends of lines stay. */
export const shownLines = (text: string): string => text.replaceAll(HIDDEN_BUT_LINES, escaped);
