/** Accounts after a restore of Postgres or the loss of Temporal (R6, R13, R14). */
import type { CheckName } from './checks/index.js';
import type { Mutant } from './mutant.js';

const ENDINGS = 'src/domain/entity/endings.ts';
const AT_ONCE = 'src/domain/entity/atOnce.ts';
const LEASES = 'src/domain/reconcile/leases.ts';
const WRITES = 'src/domain/entity/writes.ts';
const RUNS = 'src/activities/start/closedRuns.ts';
const OF_BACKUP = 'a row that lacks the end of a workflow is of a backup';
const OLD_ROW = 'an account that finds a row of a backup writes again, and frees no slot';

export const RESTORED_MUTANTS: readonly Mutant<CheckName>[] = [
  {
    rule: 'R13',
    what: 'an account with a row of an earlier day gets a second cap after Temporal was lost',
    file: ENDINGS,
    old: '(last === null && !isRecent(stored, account))',
    mutated: '!isRecent(stored, account)',
    by: 'an account whose last history is gone waits, whatever the day of its row',
  },
  {
    rule: 'R13',
    what: 'an account that disconnected after the backup gets a second cap',
    file: ENDINGS,
    old: " && last?.backup !== 'surely'",
    mutated: '',
    by: 'an account that only its backup shows as disconnected waits',
  },
  {
    rule: 'R6',
    what: 'an attempt that the backup does not have frees its slot',
    file: ENDINGS,
    old: 'last?.backup === undefined',
    mutated: "last?.backup !== 'never'",
    by: 'a start from a backup frees no slot because its attempt is missing',
  },
  {
    rule: 'R6',
    what: 'a slot in flight whose row was lost is released',
    file: LEASES,
    old: '!known.has(reservationId)',
    mutated: '(void known, false)',
    by: 'a slot in flight whose row Postgres has lost stays spent',
  },
  {
    rule: 'R6',
    what: 'a slot whose row was lost is released by a later reconcile',
    file: LEASES,
    old: '{ ...slot, journaled: false }',
    mutated: 'slot',
    by: 'a slot in flight whose row Postgres has lost stays spent',
  },
  {
    rule: 'R6',
    what: 'a running account that finds a row of a backup releases its slots in flight',
    file: WRITES,
    old: 'slots.flatMap((slot) => doubted(slot, now))',
    mutated: '(void [slots, now, doubted], [])',
    by: OLD_ROW,
  },
  {
    rule: 'R14',
    what: 'an account that finds a row of a backup never writes again',
    file: WRITES,
    old: '{ answered: lastWrite }',
    mutated: '{ answered: Math.max(entity.answered ?? 0, lastWrite) }',
    by: OLD_ROW,
  },
  {
    rule: 'R14',
    what: 'a write does not name the last write that was answered',
    file: WRITES,
    old: 'answered: entity.answered ?? 0 } }',
    mutated: 'answered: 0 } }',
    by: OLD_ROW,
  },
  {
    rule: 'R13',
    what: 'the end of the last workflow is not compared with its row',
    file: RUNS,
    old: "return stored.state === 'connected';",
    mutated: 'return false;',
    by: OF_BACKUP,
  },
  {
    rule: 'R13',
    what: 'the end of a later workflow is not compared with the row',
    file: RUNS,
    old: 'startedAt > stored.updatedAt;',
    mutated: '(void startedAt, false);',
    by: OF_BACKUP,
  },
  {
    rule: 'R13',
    what: 'a start that has ended takes the row from a later start',
    file: AT_ONCE,
    old: 'stored.updatedAt <= at && ',
    mutated: '',
    by: 'a start claims no row that was written after it asked',
  },
  {
    rule: 'R6',
    what: 'a start that has lost the answer to its claim frees slots of a backup',
    file: AT_ONCE,
    old: 'isOfAnother(stored, owner) || isOwnUnclean(stored, owner)',
    mutated: 'isOfAnother(stored, owner)',
    by: 'a start that reads its own claim frees no slot either',
  },
];
