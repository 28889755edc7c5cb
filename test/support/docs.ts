/** Reads commands, tables and shapes of answers from documents. */

/** Returns the lines of all `sh` blocks that begin with that word. */
export const commandsIn = (text: string, word: string): readonly string[] =>
  [...text.matchAll(/```sh\n([\s\S]*?)```/g)]
    .flatMap(([, block = '']) => block.split('\n'))
    .filter((line) => line.startsWith(`${word} `));

/** Returns each heading `### <word> …` with the JSON of its section. */
export const shapesIn = (text: string, word: string): readonly (readonly [string, unknown])[] =>
  [...text.matchAll(/\n### (.*)\n\n```json\n([\s\S]*?)```/g)]
    .filter(([, heading = '']) => heading.startsWith(`${word} `))
    .map(([, heading = '', json = '']) => [heading, JSON.parse(json)]);

/**
 * Returns where an answer has another shape than the document: names and types. A null in the
 * document allows any value, an empty object any details and an empty list any items. The first item
 * of a list stands for all.
 */
export function unlike(shown: unknown, found: unknown, at = ''): readonly string[] {
  if (shown === null || found === null) return [];
  if (Array.isArray(shown) && Array.isArray(found)) {
    return shown.length === 0 || found.length === 0 ? [] : unlike(shown[0], found[0], `${at}[0]`);
  }
  if (typeof shown !== 'object' || typeof found !== 'object') {
    return typeof shown === typeof found ? [] : [`${at}: ${typeof found}`];
  }
  const known = new Map<string, unknown>(Object.entries(shown));
  if (known.size === 0) return [];
  const documented = new Map<string, unknown>(Object.entries(found));
  return [
    ...[...known.keys()]
      .filter((name) => !documented.has(name))
      .map((name) => `${at}.${name} is missing`),
    ...[...documented].flatMap(([name, value]) =>
      known.has(name)
        ? unlike(known.get(name), value, `${at}.${name}`)
        : [`${at}.${name} is not in the document`],
    ),
  ];
}
