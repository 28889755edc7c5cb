/** The limits of an account that is full: each of these mutants fails a check of the domain. */
import type { CheckName } from './checks/index.js';
import type { Mutant } from './mutant.js';

export const FULL_ACCOUNT_MUTANTS: readonly Mutant<CheckName>[] = [
  {
    rule: 'R15',
    what: 'a fingerprint is compared with the id as text',
    file: 'src/domain/account/kept.ts',
    old: 'kept(a) === kept(b)',
    mutated: '(a as string) === (b as string)',
    by: 'a long chat is the same as its fingerprint',
  },
  {
    rule: 'R15',
    what: 'the send that was observed first is forgotten first, also if it counts today',
    file: 'src/domain/account/kept.ts',
    old: 'externals.toSorted((a, b) => rank(a) - rank(b)).slice(0, surplus)',
    mutated: '(void rank, externals.slice(0, surplus))',
    by: 'a send of today is not forgotten for those that count for no cap',
  },
  {
    rule: 'R8',
    what: 'no more rows are read than an account may have, so too many rows are not noticed',
    file: 'src/domain/reconcile/crowd.ts',
    old: '  reservations: SLOTS_MAX + 1,',
    mutated: '  reservations: SLOTS_MAX,',
    by: 'an account with one row more than it may have is known',
  },
  {
    rule: 'R3',
    what: 'a pipeline that reserves and releases in a loop gets as many grants as it asks for',
    file: 'src/domain/gate/caps.ts',
    old: 'grants >= grantsMax ?',
    mutated: 'grants >= grantsMax * 100 ?',
    by: 'a day has a limited number of grants',
  },
  {
    rule: 'R3',
    what: 'an account takes one slot more than it may have',
    file: 'src/domain/gate/caps.ts',
    old: 'slots.length >= SLOTS_MAX',
    mutated: 'slots.length > SLOTS_MAX',
    by: 'an account that is full grants nothing',
  },
  {
    rule: 'R14',
    what: 'a save contains everything that waits',
    file: 'src/domain/entity/outbox.ts',
    old: '> SAVE_BYTES_MAX && n > 0',
    mutated: '> SAVE_BYTES_MAX * SAVE_ROWS_MAX && n > 0',
    by: 'a save has a limited number of bytes',
  },
  {
    rule: 'R13',
    what: 'a start reads everything in one answer, whatever its size',
    file: 'src/domain/records/readParts.ts',
    old: 'if (bytesOf(whole) <= READ_BACK_BYTES_MAX) return whole;',
    mutated: 'if (bytesOf(whole) <= READ_BACK_BYTES_MAX * 100) return whole;',
    by: 'a start reads large data in parts',
  },
];
