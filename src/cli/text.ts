/** Text of instants, ages and counts: always in UTC, and always with the unit. */
import { parseInstant, type Instant } from '../domain/primitives/time.js';

export { away, clock, counted, span, when } from '../domain/primitives/clockWords.js';

/** Reads an instant that one of our own programs wrote. */
export const instantOf = (text: string): Instant => parseInstant(text) ?? Number.NaN;
export const instantOrNull = (text: string | null): Instant | null =>
  text === null ? null : instantOf(text);

/** `2,345`; the same on every machine, whatever its locale. */
export const thousands = (count: number): string =>
  String(count).replaceAll(/\B(?=(\d{3})+(?!\d))/g, ',');

/** Breaks a text into lines of at most `width` characters; later lines are indented by two. */
export function wrapped(text: string, width: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join('\n  ');
}

/** Breaks a text into lines of at most `width` characters, all of them from the left edge. */
export const flush = (text: string, width: number): string =>
  wrapped(text, width).replaceAll('\n  ', '\n');

/** Returns the line below a list that has more rows than it shows. */
export const cutText = (limit: number, noun: string): string =>
  `only ${thousands(limit)} ${noun} are shown: a higher --limit shows more`;
