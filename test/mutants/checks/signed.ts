/** Signed files of sealed months, the setting of the audit's seals, and ids in free text (R29). */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Checked } from '../checkedFiles.js';
import type { Check } from './life.js';

const own = generateKeyPairSync('ed25519');
const other = generateKeyPairSync('ed25519');
const ABOUT = {
  table: 'inmail_events',
  month: '2026-10',
  accounts: null,
  group: null,
  seal: 'a'.repeat(64),
  previousSeal: '0'.repeat(64),
  sealedAt: '2026-11-11T00:00:00Z',
  sealedRows: 4,
  exportedAt: '2026-11-12T00:00:00Z',
  exportedBy: 'ada',
} as const;
const ROWS = 4;

/** Returns the lines of a file: header, rows, signature. */
function fileOf(domain: Checked, key: KeyObject = own.privateKey, first = 1): string[] {
  const rows = new domain.SignedRows();
  const lines = Array.from({ length: ROWS }, (_, n) => rows.line(`{"event_id":${n + first}}`));
  const { header, signature } = rows.sign(ABOUT, key);
  return [header, ...lines, signature].map((line) => line.slice(0, -1));
}
async function* linesOf(lines: readonly string[]): AsyncIterable<string> {
  yield* lines;
}
/** Returns what a check finds: the type of its refusal, or the flaws. */
async function found(domain: Checked, lines: readonly string[]): Promise<unknown> {
  return domain.checkSigned(linesOf(lines), own.publicKey).then(
    ({ flaws }) => flaws,
    (error: Error & { readonly type?: string }) => error.type ?? error.message,
  );
}

const ownKey: Check = async (domain) => {
  const file = fileOf(domain);
  expect(await found(domain, file)).toEqual([]);
  expect(await found(domain, fileOf(domain, other.privateKey))).toBe('WrongKey');
  // A file of another key whose header states our key.
  const foreign = fileOf(domain, other.privateKey);
  const [header = ''] = file;
  expect(await found(domain, [header, ...foreign.slice(1)])).toBe('WrongSignature');
};

const changedCharacter: Check = async (domain) => {
  const file = fileOf(domain);
  // The signature proves the header as a whole, so some of its characters are enough.
  for (const [at, step] of [50, 3].entries()) {
    const line = file[at] ?? '';
    for (let n = 0; n < line.length; n += step) {
      const changed = `${line.slice(0, n)}${line[n] === 'b' ? 'c' : 'b'}${line.slice(n + 1)}`;
      const what = await found(domain, file.with(at, changed));
      expect([at, n, what]).not.toEqual([at, n, []]);
    }
  }
  const edited = (file[2] ?? '').replace('"event_id":2', '"event_id":9');
  expect(await found(domain, file.with(2, edited))).toEqual([{ flaw: 'edited', line: 2 }]);
};

const rewritten: Check = async (domain) => {
  const file = fileOf(domain);
  const again = fileOf(domain, own.privateKey, 5);
  const rows = [file[0] ?? '', ...again.slice(1, -1), file.at(-1) ?? ''];
  expect(await found(domain, rows)).toEqual([{ flaw: 'content', line: null }]);
};

const cut: Check = async (domain) => {
  const file = fileOf(domain);
  expect(await found(domain, file.slice(1))).toBe('UnsignedFile');
  expect(await found(domain, file.slice(0, -1))).toBe('TruncatedFile');
  expect(await found(domain, file.toSpliced(ROWS, 1))).toEqual([{ flaw: 'missing', line: ROWS }]);
};

const sealSetting: Check = (domain) => {
  const days = (setting: string, key?: string): unknown => {
    const read = { SAFEBAND_SEAL_AFTER_DAYS: setting, SAFEBAND_ERASURE_KEY: key };
    try {
      return domain.retentionFrom(read).sealAfterDays;
    } catch (error) {
      return String(error).includes('SAFEBAND_SEAL_AFTER_DAYS') ? 'refused' : error;
    }
  };
  expect({
    nothing: days(''),
    'without a key': days('10'),
    'with a key': days('10', 'key'),
    'before late proofs have come': days('9', 'key'),
  }).toEqual({
    nothing: null,
    'without a key': 'refused',
    'with a key': 10,
    'before late proofs have come': 'refused',
  });
};

const PERSON = 'ACoAAB.1+x';
const words: Check = ({ patternOf }) => {
  const { pattern, notSearched } = patternOf([PERSON, '4711', 'abc']);
  expect(notSearched).toBe(2);
  const isIn = (text: string): boolean => new RegExp(pattern ?? '', 'i').test(text);
  expect(
    [`asked by ${PERSON}.`, PERSON.toLowerCase(), 'ACoAABx1xx', `x${PERSON}`].map(isIn),
  ).toEqual([true, true, false, false]);
  expect(patternOf(['urn:li:fsd_profile:ACoAAB1']).pattern).toContain('|ACoAAB1)');
};

/** Texts of people, and JSON that may have them, by the names of their columns. */
const FREE = /^(reason|.*_reason|label|details|error|answer|explanation|data|reply_to)$/;
/** Columns with such a name that have no id of a person, with the reason. */
const WITHOUT_IDS: readonly string[] = [
  // Codes, not texts.
  'campaign_denials.reason',
  'reservations.reason',
  'reservation_history.reason',
  'waiting.reason',
  // An erasure is refused if the trace would have the id, or an account is held with it.
  'erasures.reason',
  'accounts.hold_reason',
  // Written by Safeband alone.
  'webhook_endpoints.disabled_reason',
];
const SCHEMA = new URL('../../../migrations/schema.sql', import.meta.url);
const columns: Check = ({ FREE_TEXT }) => {
  const named = readFileSync(SCHEMA, 'utf8')
    .split(/^create table safeband\./m)
    .slice(1)
    .flatMap((text) => {
      const [table = ''] = text.split(' ');
      const [body = ''] = text.split('\n);');
      return [...body.matchAll(/^ {2}(\w+) (?:text|jsonb)\b(?!\[)/gm)]
        .map(([, column = '']) => column)
        .filter((column) => FREE.test(column))
        .map((column) => `${table}.${column}`);
    });
  const searched = FREE_TEXT.map(([table, column]) => `${table}.${column}`);
  expect([...searched, ...WITHOUT_IDS].toSorted()).toEqual(named.toSorted());
};

export const signedChecks = {
  'a signed file is accepted only with the key that signed it': ownKey,
  'a changed character of a signed file is found': changedCharacter,
  'rows that were written again with their own hashes are found': rewritten,
  'a signed file has its header, its end and all its rows': cut,
  'the audit seals only after the time of late proofs, and with a key': sealSetting,
  'free text is searched for whole ids in any spelling': words,
  'each text that may name a person is searched for ids': columns,
} satisfies Readonly<Record<string, Check>>;
