/** Close spellings: which of the known words a caller has probably meant. */

/** `chatID`, `chat_id` and `Chat-Id` are one word. */
const plain = (word: string): string => word.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
/** Longer words are no misspelling of ours. */
const WORD_MAX = 64;
/** Maximum number of letters that are wrong, for words that are not short. */
const WRONG_MAX = 2;

/** Returns the known word that is closest to the written one; undefined if none is close. */
export function closest(written: string, known: readonly string[]): string | undefined {
  if (written.length > WORD_MAX) return undefined;
  const word = plain(written);
  const wrong = Math.min(WRONG_MAX, Math.floor(word.length / 3));
  const near = known
    .map((one) => ({ one, distance: distance(word, plain(one)) }))
    .filter((found) => found.distance <= wrong);
  return near.toSorted((a, b) => a.distance - b.distance)[0]?.one;
}

/** `; did you mean chatId?`, or nothing. */
export function didYouMean(written: string, known: readonly string[]): string {
  const word = closest(written, known);
  return word === undefined ? '' : `; did you mean ${word}?`;
}

/** How many letters have to be changed, added or left out (Levenshtein). */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, n) => n);
  for (const [i, letter] of one.split('').entries()) {
    const next = [i + 1];
    for (const [j, expected] of other.split('').entries()) {
      const changed = (row[j] ?? 0) + (letter === expected ? 0 : 1);
      next.push(Math.min(changed, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
