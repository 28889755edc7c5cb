/** Workflows: each of these breaks a check on a worker that runs the broken bundle. */
import type { Mutant } from './mutant.js';
import type { WorkflowCheckName } from './workflowChecks.js';

const CHORES = 'src/workflows/chores.ts';
const MAILBOX = 'src/workflows/mailbox.ts';
const SELF = 'src/workflows/self.ts';
const LOOP = 'src/workflows/inmailAccount.ts';

export const WORKFLOW_MUTANTS: readonly Mutant<WorkflowCheckName>[] = [
  {
    rule: 'R3',
    what: 'the ledger is not carried over continue-as-new',
    file: SELF,
    old: 'const { start, actor, waiting, isCancelled, isReset } = this;',
    mutated: `const { start, waiting, isCancelled, isReset } = this;
    const actor = this.actor && { ...this.actor, account: { ...this.actor.account, slots: [] } };`,
    by: 'an id that was settled is remembered after continue-as-new',
  },
  {
    rule: 'R7',
    what: 'midnight is not armed',
    file: LOOP,
    old: '  self.midnight.arm(startOf(day) + DAY_MS - start + spread);\n',
    mutated: '  void day; void spread; void DAY_MS;\n',
    by: 'an idle account resets itself at midnight',
  },
  {
    rule: 'R12',
    what: 'a run that failed counts as a success',
    file: CHORES,
    old: "[{ type: 'ReconcileFailed', at: self.now() }]",
    mutated: "[{ type: 'Reconciled', at: self.now() }]",
    by: 'a run that failed verifies nothing',
  },
  {
    rule: 'R18',
    what: 'a bad Signal fails the workflow',
    file: MAILBOX,
    old: 'if (!parsed.ok) return complain(self, message.name, parsed.message);',
    mutated: 'if (!parsed.ok) throw failureOf(parsed);',
    by: 'a bad Signal fails no workflow',
  },
  {
    rule: 'R18',
    what: 'Updates have no validator',
    file: MAILBOX,
    old: "{ validator: (raw) => void valueOf(message.parse(raw, 'strict', self.now())) }",
    mutated: '{}',
    by: 'a bad Update leaves no trace',
  },
  {
    rule: 'R1',
    what: 'the reply comes before the count',
    file: SELF,
    old: '    this.actor = told.actor;\n',
    mutated: '    void Promise.resolve().then(() => { this.actor = told.actor; });\n',
    by: 'of a batch no more is granted than the cap allows',
  },
  {
    rule: 'R14',
    what: 'nobody says that an edit was told, so each run tells it again',
    file: CHORES,
    old: 'reconciled(self.read(), batch, ran.events, ran.foreign, at)',
    mutated: 'reconciled(self.read(), batch, ran.events, null, at)',
    by: 'an edit made just before a save is found by the next run, once',
  },
  {
    rule: 'R14',
    what: 'a row that another owner has taken is shrugged off',
    file: CHORES,
    old: 'const isOwn = found.owner === actor.owner;',
    mutated: 'const isOwn = true;',
    by: 'an account whose row is taken rests',
  },
  {
    rule: 'R8',
    what: '`reconcileNow` answers with the run before',
    file: MAILBOX,
    old: 'const mine = (self.runsAsked += 1);',
    mutated: 'const mine = self.runsAsked || (self.runsAsked += 1);',
    by: 'who asks for a run hears of a new one',
  },
  {
    rule: 'R12',
    what: 'a cold account that is asked is not checked',
    file: MAILBOX,
    old: 'if (isCold(self, ask)) return',
    mutated: 'if (isCold(self, ask) && self.isSlow) return',
    by: 'a cold account that is asked is checked, then granted',
  },
  {
    rule: 'R13',
    what: 'a Temporal cancel is not heard',
    file: LOOP,
    old: '    self.isCancelled = true;\n',
    mutated: '',
    by: 'a Temporal cancel is a disconnect',
  },
  {
    rule: 'R13',
    what: 'a Signal that comes before the rows are read back is lost',
    file: MAILBOX,
    old: 'else self.waiting.push({ name: message.name, raw });',
    mutated: '',
    by: 'a Signal that comes before the rows are read back is taken',
  },
];
