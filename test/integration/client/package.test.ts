/** The package of the client in an empty project: it installs, has types, and sends. */
import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { packClient } from '../../../dev/clientPackage.js';
import { statusOf } from '../../support/account.js';
import { createStand, type Stand } from '../../support/stand.js';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const TSC = path.join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');

let stand: Stand;
let folder: string;
let project: string;
let tarball: string;
let provider: Server;
beforeAll(async () => {
  stand = await createStand();
  folder = await mkdtemp(path.join(tmpdir(), 'safeband-package-'));
  const dist = path.join(folder, 'dist');
  const build = ['-p', 'tsconfig.build.json', '--outDir', dist, '--noCheck'];
  await run(process.execPath, [TSC, ...build], { cwd: ROOT });
  tarball = await packClient(path.join(folder, 'package'), dist);
  project = await mkdtemp(path.join(tmpdir(), 'safeband-empty-'));
  await writeFile(path.join(project, 'package.json'), '{"private":true,"type":"module"}\n');
  const { devDependencies, dependencies } = JSON.parse(
    await readFile(path.join(ROOT, 'package.json'), 'utf8'),
  );
  const others = [
    `pg@${dependencies.pg}`,
    ...['@types/pg', '@types/node'].map((name) => `${name}@${devDependencies[name]}`),
  ];
  const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts'];
  await run('npm', ['install', ...quiet, tarball, ...others], { cwd: project });
  provider = createServer((_, answer) => {
    answer.setHeader('content-type', 'application/json');
    answer.end('{"chatId":"chat-of-the-package","messageId":"message-1"}');
  });
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await new Promise((resolve) => provider.close(resolve));
  await stand.close();
  for (const one of [folder, project]) await rm(one, { recursive: true, force: true });
});

it('the package has only the client, and depends only on packages of Temporal', async () => {
  const installed = path.join(project, 'node_modules', 'safeband');
  const manifest = JSON.parse(await readFile(path.join(installed, 'package.json'), 'utf8'));
  const needed = Object.keys(manifest.dependencies);
  expect(needed.filter((name) => !name.startsWith('@temporalio/'))).toEqual(['p-limit']);
  expect(manifest.bundleDependencies).toEqual(['p-limit']);
  expect(manifest).toMatchObject({ license: 'MIT', engines: { node: expect.any(String) } });
  expect(manifest.peerDependenciesMeta).toEqual({ pg: { optional: true } });
  const folders = (await readdir(installed)).toSorted();
  expect(folders).toEqual([
    'LICENSE',
    'README.md',
    'client',
    'domain',
    'durable',
    'node_modules',
    'package.json',
    'platform',
    'temporal',
    'unipile',
  ]);
  const { size } = await stat(tarball);
  expect(size).toBeLessThan(200 * 1024);
});

it('an empty project checks and runs the pipeline of the README, and its InMail counts', async () => {
  const id = stand.newAccount();
  const { port } = Object(provider.address());
  const example = await readFile(path.join(ROOT, 'examples/pipeline.ts'), 'utf8');
  const own = example
    .replaceAll('acme-anna', id)
    .replace('https://provider.example', `http://127.0.0.1:${port}`)
    .replace(
      'Connection.connect()',
      `Connection.connect({ address: '${inject('temporalAddress')}' })`,
    )
    .replace('dataConverter }) })', `dataConverter }), taskQueue: '${stand.taskQueue}' })`);
  await writeFile(path.join(project, 'pipeline.ts'), `${own}\nprocess.exit(0);\n`);
  await cp(path.join(ROOT, 'examples/unipile.ts'), path.join(project, 'unipile.ts'));
  await writeFile(
    path.join(project, 'workflows.ts'),
    `export { inmailSend } from 'safeband/workflows';\n`,
  );
  const options = { module: 'nodenext', target: 'es2023', strict: true, types: ['node'] };
  await writeFile(
    path.join(project, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: { ...options, rootDir: '.', outDir: 'out' },
      include: ['*.ts'],
    }),
  );
  // No skipLibCheck: the types of the package are checked, too; those of others are not ours.
  const { stdout: faults } = await run(process.execPath, [TSC, '-p', '.'], { cwd: project }).catch(
    (error: unknown) => ({ stdout: String(Object(error).stdout) }),
  );
  expect(
    faults.split('\n').filter((line) => /^node_modules\/safeband\/|^\w+\.ts/.test(line)),
  ).toEqual([]);
  const env = { PATH: process.env['PATH'], DATABASE_URL: stand.databaseUrl };
  const { stdout } = await run(process.execPath, ['out/pipeline.js'], { cwd: project, env });
  expect(stdout).toBe('');
  expect(await statusOf(stand.handle(id))).toMatchObject({ counter: 1, delivered: 1 });
});
