/** Shadow mode (R23). */
import type { CheckName } from './checks/index.js';
import type { Mutant } from './mutant.js';

const by = 'the model';

export const SHADOW_MODEL_MUTANTS: readonly Mutant<typeof by>[] = [
  {
    rule: 'R23',
    what: 'an account in shadow mode denies',
    file: 'src/domain/gate/shadow.ts',
    old: 'if (!isShadow(account.policy)) return',
    mutated: 'if (!isShadow(account.policy) || barrier) return',
    by,
  },
  {
    rule: 'R23',
    what: 'the row of a grant in shadow mode has no reason',
    file: 'src/domain/records/changeLog.ts',
    old: '...(wouldDeny ? { wouldDeny } : {}),',
    mutated: '',
    by,
  },
  {
    rule: 'R23',
    what: 'a report before the save removes the reason from the row',
    file: 'src/domain/entity/outbox.ts',
    old: 'old.row.quotaDay === row.quotaDay ? marksOf(old.row) : {}',
    mutated: '{}',
    by,
  },
  {
    rule: 'R23',
    what: 'an account in the mode enforce grants what it would deny',
    file: 'src/domain/account/policy.ts',
    old: "modeOf(policy) === 'shadow'",
    mutated: 'modeOf(policy) !== undefined',
    by,
  },
  {
    rule: 'R23',
    what: 'a restart ends the shadow mode',
    file: 'src/domain/commands/policyChange.ts',
    old: 'change.mode === undefined ? old.mode : change.mode',
    mutated: 'change.mode',
    by,
  },
];

const ALWAYS = 'an account in shadow mode denies if it is disconnected, and a late ask';

export const SHADOW_MUTANTS: readonly Mutant<CheckName>[] = [
  {
    rule: 'R23',
    what: 'a disconnected account in shadow mode grants',
    file: 'src/domain/gate/gate.ts',
    old: 'if (options.inShadow) return always ??',
    mutated: 'if (options.inShadow) return expired(asked) ??',
    by: ALWAYS,
  },
  {
    rule: 'R23',
    what: 'an ask that is too late gets a slot in shadow mode',
    file: 'src/domain/gate/gate.ts',
    old: 'if (options.inShadow) return always ??',
    mutated: 'if (options.inShadow) return disconnected(asked) ??',
    by: ALWAYS,
  },
  {
    rule: 'R23',
    what: 'an account in shadow mode with a full state grants',
    file: 'src/domain/gate/gate.ts',
    old: '?? tooManyRows(asked) ?? stateIsFull(asked);',
    mutated: '?? tooManyRows(asked);',
    by: 'an account in shadow mode keeps at most 600 slots',
  },
  {
    rule: 'R23',
    what: 'a hold forbids the call of a grant in shadow mode',
    file: 'src/domain/gate/cooldown.ts',
    old: '(isShadow(account.policy) ||',
    mutated: '(',
    by: 'a hold stops no call of an account in shadow mode',
  },
  {
    rule: 'R23',
    what: 'an ask waits in shadow mode',
    file: 'src/domain/commands/line.ts',
    old: ' && !isShadowed;',
    mutated: ';',
    by: 'no ask waits in shadow mode',
  },
];
