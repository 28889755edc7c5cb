/**
 * Signed files of sealed months (R29): the first line is a header, each further line is a row, and
 * the last line is the Ed25519 signature of the header. The header has the hash of all row lines.
 * Each row line has its number and a hash of itself and of the row line before it, so that a
 * comparison names the lines that were changed. The check needs the file and the public key only.
 */
import { createHash, createPublicKey, sign, verify, type Hash, type KeyObject } from 'node:crypto';

export const SIGNED_FORMAT = 'safeband-signed-month/1';
/** The hash before the first row. */
const START = '0'.repeat(64);
const CHAIN = ',"chain":"';
/** `,"chain":"`, 64 characters and `"}`. */
const CHAIN_CHARACTERS = CHAIN.length + 64 + 2;
/** Maximum damaged lines that a check names. */
const FLAWS_MAX = 100;

/** What the header states about the rows, besides their number and hash. */
export type SignedAbout = {
  readonly table: 'inmail_events';
  readonly month: string;
  /** The accounts that the file is about; null: all of them. */
  readonly accounts: readonly string[] | null;
  readonly group: string | null;
  /** The hash of the month's seal, and of the seal before it. */
  readonly seal: string;
  readonly previousSeal: string;
  readonly sealedAt: string;
  /** All rows of the month, also of accounts that are not in the file. */
  readonly sealedRows: number;
  readonly exportedAt: string;
  readonly exportedBy: string;
};
export type SignedHeader = SignedAbout & {
  readonly format: typeof SIGNED_FORMAT;
  readonly rows: number;
  /** The SHA-256 of all row lines, with their line ends. */
  readonly content: string;
  /** The SHA-256 of the public key. */
  readonly publicKey: string;
};

/** Returns the SHA-256 of the public part of a key. */
export function fingerprintOf(key: KeyObject): string {
  const open = key.type === 'private' ? createPublicKey(key) : key;
  return sha256(open.export({ type: 'spki', format: 'der' }));
}

const sha256 = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex');

/** Makes the lines of rows, in their order, and counts them. */
export class SignedRows {
  rows = 0;
  #chain = START;
  readonly #content: Hash = createHash('sha256');

  /** Returns the line of the next row, which is an object as JSON in ASCII. */
  line(json: string): string {
    this.rows += 1;
    const text = `${json.slice(0, -1)},"line":${this.rows}`;
    this.#chain = sha256(this.#chain + text);
    const line = `${text}${CHAIN}${this.#chain}"}\n`;
    this.#content.update(line);
    return line;
  }

  /** Returns the header and the line of its signature. No row comes after it. */
  sign(
    about: SignedAbout,
    key: KeyObject,
  ): { readonly header: string; readonly signature: string } {
    const header = JSON.stringify({
      format: SIGNED_FORMAT,
      ...about,
      rows: this.rows,
      content: this.#content.digest('hex'),
      publicKey: fingerprintOf(key),
    } satisfies SignedHeader);
    const signature = sign(null, Buffer.from(header), key).toString('base64');
    return { header: `${header}\n`, signature: `${JSON.stringify({ signature })}\n` };
  }
}

export type LineFlaw = {
  readonly flaw: 'edited' | 'missing' | 'added' | 'content';
  /** The number of the row; null: all rows together. */
  readonly line: number | null;
};
export type CheckedFile = {
  readonly header: SignedHeader;
  readonly flaws: readonly LineFlaw[];
  readonly isCut: boolean;
};

/** A file that cannot be checked, or whose header is not the signed one. */
export class SignedFileError extends Error {
  override readonly name = 'SignedFileError';
  readonly type: 'UnsignedFile' | 'TruncatedFile' | 'WrongKey' | 'WrongSignature';

  constructor(type: SignedFileError['type'], message: string) {
    super(message);
    this.type = type;
  }
}

