/** Signed files, the setting of seals, and ids in free text (R29). */
import type { CheckName } from './checks/index.js';
import type { Mutant } from './mutant.js';

const FILE = 'src/platform/signedFile.ts';
const TEXT = 'src/postgres/data/eraseText.ts';
const RETENTION = 'src/platform/retention.ts';
const OWN_KEY = 'a signed file is accepted only with the key that signed it';
const CHARACTER = 'a changed character of a signed file is found';
const WHOLE = 'a signed file has its header, its end and all its rows';
const SETTING = 'the audit seals only after the time of late proofs, and with a key';
const WORDS = 'free text is searched for whole ids in any spelling';
const COLUMNS = 'each text that may name a person is searched for ids';

export const SIGNED_MUTANTS: readonly Mutant<CheckName>[] = [
  {
    rule: 'R29',
    what: 'a file that another key signed is accepted',
    file: FILE,
    old: "if (!verify(null, Buffer.from(top, 'latin1'), key, signature))",
    mutated: "if (!verify(null, Buffer.from(top, 'latin1'), key, signature) && false)",
    by: OWN_KEY,
  },
  {
    rule: 'R29',
    what: 'a file of another key is not named as such',
    file: FILE,
    old: 'if (header.publicKey !== fingerprintOf(key))',
    mutated: 'if (header.publicKey === fingerprintOf(key) && false)',
    by: OWN_KEY,
  },
  {
    rule: 'R29',
    what: 'a changed row of a signed file is not named',
    file: FILE,
    old: 'chain === sha256(this.#chain + text);',
    mutated: 'chain === sha256(this.#chain + text) || true;',
    by: CHARACTER,
  },
  {
    rule: 'R29',
    what: 'rows with new hashes are accepted',
    file: FILE,
    old: "const isWhole = this.#content.digest('hex') === content;",
    mutated: 'const isWhole = content.length > 0;',
    by: 'rows that were written again with their own hashes are found',
  },
  {
    rule: 'R29',
    what: 'a file without a header is checked',
    file: FILE,
    old: 'if (!isHeader(found)) {',
    mutated: 'if (found === undefined) {',
    by: WHOLE,
  },
  {
    rule: 'R29',
    what: 'a file without its end is a file with another signature',
    file: FILE,
    old: "if (typeof found?.signature === 'string')",
    mutated: "if (typeof (found ?? {}).signature !== 'bigint')",
    by: WHOLE,
  },
  {
    rule: 'R29',
    what: 'the last rows of a signed file may be missing',
    file: FILE,
    old: 'this.#missing(this.#expected + 1);',
    mutated: 'void this.#expected;',
    by: WHOLE,
  },
  {
    rule: 'R29',
    what: 'the audit seals months before their late proofs have come',
    file: RETENTION,
    old: 'days < least ||',
    mutated: 'least < 0 ||',
    by: SETTING,
  },
  {
    rule: 'R29',
    what: 'the audit seals without a key',
    file: RETENTION,
    old: 'if (environment[ERASURE_KEY]?.trim()) return days;',
    mutated: 'return days;',
    by: SETTING,
  },
  {
    rule: 'R29',
    what: 'an id in the text of another id is erased',
    file: TEXT,
    old: String.raw`(?<![\\w-])(?:`,
    mutated: '(?:',
    by: WORDS,
  },
  {
    rule: 'R29',
    what: 'a point in an id stands for any character',
    file: TEXT,
    old: 'String.raw`\\$&`',
    mutated: 'id.slice(0, 0) + `$&`',
    by: WORDS,
  },
  {
    rule: 'R29',
    what: 'free text is not searched for the bare id of a member',
    file: TEXT,
    old: '...ids, ...ids.map(bareMemberId)',
    mutated: '...ids',
    by: WORDS,
  },
  {
    rule: 'R29',
    what: 'the reasons of brakes keep the ids of an erased person',
    file: TEXT,
    old: "['brakes', 'engaged_reason', 'text'],",
    mutated: '',
    by: COLUMNS,
  },
  {
    rule: 'R29',
    what: 'the reasons of orders keep the ids of an erased person',
    file: TEXT,
    old: "['orders', 'reason', 'text'],",
    mutated: '',
    by: COLUMNS,
  },
  {
    rule: 'R29',
    what: 'changes of access keep the ids of an erased person',
    file: TEXT,
    old: "['access_changes', 'details', 'json'],",
    mutated: '',
    by: COLUMNS,
  },
];
