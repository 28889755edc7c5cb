/**
 * Text that people write, and text that people read on a terminal. A control character in a reason
 * could clear the terminal of the person who lists reasons, or write a forged line there.
 */

/** Maximum characters of a reason, of an actor, and of LinkedIn's text about a failure. */
export const REASON_MAX = 512;
export const ACTOR_MAX = 128;
export const CODE_MAX = 512;

/** Line breaks and tabs: each becomes a blank, so a text of several lines becomes one line. */
const BREAKS = /[\t\n\v\f\r\u0085\u2028\u2029]+/g;
/** Characters that control a terminal (C0, DEL, C1), and those that reverse the reading order. */
const STEERING = ['\\u0000-\\u0008', '\\u000e-\\u001f', '\\u007f-\\u0084', '\\u0086-\\u009f'];
const TURNING = ['\\u202a-\\u202e', '\\u2066-\\u2069'];
const REFUSED = `${STEERING.join('')}${TURNING.join('')}`;
const IS_REFUSED = new RegExp(`[${REFUSED}]`);
const ALL_REFUSED = new RegExp(`[${REFUSED}]`, 'g');

/** The rule of such a text without its length, as a regular expression (`u`) for a JSON Schema. */
export const PLAIN_TEXT_PATTERN = `^(?=[\\s\\S]*[^\\s\\u0085])[^${REFUSED}\\ud800-\\udfff]+$`;

/** True if the text can be shown to a person without changes. */
export const isPlain = (text: string): boolean => !IS_REFUSED.test(text);

/** Returns the text as one line, without characters that control a terminal. */
export const cleaned = (text: string): string =>
  text.replaceAll(BREAKS, ' ').replaceAll(ALL_REFUSED, '').trim();

/** Marks of direction and characters without width: they make two texts look the same. */
const UNSEEN = [
  '\\u00ad\\u061c\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f',
  '\\ufeff\\ufff9-\\ufffb\\u{e0000}-\\u{e007f}',
].join('');
const ALL_UNSEEN = new RegExp(`[${UNSEEN}]`, 'gu');
const CONTROLS_BUT_LINES = '\\u0000-\\u0009\\u000b-\\u001f\\u007f-\\u009f';
const HIDDEN_BUT_LINES = new RegExp(`[${CONTROLS_BUT_LINES}${UNSEEN}]`, 'gu');
const HIDDEN = new RegExp(`[\\n${CONTROLS_BUT_LINES}${UNSEEN}]`, 'gu');

/** Returns the text without its invisible characters. */
export const visible = (text: string): string => text.replaceAll(ALL_UNSEEN, '');

/** Escapes characters as JSON does: `\n`, `\u001b`. */
const escaped = (character: string): string =>
  [...Array(character.length).keys()]
    .map((i) => SHORT[character.charAt(i)] ?? hex(character.charCodeAt(i)))
    .join('');
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const hex = (unit: number): string => `\\u${unit.toString(16).padStart(4, '0')}`;

/** Returns a value as a terminal may print it: on one line, invisible characters escaped. */
export const shown = (text: string): string => text.replaceAll(HIDDEN, escaped);

/** Returns Safeband's own lines as a terminal may print them: line breaks stay. */
export const shownLines = (text: string): string => text.replaceAll(HIDDEN_BUT_LINES, escaped);
