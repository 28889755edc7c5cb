/**
 * Makes the package `safeband` that a pipeline installs: the compiled client, the durable send and
 * the adapters, with the files that they import, and nothing of the server. `npm run pack:client`.
 *
 * p-limit is packed inside (`bundleDependencies`), so that a pipeline installs only packages of
 * Temporal. These are peers: the package must use the same copies as the pipeline's own client and
 * worker, because a workflow with two copies of the SDK does not run.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const IMPORT = /(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g;
const LIMITER = 'p-limit';
const BUNDLED: readonly string[] = [LIMITER, 'yocto-queue'];

type Entry = { readonly types: string; readonly default: string };
type Manifest = {
  readonly version: string;
  readonly engines: object;
  /** What a pipeline may import: the same as what the repository exports. */
  readonly exports: Readonly<Record<string, string | Entry>>;
  readonly dependencies: Readonly<Record<string, string>>;
};

/** Writes the package into `folder`, from the sources compiled in `dist`; returns its tarball. */
export async function packClient(folder: string, dist: string): Promise<string> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const root: Manifest = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8'));
  const exported = exportsOf(root);
  const { files, packages } = await closureOf(dist, Object.values(exported));
  for (const file of files) await cp(path.join(dist, file), path.join(folder, file));
  for (const name of BUNDLED) {
    const from = path.join(ROOT, 'node_modules', name);
    await cp(from, path.join(folder, 'node_modules', name), { recursive: true });
  }
  await cp(path.join(ROOT, 'LICENSE'), path.join(folder, 'LICENSE'));
  await cp(path.join(ROOT, 'clients/typescript/README.md'), path.join(folder, 'README.md'));
  const manifest = JSON.stringify(manifestOf(root, exported, packages), undefined, 2);
  await writeFile(path.join(folder, 'package.json'), `${manifest}\n`);
  const pack = ['pack', '--silent', '--pack-destination', folder];
  const { stdout } = await promisify(execFile)('npm', pack, { cwd: folder });
  return path.join(folder, stdout.trim());
}

/** Returns the modules of the package, whose files are at its top and not in `dist`. */
const exportsOf = ({ exports }: Manifest): Readonly<Record<string, Entry>> =>
  Object.fromEntries(
    Object.entries(exports).flatMap(([name, entry]) => {
      if (typeof entry === 'string') return [];
      const [types, code] = [entry.types, entry.default].map((file) =>
        file.replace('./dist/', './'),
      );
      return types && code ? [[name, { types, default: code }]] : [];
    }),
  );

/** Returns the files that the entries import, and the packages that these files import. */
async function closureOf(dist: string, entries: readonly Entry[]) {
  const files = new Set<string>();
  const packages = new Set<string>();
  const walk = async (file: string): Promise<void> => {
    if (files.has(file)) return;
    files.add(file);
    const text = await readFile(path.join(dist, file), 'utf8');
    for (const [, name = ''] of text.matchAll(IMPORT)) {
      if (name.startsWith('.')) {
        const next = path.join(path.dirname(file), name);
        await walk(file.endsWith('.d.ts') ? next.replace(/\.js$/, '.d.ts') : next);
      } else if (!name.startsWith('node:')) {
        packages.add(
          name
            .split('/')
            .slice(0, name.startsWith('@') ? 2 : 1)
            .join('/'),
        );
      }
    }
  };
  for (const entry of entries) {
    await walk(path.normalize(entry.default));
    await walk(path.normalize(entry.types));
  }
  return { files: [...files], packages: [...packages].toSorted() };
}

function manifestOf(
  root: Manifest,
  exported: Readonly<Record<string, Entry>>,
  packages: readonly string[],
): object {
  const versionOf = (name: string): string => {
    const version = root.dependencies[name];
    if (version === undefined) throw new Error(`the client imports ${name}, no dependency`);
    return version;
  };
  const peers = packages.filter((name) => !BUNDLED.includes(name));
  return {
    name: 'safeband',
    version: root.version,
    description: 'Asks Safeband for permission before each InMail, and reports the result',
    license: 'MIT',
    type: 'module',
    engines: root.engines,
    exports: { ...exported, './package.json': './package.json' },
    dependencies: { [LIMITER]: versionOf(LIMITER) },
    bundleDependencies: [LIMITER],
    peerDependencies: {
      ...Object.fromEntries(peers.map((name) => [name, `^${versionOf(name)}`])),
      pg: '>=8',
    },
    peerDependenciesMeta: { pg: { optional: true } },
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.stdout.write(
    `${await packClient(path.join(ROOT, 'dist-client'), path.join(ROOT, 'dist'))}\n`,
  );
}
