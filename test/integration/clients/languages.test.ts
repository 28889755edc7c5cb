/** Programs of other languages against the stack: the Python client, and docs/other-languages.md. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it, type TestContext } from 'vitest';
import { createHttpStand, type HttpStand } from '../../support/http.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../..', import.meta.url));
const client = join(root, 'clients/python');

let stand: HttpStand;
let folder: string;
let env: Record<string, string | undefined>;
let lack: string | undefined;
beforeAll(async () => {
  stand = await createHttpStand();
  folder = await mkdtemp(join(tmpdir(), 'safeband-languages-'));
  lack = await installHttpx(folder);
  env = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    PYTHONPATH: [join(client, 'src'), folder].join(delimiter),
    PYTHONDONTWRITEBYTECODE: '1',
    SAFEBAND_URL: await stand.app.listen({ port: 0, host: '127.0.0.1' }),
    SAFEBAND_KEY: await stand.key('operator'),
  };
});
afterAll(async () => {
  await stand.close();
  await rm(folder, { recursive: true, force: true });
});

/** Installs httpx unless this Python has it. Returns why that is not possible here. */
async function installHttpx(into: string): Promise<string | undefined> {
  const has = await run('python3', ['-c', 'import httpx']).catch(() => undefined);
  if (has) return undefined;
  const install = ['-m', 'pip', 'install', '--quiet', '--target', into, 'httpx>=0.24'];
  const failed = await run('python3', install).catch((error: unknown) => error);
  return failed instanceof Error ? failed.message : undefined;
}

/** Skips the test on a machine without the language, with a line that a reader cannot miss. */
function skip(context: TestContext, what: string, why: string): never {
  process.stderr.write(`\n*** ${what} IS NOT TESTED HERE: ${why}\n`);
  context.skip(`${what}: ${why}`);
  throw new Error('a skipped test does not continue');
}

/** Writes the program of the document for a new account, and returns its file and account. */
async function example(language: string, name: string) {
  const text = await readFile(join(root, 'docs/other-languages.md'), 'utf8');
  const code = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(text)?.[1];
  expect(code).toContain('acme-anna');
  const account = stand.newAccount();
  await stand.connect(account);
  const file = join(folder, name);
  await writeFile(file, (code ?? '').replaceAll('acme-anna', account));
  return { file, account };
}
const numbersOf = async (account: string) =>
  (await stand.ask(env['SAFEBAND_KEY'] ?? '', `/v1/accounts/${account}/status`)).json();

it('the Python client sends through the stack, also after lost answers', async (context) => {
  if (lack !== undefined) skip(context, 'the Python client', `httpx: ${lack}`);
  const args = ['-m', 'unittest', 'discover', '-v', '-s', join(client, 'tests')];
  const own = { ...env, SAFEBAND_RUN: stand.newAccount() };
  const { stderr } = await run('python3', args, { env: own });
  expect(stderr).toMatch(/Ran [7-9] tests[\s\S]*\nOK\n/);
});

it('the Python program of the document sends one InMail', async (context) => {
  if (lack !== undefined) skip(context, 'the Python program', `httpx: ${lack}`);
  const { file, account } = await example('python', 'send.py');
  const { stdout } = await run('python3', [file], { env });
  expect(stdout).toBe('sent chat-9\n');
  expect(await numbersOf(account)).toMatchObject({ counter: 1, delivered: 1 });
});

it('the Go program of the document sends one InMail', async (context) => {
  const has = await run('go', ['version']).catch(() => undefined);
  if (!has) skip(context, 'the Go program', 'no go');
  const { file, account } = await example('go', 'send.go');
  const { stdout } = await run('go', ['run', file], { env });
  expect(stdout).toBe('reported: delivered <nil>\n');
  expect(await numbersOf(account)).toMatchObject({ counter: 1, delivered: 1 });
});
