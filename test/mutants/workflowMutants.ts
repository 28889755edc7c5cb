/** Workflows: each of these mutants fails a check on a worker that runs the broken bundle. */
import type { Mutant } from './mutant.js';
import type { WorkflowCheckName } from './workflowChecks.js';

const SAVING = 'src/workflows/persistence/saving.ts';
const MAILBOX = 'src/workflows/messages/messageHandlers.ts';
const ASKS = 'src/workflows/messages/asks.ts';
const SELF = 'src/workflows/accountRun.ts';
const INBOX = 'src/workflows/messages/inbox.ts';
const PROXIES = 'src/workflows/activityProxies.ts';
const REPLIES = 'src/workflows/messages/replies.ts';
const ANSWERS = 'src/temporal/answers.ts';
const LOOP = 'src/workflows/inmailAccount.ts';

export const WORKFLOW_MUTANTS: readonly Mutant<WorkflowCheckName>[] = [
  {
    rule: 'R3',
    what: 'the remembered ids are not handed over by continue-as-new',
    file: SELF,
    old: 'const { start, entity: actor, isCancelled, wasReset: isReset, isBehind, replies } = this;',
    mutated: `const { start, isCancelled, wasReset: isReset, isBehind, replies } = this;
    const actor = this.entity && {
      ...this.entity,
      account: { ...this.entity.account, slots: [] },
    };`,
    by: 'a settled id is remembered after continue-as-new',
  },
  {
    rule: 'R7',
    what: 'no timer is set for midnight',
    file: LOOP,
    old: '  self.midnight.arm(startOf(day) + DAY_MS - start + spread);\n',
    mutated: '  void day; void spread; void DAY_MS;\n',
    by: 'an idle account resets itself at midnight',
  },
  {
    rule: 'R12',
    what: 'a reconcile that failed counts as a success',
    file: SAVING,
    old: "[{ type: 'ReconcileFailed', at, isUnknown }]",
    mutated: "[{ type: 'Reconciled', at }]",
    by: 'a reconcile that failed verifies nothing',
  },
  {
    rule: 'R14',
    what: 'the answer of another activity is accepted',
    file: ANSWERS,
    old: 'answerOf === undefined || answerOf === name',
    mutated: 'answerOf === undefined || answerOf !== undefined',
    by: 'the answer of another activity is not accepted',
  },
  {
    rule: 'R18',
    what: 'a bad Signal fails the workflow',
    file: MAILBOX,
    old: 'complain(self, name, parsed.message);',
    mutated: 'throw failureOf(parsed);',
    by: 'a bad Signal fails no workflow',
  },
  {
    rule: 'R18',
    what: 'Updates have no validator',
    file: MAILBOX,
    old: "validator: (raw) => void valueOf(parse(raw, 'strict', self.now())),",
    mutated: '',
    by: 'a bad Update leaves no trace',
  },
  {
    rule: 'R1',
    what: 'the reply comes before the count',
    file: SELF,
    old: '    this.entity = executed.entity;\n',
    mutated: '    void Promise.resolve().then(() => { this.entity = executed.entity; });\n',
    by: 'of a batch no more is granted than the cap allows',
  },
  {
    rule: 'R14',
    what: 'no save records that an edit was reported, so each reconcile reports it again',
    file: SAVING,
    old: 'reconciled(self.read(), batch, ran.events, ran.foreign, at)',
    mutated: 'reconciled(self.read(), batch, ran.events, null, at)',
    by: 'an edit made just before a save is found by the next reconcile, once',
  },
  {
    rule: 'R14',
    what: 'a row that another owner has taken is ignored',
    file: SAVING,
    old: 'const isOwn = found.owner === entity.owner;',
    mutated: 'const isOwn = true;',
    by: 'an account whose row is taken grants nothing',
  },
  {
    rule: 'R14',
    what: 'rows of a lost task are treated as rows of a second writer',
    file: SAVING,
    old: 'if (isOwn && (found.lastWrite ?? -1) >= write.number) {',
    mutated: 'if (isOwn && (found.lastWrite ?? -1) > write.number + 1_000) {',
    by: 'rows of a lost task are added to the account',
  },
  {
    rule: 'R8',
    what: '`reconcileNow` answers with the reconcile before',
    file: 'src/workflows/messages/patience.ts',
    old: 'const mine = (self.runsAsked += 1);',
    mutated: 'const mine = self.runsAsked || (self.runsAsked += 1);',
    by: 'a caller that asks for a reconcile gets the result of a new reconcile',
  },
  {
    rule: 'R12',
    what: 'a cold account that is asked is not checked',
    file: ASKS,
    old: 'return wantsCheck(account, account.now, free);',
    mutated: 'return self.isSlow && wantsCheck(account, account.now);',
    by: 'a cold account that is asked is checked, then granted',
  },
  {
    rule: 'R13',
    what: 'a Temporal cancel is ignored',
    file: LOOP,
    old: '    self.isCancelled = true;\n',
    mutated: '',
    by: 'a Temporal cancel is a disconnect',
  },
  {
    rule: 'R13',
    what: 'a Signal that comes before the rows are read back is lost',
    file: SELF,
    old: '[...this.waiting.splice(0), ...this.inbox]',
    // An Update is kept, because its caller and the check would wait without end.
    mutated: '[...this.waiting.splice(0), ...this.inbox.filter(({ update }) => update)]',
    by: 'a Signal that comes before the rows are read back is processed',
  },
  {
    rule: 'R18',
    what: 'messages of a task are processed by name',
    file: INBOX,
    old: 'bufferedSignals.splice(0)',
    mutated: `bufferedSignals
    .splice(0)
    .sort((a, b) => (String(a.signalName) < String(b.signalName) ? -1 : 1))`,
    by: 'messages of a task are processed in the order of their arrival',
  },
  {
    rule: 'R18',
    what: 'a task processes everything that waits',
    file: MAILBOX,
    old: 'n < self.inbox.length && taken < most',
    mutated: 'n < self.inbox.length && taken < most * 1_000',
    by: 'a backlog is processed in several tasks',
  },
  {
    rule: 'R18',
    what: 'all replies are sent at once',
    file: REPLIES,
    old: 'self.repliesUnderWay < REPLIES_AT_ONCE && ',
    mutated: 'REPLIES_AT_ONCE > 0 && ',
    by: 'only a few replies are sent at the same time',
  },
  {
    rule: 'R18',
    what: 'the fast way to Postgres is a local activity',
    file: PROXIES,
    old: 'return () => (hasChanges() ? outside : inTask);',
    mutated: 'return () => (hasChanges() ? inTask : outside);',
    by: 'an account calls no activity in its own task',
  },
];