/** Checks the lines of a file, without their ends, with the public key. */
export async function checkSigned(
  lines: AsyncIterable<string>,
  key: KeyObject,
): Promise<CheckedFile> {
  const all = lines[Symbol.asyncIterator]();
  const first = await all.next();
  const top = first.done ? '' : first.value;
  const header = headerIn(top);
  const rows = new CheckedRows(header.rows);
  let last: string | undefined;
  for (let next = await all.next(); !next.done; next = await all.next()) {
    if (last !== undefined) rows.read(last);
    last = next.value;
  }
  const signature = signatureIn(last, rows.count + (last === undefined ? 0 : 1), header.rows);
  if (header.publicKey !== fingerprintOf(key)) {
    throw new SignedFileError(
      'WrongKey',
      `the file was signed with the key whose public part has the SHA-256 ` +
        `${header.publicKey.slice(0, 64)}, ` +
        `and the given key has ${fingerprintOf(key)}`,
    );
  }
  if (!verify(null, Buffer.from(top, 'latin1'), key, signature)) {
    throw new SignedFileError(
      'WrongSignature',
      'the signature does not belong to the first line: the first or the last line was changed',
    );
  }
  const flaws = rows.end(header.content);
  return { header, flaws: flaws.slice(0, FLAWS_MAX), isCut: flaws.length > FLAWS_MAX };
}

function headerIn(line: string): SignedHeader {
  const found = objectIn(line);
  if (!isHeader(found)) {
    throw new SignedFileError(
      'UnsignedFile',
      `the first line is no header of the format ${SIGNED_FORMAT}: a file of safeband sign ` +
        'begins with one',
    );
  }
  if (line.endsWith('\r')) {
    throw new SignedFileError(
      'UnsignedFile',
      'the line ends of the file were changed to those of Windows: check the original file',
    );
  }
  return found;
}

/** True for a header of this format; its signature proves the other fields. */
const isHeader = (found: object | undefined): found is SignedHeader =>
  found !== undefined &&
  'format' in found &&
  found.format === SIGNED_FORMAT &&
  'rows' in found &&
  typeof found.rows === 'number' &&
  'publicKey' in found &&
  typeof found.publicKey === 'string';

function signatureIn(line: string | undefined, rows: number, expected: number): Buffer {
  const found: { signature?: unknown } | undefined = objectIn(line ?? '');
  if (typeof found?.signature === 'string') return Buffer.from(found.signature, 'base64');
  throw new SignedFileError(
    'TruncatedFile',
    `the file ends after ${rows} of ${expected} rows, without a signature`,
  );
}

function objectIn(line: string): object | undefined {
  try {
    const found: unknown = JSON.parse(line);
    return typeof found === 'object' && found !== null ? found : undefined;
  } catch {
    return undefined;
  }
}

/** Compares row lines with their numbers and hashes. */
class CheckedRows {
  count = 0;
  readonly #expected: number;
  readonly #content: Hash = createHash('sha256');
  readonly #flaws: LineFlaw[] = [];
  #next = 1;
  /** The hash of the line before; undefined: that line is missing. */
  #chain: string | undefined = START;

  constructor(expected: number) {
    this.#expected = expected;
  }

  read(line: string): void {
    this.count += 1;
    this.#content.update(`${line}\n`, 'latin1');
    const text = line.slice(0, -CHAIN_CHARACTERS);
    const chain = line.slice(text.length + CHAIN.length, -2);
    const number = Number(/,"line":(\d{1,15})$/.exec(text)?.[1] ?? Number.NaN);
    if (number < this.#next || number > this.#expected) {
      this.#found('added', number);
      return;
    }
    if (Number.isNaN(number)) this.#found('edited', this.#next);
    if (number > this.#next) {
      this.#missing(number);
      this.#chain = undefined;
    }
    const isOwn = this.#chain === undefined || chain === sha256(this.#chain + text);
    if (!Number.isNaN(number) && !isOwn) this.#found('edited', number);
    this.#next += 1;
    this.#chain = Number.isNaN(number) ? undefined : chain;
  }

  /** Returns what differs, after the last row. */
  end(content: string): readonly LineFlaw[] {
    this.#missing(this.#expected + 1);
    const isWhole = this.#content.digest('hex') === content;
    if (!isWhole && this.#flaws.length === 0) this.#flaws.push({ flaw: 'content', line: null });
    return this.#flaws;
  }

  /** Names the rows before that number, as many as are shown. */
  #missing(end: number): void {
    const shown = Math.min(end, this.#next + FLAWS_MAX + 1);
    for (let line = this.#next; line < shown; line += 1) this.#found('missing', line);
    this.#next = end;
  }

  #found(flaw: LineFlaw['flaw'], line: number): void {
    if (this.#flaws.length <= FLAWS_MAX) this.#flaws.push({ flaw, line });
  }
}
