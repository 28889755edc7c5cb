/**
 * The public API of `safeband/client` as text: its exports and all types that they use, from the
 * declarations that the compiler writes. The text has no comments and no private members, and its
 * order is alphabetical, so it changes only if the API changes.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { format, resolveConfig } from 'prettier';

const HOME = fileURLToPath(new URL('../../..', import.meta.url));

/** Where a name is declared: in a file of this project, or in a package. */
type Origin = { readonly from: string; readonly name: string };
type Module = {
  /** Each declaration's text by its name; a function that is overloaded has several. */
  readonly declared: ReadonlyMap<string, string>;
  readonly imported: ReadonlyMap<string, Origin>;
  /** The names that the module exports: its own, or those of another file. */
  readonly exported: ReadonlyMap<string, Origin>;
};

/** Returns the report as a Markdown page. */
export async function clientApi(): Promise<string> {
  const out = await mkdtemp(path.join(tmpdir(), 'safeband-api-'));
  try {
    const tsc = path.join(HOME, 'node_modules', 'typescript', 'bin', 'tsc');
    const project = path.join(import.meta.dirname, 'tsconfig.json');
    await promisify(execFile)(process.execPath, [tsc, '-p', project, '--outDir', out]);
    return await page(path.join(out, 'client', 'index.d.ts'));
  } finally {
    await rm(out, { recursive: true });
  }
}

async function page(index: string): Promise<string> {
  const { exported } = await moduleIn(index);
  const names = [...exported]
    .map(([name, origin]) => (name === origin.name ? name : `${origin.name} as ${name}`))
    .toSorted();
  const found = await declarationsOf([...exported.values()]);
  const head = `# What safeband/client exports

\`npm run api\` generates this page from the code, and a test compares the two. A change of this page is a change for the programs
that use the client, so describe it in the changelog.`;
  const blocks = [`export { ${names.join(', ')} };`, ...found];
  const text = `${head}\n\n\`\`\`ts\n${blocks.join('\n\n')}\n\`\`\`\n`;
  const config = await resolveConfig(path.join(HOME, 'docs', 'page.md'));
  return format(text, { ...config, parser: 'markdown' });
}

/** Returns the declarations of these names and of all names that they use; packages are first. */
async function declarationsOf(wanted: readonly Origin[]): Promise<readonly string[]> {
  const packages = new Set<string>();
  const texts = new Map<string, string>();
  const visited = new Set<string>();
  const queue = [...wanted];
  for (let next = queue.pop(); next; next = queue.pop()) {
    const key = `${next.name} ${next.from}`;
    if (visited.has(key)) continue;
    visited.add(key);
    if (!path.isAbsolute(next.from)) {
      packages.add(`import type { ${next.name} } from '${next.from}';`);
      continue;
    }
    const found = await moduleIn(next.from);
    const reexported = found.imported.get(next.name) ?? found.exported.get(next.name);
    const text = found.declared.get(next.name);
    if (text === undefined && reexported) queue.push(reexported);
    if (text === undefined) continue;
    texts.set(key, text);
    queue.push(...namesIn(text, next.from, found));
  }
  const inOrder = [...texts].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text);
  const imports = [...packages].toSorted().join('\n');
  return imports === '' ? inOrder : [imports, ...inOrder];
}

const INLINE = /import\("([^"]+)"\)\.(\w+)/g;
/** A word before a colon is the name of a field or a parameter, not a type. */
const FIELD = /[\w$]+\??:/g;

function namesIn(text: string, file: string, { declared, imported }: Module): readonly Origin[] {
  const inline = [...text.matchAll(INLINE)].map(([, from = '', name = '']) => ({
    from: placeOf(file, from),
    name,
  }));
  const words = new Set(
    text
      .replaceAll(INLINE, '')
      .replaceAll(FIELD, '')
      .match(/[\w$]+/g),
  );
  const own = [...words].flatMap((name): readonly Origin[] => {
    const origin = imported.get(name);
    if (origin) return [origin];
    return declared.has(name) ? [{ from: file, name }] : [];
  });
  return [...inline, ...own];
}

const placeOf = (file: string, from: string): string =>
  from.startsWith('.') ? path.resolve(path.dirname(file), from.replace(/\.js$/, '.d.ts')) : from;

const COMMENT = /^[ \t]*\/\*\*[^]*?\*\/\n|\/\/.*$/gm;
const PRIVATE = /^[ \t]*(?:#private|private .*);\n/gm;
const LIST = /^(import|export)(?: type)? \{([^}]*)\}(?: from ['"]([^'"]+)['"])?;$/;
const DECLARED =
  /^(?:export )?(?:declare )?(?:abstract )?(?:type|interface|class|function|const|enum) ([\w$]+)/;

const read = new Map<string, Promise<Module>>();
function moduleIn(file: string): Promise<Module> {
  const known = read.get(file);
  if (known) return known;
  const parsed = readFile(file, 'utf8').then((text) => parse(text, file));
  read.set(file, parsed);
  return parsed;
}

function parse(text: string, file: string): Module {
  const declared = new Map<string, string>();
  const imported = new Map<string, Origin>();
  const exported = new Map<string, Origin>();
  for (const statement of statementsIn(text.replaceAll(COMMENT, '').replaceAll(PRIVATE, ''))) {
    const [, verb, list = '', from] = LIST.exec(statement.replaceAll('\n', ' ')) ?? [];
    const [, name] = DECLARED.exec(statement) ?? [];
    if (name !== undefined) {
      const plain = statement.replace(/^(?:export )?(?:declare )?/, '');
      declared.set(name, declared.has(name) ? `${declared.get(name)}\n${plain}` : plain);
    }
    for (const item of list.split(',')) {
      const [was = '', as] = item
        .replace(/^\s*type /, '')
        .trim()
        .split(' as ');
      if (was === '') continue;
      const place = from === undefined ? file : placeOf(file, from);
      if (verb === 'import') imported.set(as ?? was, { from: place, name: was });
      if (verb === 'export') exported.set(as ?? was, { from: place, name: was });
    }
  }
  return { declared, imported, exported };
}

/** The beginning of a statement that ends with a bracket; other statements end with a semicolon. */
const BLOCK = /^(?:export )?(?:declare )?(?:abstract )?(?:class|interface|enum|namespace) /;

function statementsIn(text: string): readonly string[] {
  const statements: string[] = [];
  let lines: string[] = [];
  let depth = 0;
  for (const line of text.split('\n').filter((one) => one.trim() !== '')) {
    lines.push(line);
    for (const character of line) {
      if ('{(['.includes(character)) depth += 1;
      if ('})]'.includes(character)) depth -= 1;
    }
    if (depth > 0 || !(line.endsWith(';') || (line.endsWith('}') && BLOCK.test(lines[0] ?? ''))))
      continue;
    statements.push(lines.join('\n'));
    lines = [];
  }
  return statements;
}
