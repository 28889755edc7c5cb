/** Mutants of the learnt ceiling (R25), which the model detects. */
import type { Mutant } from './mutant.js';

const by = 'the model';
const file = 'src/domain/gate/learnt.ts';

export const LEARNT_MODEL_MUTANTS: readonly Mutant<typeof by>[] = [
  {
    rule: 'R25',
    what: 'the learnt ceiling is ignored',
    file,
    old: 'policy.learntCap ? (learnt?.cap ?? null) : null;',
    mutated: 'policy.learntCap && learnt ? null : null;',
    by,
  },
  {
    rule: 'R25',
    what: 'the learnt ceiling is rounded up',
    file,
    old: 'Math.floor((spent * 4) / 5)',
    mutated: 'Math.ceil((spent * 4) / 5)',
    by,
  },
  {
    rule: 'R25',
    what: 'a refused InMail does not count itself',
    file,
    old: "slot?.state === 'released' ? 1 : 0",
    mutated: '0',
    by,
  },
  {
    rule: 'R25',
    what: 'a learnt ceiling grows within its 7 days',
    file,
    old: 'day >= learnt.until && ',
    mutated: '',
    by,
  },
  {
    rule: 'R25',
    what: 'a day without a delivery raises the learnt ceiling',
    file,
    old: ' && tallyOf(account, day).delivered > 0',
    mutated: '',
    by,
  },
  {
    rule: 'R25',
    what: 'a later refusal raises the learnt ceiling',
    file: 'src/domain/account/update.ts',
    old: 'Math.min(old?.cap ?? Infinity, learnt.cap)',
    mutated: 'learnt.cap',
    by,
  },
  {
    rule: 'R25',
    what: 'a start forgets the learnt ceiling',
    file: 'src/domain/entity/bareAccount.ts',
    old: 'learnt: stored?.learnt ? ',
    mutated: 'learnt: stored?.learnt && !stored ? ',
    by,
  },
];
