/** Close spellings: which of the known words a caller probably meant. */

/** `chatID`, `chat_id` and `Chat-Id` are one word. */
const plain = (word: string): string => word.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
/** Maximum characters of a word that is compared: a longer word is no misspelling. */
const WORD_MAX = 64;
/** Maximum wrong letters; a short word has fewer: a third of its length. */
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

/** Returns `; did you mean chatId?`, or an empty text if no known word is close. */
export function didYouMean(written: string, known: readonly string[]): string {
  const word = closest(written, known);
  return word === undefined ? '' : `; did you mean ${word}?`;
}

/** Returns how many letters must be changed, added or removed (Levenshtein). */
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
