/** Reads the files of `safeband sign` and `safeband verify --file`: Ed25519 keys, and lines. */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { CliError, EXIT, usage } from '../../errors.js';

const MAKE_PRIVATE = 'openssl genpkey -algorithm ed25519 -out private.pem';
const MAKE_PUBLIC = 'openssl pkey -in private.pem -pubout -out public.pem';
/** Maximum characters of a line: a longer one is no line of a signed file. */
const LINE_MAX = 16 * 1024 * 1024;

/** Reads the private key of a file. No error contains it. */
export async function privateKeyIn(path: string): Promise<KeyObject> {
  const pem = await textOf(path, '--private-key');
  if (pem.includes('ENCRYPTED PRIVATE KEY')) {
    throw usage(
      `--private-key ${path}: the key has a passphrase; write a copy without one for this ` +
        'command: openssl pkey -in private.pem -out unlocked.pem',
    );
  }
  const key = attempted(() => createPrivateKey(pem));
  if (!key) throw usage(`--private-key ${path}: it has no private key in PEM`, MAKE_PRIVATE);
  return checked(key, `--private-key ${path}`, MAKE_PRIVATE);
}

/** Reads the public key of a file. */
export async function publicKeyIn(path: string): Promise<KeyObject> {
  const pem = await textOf(path, '--public-key');
  if (pem.includes('PRIVATE KEY')) {
    throw usage(`--public-key ${path}: it is a private key; do not give it away`, MAKE_PUBLIC);
  }
  const key = attempted(() => createPublicKey(pem));
  if (!key) throw usage(`--public-key ${path}: it has no public key in PEM`, MAKE_PUBLIC);
  return checked(key, `--public-key ${path}`, MAKE_PUBLIC);
}

function checked(key: KeyObject, name: string, next: string): KeyObject {
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw usage(`${name}: it is a key of the type ${key.asymmetricKeyType}; use Ed25519`, next);
}

function attempted(read: () => KeyObject): KeyObject | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

async function textOf(path: string, option: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    throw unreadable(`${option} ${path}`, error);
  });
}

function unreadable(what: string, error: unknown): CliError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return new CliError(EXIT.usage, 'FileUnreadable', `${what}: it cannot be read (${code})`);
}

/** Reads the lines of a file, without their ends; each character is a byte. */
export async function* linesIn(path: string): AsyncIterable<string> {
  let rest = '';
  try {
    for await (const chunk of createReadStream(path, 'latin1')) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > LINE_MAX) break;
      yield* lines;
    }
  } catch (error) {
    throw unreadable(`--file ${path}`, error);
  }
  if (rest !== '') yield rest.slice(0, LINE_MAX);
}
