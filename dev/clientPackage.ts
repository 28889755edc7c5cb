/**
 * Makes the package `safeband` that a pipeline installs: the compiled client, the durable send and
 * the adapters, with the files that they import, and nothing of the server. `npm run pack:client`.
 *
 * p-limit is packed inside (`bundleDependencies`), so that a pipeline installs only packages of
 * Temporal.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** What a pipeline may import. */
const ENTRIES = ['client', 'unipile', 'workflows'] as const;
const ENTRY_FILES: Readonly<Record<(typeof ENTRIES)[number], string>> = {
  client: 'client/index',
  unipile: 'unipile/index',
  workflows: 'durable/index',
};
const IMPORT = /(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g;
const BUNDLED = ['p-limit', 'yocto-queue'];

type Manifest = {
  readonly version: string;
  readonly engines: object;
  readonly dependencies: Readonly<Record<string, string>>;
};

/** Writes the package into `folder`, from the sources compiled in `dist`; returns its tarball. */
export async function packClient(folder: string, dist: string): Promise<string> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const { files, packages } = await closureOf(dist);
  for (const file of files) await cp(path.join(dist, file), path.join(folder, file));
  for (const name of BUNDLED) {
    const from = path.join(ROOT, 'node_modules', name);
    await cp(from, path.join(folder, 'node_modules', name), { recursive: true });
  }
  await cp(path.join(ROOT, 'LICENSE'), path.join(folder, 'LICENSE'));
  await cp(path.join(ROOT, 'clients/typescript/README.md'), path.join(folder, 'README.md'));
  const root: Manifest = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8'));
  const manifest = JSON.stringify(manifestOf(root, packages), undefined, 2);
  await writeFile(path.join(folder, 'package.json'), `${manifest}\n`);
  const pack = ['pack', '--silent', '--pack-destination', folder];
  const { stdout } = await promisify(execFile)('npm', pack, { cwd: folder });
  return path.join(folder, stdout.trim());
}

/** Returns the files that the entries import, and the packages that these files import. */
async function closureOf(dist: string) {
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
  for (const entry of Object.values(ENTRY_FILES)) {
    await walk(`${entry}.js`);
    await walk(`${entry}.d.ts`);
  }
  return { files: [...files], packages: [...packages].toSorted() };
}

function manifestOf(root: Manifest, packages: readonly string[]): object {
  const versionOf = (name: string): string => {
    const version = root.dependencies[name];
    if (version === undefined) throw new Error(`the client imports ${name}, no dependency`);
    return version;
  };
  const entry = (file: string): object => ({ types: `./${file}.d.ts`, default: `./${file}.js` });
  return {
    name: 'safeband',
    version: root.version,
    description: 'Asks Safeband for permission before each InMail, and reports the result',
    license: 'MIT',
    type: 'module',
    engines: root.engines,
    exports: {
      ...Object.fromEntries(ENTRIES.map((name) => [`./${name}`, entry(ENTRY_FILES[name])])),
      './package.json': './package.json',
    },
    dependencies: Object.fromEntries(packages.map((name) => [name, versionOf(name)])),
    bundleDependencies: BUNDLED.slice(0, 1),
    peerDependencies: { pg: '>=8' },
    peerDependenciesMeta: { pg: { optional: true } },
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.stdout.write(
    `${await packClient(path.join(ROOT, 'dist-client'), path.join(ROOT, 'dist'))}\n`,
  );
}
