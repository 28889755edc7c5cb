/** The prose of a file: its comments and its texts for people, at their places in the file. */

const STRING = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/y;
const LINE_COMMENT = /\/\/[^\n]*/y;
const BLOCK_COMMENT = /\/\*[\s\S]*?\*\//y;
const REGEX = /\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/y;
const TEMPLATE_TEXT = /(?:\\[\s\S]|\$(?!\{)|[^`\\$])*/y;
/** Characters before a regular expression, but not before a division. */
const BEFORE_REGEX = /(?:^|[(,=:[!&|?{};+>]|\breturn)\s*$/;
const JSX_TEXT = /(?<=(?<!=)>|\})[^<>{}=;()]+(?=[<{])/g;

/** Returns a text with every letter replaced, so that places and lines stay. */
const masked = (text: string): string => text.replaceAll(/\S/g, '\u0001');
const blank = (text: string): string => ' '.repeat(text.length);

/** Masks code spans and quoted names of fields, which are not prose. */
const withoutCode = (text: string): string =>
  text.replaceAll(/`[^`]*`|"[\w.-]+"/g, (span) => masked(span));
/** Returns a comment without its marks, because a phrase may continue on the next line. */
const comment = (text: string): string =>
  withoutCode(text.replaceAll(/^\s*(?:\/\/|\/?\*+\/?|--)|\*+\/$/gm, blank));
/** Masks a text of one word, because it is a name, a path or a value. */
const literal = (text: string): string =>
  /\S\s+\S/.test(text) ? withoutCode(text.replaceAll('\\n', '  ')) : masked(text);

/** Reads TypeScript from one place on, and returns what a piece of it is as prose. */
function piece(text: string, at: number): readonly [end: number, prose: string] | undefined {
  const read = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  const note = read(LINE_COMMENT) ?? read(BLOCK_COMMENT);
  if (note) return [at + note.length, comment(note)];
  const quoted = read(STRING);
  if (quoted) return [at + quoted.length, literal(quoted)];
  if (text[at] !== '/' || !BEFORE_REGEX.test(text.slice(Math.max(0, at - 40), at)))
    return undefined;
  const pattern = read(REGEX);
  return pattern ? [at + pattern.length, masked(pattern)] : undefined;
}

/** Returns the prose of TypeScript. Each `${` leaves a template, and its end enters it again. */
function typeScriptProse(text: string): string {
  const parts: string[] = [];
  const open: number[] = []; // the depth of braces at which each template goes back to its text
  let depth = 0;
  const template = (from: number): number => {
    TEMPLATE_TEXT.lastIndex = from;
    const body = TEMPLATE_TEXT.exec(text)?.[0] ?? '';
    const leaves = text.startsWith('${', from + body.length);
    parts.push(
      /\s/.test(body) ? withoutCode(body) : masked(body),
      leaves ? '\u0001\u0001' : '\u0001',
    );
    if (leaves) open.push(depth);
    return from + body.length + (leaves ? 2 : 1);
  };
  for (let at = 0; at < text.length;) {
    const letter = text.charAt(at);
    const known = piece(text, at);
    if (known) {
      parts.push(known[1]);
      at = known[0];
      continue;
    }
    parts.push(masked(letter));
    at += 1;
    if (letter === '`') at = template(at);
    else if (letter === '{') depth += 1;
    else if (letter === '}' && open.at(-1) === depth) {
      open.pop();
      at = template(at);
    } else if (letter === '}') depth -= 1;
  }
  return parts.join('');
}

/** Returns the text between the tags of JSX. */
function withJsxText(text: string, prose: string): string {
  let result = prose;
  for (const { 0: words, index } of text.matchAll(JSX_TEXT))
    result = `${result.slice(0, index)}${words}${result.slice(index + words.length)}`;
  return result;
}

const sqlProse = (text: string): string =>
  text
    .split('\n')
    .map((line) => {
      const start = line.indexOf('--');
      return start < 0
        ? masked(line)
        : `${masked(line.slice(0, start))}${comment(line.slice(start))}`;
    })
    .join('\n');

/** Returns Markdown without fences, code spans and addresses. */
const markdownProse = (text: string): string =>
  text
    .replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, masked)
    .replaceAll(/`[^`]*`|\]\([^)\s]*\)|<[^>\n]+>/g, masked);

/** Returns a text of the same length and lines in which everything but prose is masked. */
export function proseOf(name: string, text: string): string {
  if (name.endsWith('.md')) return markdownProse(text);
  if (name.endsWith('.sql')) return sqlProse(text);
  const prose = typeScriptProse(text);
  return name.endsWith('.tsx') ? withJsxText(text, prose) : prose;
}
