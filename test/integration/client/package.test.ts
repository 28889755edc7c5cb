/** The package of the client in an empty project: it installs, has types, and sends. */
import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { cp, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
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
let calls = 0;
beforeAll(async () => {
  stand = await createStand();
  folder = await mkdtemp(path.join(tmpdir(), 'safeband-package-'));
  const dist = path.join(folder, 'dist');
  // Only what the package has: all sources would take three times as long.
  const config = {
    extends: path.join(ROOT, 'tsconfig.build.json'),
    compilerOptions: {
      rootDir: path.join(ROOT, 'src'),
      outDir: dist,
      noCheck: true,
      typeRoots: [path.join(ROOT, 'node_modules', '@types')],
    },
    files: ['client', 'unipile', 'durable'].map((name) => path.join(ROOT, 'src', name, 'index.ts')),
    include: [],
  };
  const configFile = path.join(folder, 'tsconfig.json');
  await writeFile(configFile, JSON.stringify(config));
  await run(process.execPath, [TSC, '-p', configFile], { cwd: ROOT });
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
    calls += 1;
    answer.setHeader('content-type', 'application/json');
    answer.end(`{"chatId":"chat-${calls}","messageId":"message-${calls}"}`);
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
  // p-limit is inside of the tarball. Temporal's packages are those of the project.
  expect(Object.keys(manifest.dependencies)).toEqual(['p-limit']);
  expect(manifest.bundleDependencies).toEqual(['p-limit']);
  const peers = Object.keys(manifest.peerDependencies);
  expect(peers.filter((name) => !name.startsWith('@temporalio/'))).toEqual(['pg']);
  const others = await readdir(path.join(project, 'node_modules'));
  expect(others.filter((name) => /fastify|preact|pino|typebox|luxon|limit/.test(name))).toEqual([]);
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
    'postgres',
    'temporal',
    'unipile',
  ]);
  const temporal = await readdir(path.join(installed, 'temporal'));
  const modules = temporal.filter((name) => name.endsWith('.js'));
  expect(modules.toSorted()).toEqual(['codec.js', 'payloadKeys.js', 'protocol.js']);
  const statements = await readdir(path.join(installed, 'postgres/groups'));
  expect(statements.filter((name) => name.endsWith('.js'))).toEqual(['contacts.js', 'desk.js']);
  expect(await readdir(path.join(installed, 'platform'))).toContain('environment.js');
  const { size } = await stat(tarball);
  expect(size).toBeLessThan(200 * 1024);
});

/** Reads an example, with the provider and the accounts of this test. */
async function exampleOf(file: string, accounts: Readonly<Record<string, string>>) {
  const { port } = Object(provider.address());
  const text = await readFile(path.join(ROOT, 'examples', file), 'utf8');
  const own = text.replace('https://provider.example', `http://127.0.0.1:${port}`);
  return Object.entries(accounts).reduce((done, [from, to]) => done.replaceAll(from, to), own);
}

it('an empty project checks and runs the pipeline of the README, and its InMail counts', async () => {
  const id = stand.newAccount();
  const own = (await exampleOf('pipeline.ts', { 'acme-anna': id }))
    .replace(
      'Connection.connect()',
      `Connection.connect({ address: '${inject('temporalAddress')}' })`,
    )
    .replace('dataConverter }) })', `dataConverter }), taskQueue: '${stand.taskQueue}' })`);
  await writeFile(path.join(project, 'pipeline.ts'), `${own}\nprocess.exit(0);\n`);
  await cp(path.join(ROOT, 'examples/unipile.ts'), path.join(project, 'unipile.ts'));
  const senders = ['acme-anna', 'acme-ben', 'acme-kira'].map((name) => [name, stand.newAccount()]);
  const workflow = (await exampleOf('workflow.ts', Object.fromEntries(senders)))
    .replace("'outreach'", `'${stand.taskQueue}-outreach'`)
    .replace('length: 1_000', 'length: 9');
  await writeFile(path.join(project, 'workflow.ts'), workflow);
  const options = { module: 'nodenext', target: 'es2023', strict: true, types: ['node'] };
  await writeFile(
    path.join(project, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: { ...options, rootDir: '.', outDir: 'out' },
      include: ['*.ts'],
    }),
  );
  // No skipLibCheck: the types of the package are checked, too; those of others are not ours.
  // The project has no @temporalio/worker, which is large: `tsc -p .` here checks its use.
  const { stdout: faults } = await run(process.execPath, [TSC, '-p', '.'], { cwd: project }).catch(
    (error: unknown) => ({ stdout: String(Object(error).stdout) }),
  );
  const ours = faults.split('\n').filter((line) => /^node_modules\/safeband\/|^\w+\.ts/.test(line));
  expect(ours).toEqual([expect.stringContaining("Cannot find module '@temporalio/worker'")]);
  const env = { PATH: process.env['PATH'], DATABASE_URL: stand.databaseUrl };
  const { stdout } = await run(process.execPath, ['out/pipeline.js'], { cwd: project, env });
  expect(stdout).toBe('');
  expect(await statusOf(stand.handle(id))).toMatchObject({ counter: 1, delivered: 1 });

  // The worker comes from the repository, in the same versions.
  const temporal = path.join(project, 'node_modules', '@temporalio');
  await rm(temporal, { recursive: true });
  await symlink(path.join(ROOT, 'node_modules', '@temporalio'), temporal);
  for (const [, account = ''] of senders) await stand.connect(account);
  const before = calls;
  const server = { PATH: process.env['PATH'], TEMPORAL_ADDRESS: inject('temporalAddress') };
  const done = await run(process.execPath, ['out/workflow.js'], { cwd: project, env: server });
  expect(done.stdout.match(/: true$/gm)).toHaveLength(9);
  expect(calls - before).toBe(9);
  for (const [, account = ''] of senders) {
    expect(await statusOf(stand.handle(account))).toMatchObject({ counter: 3, delivered: 3 });
  }
});
