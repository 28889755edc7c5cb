/** Decisions of a run and state of an account: each of these mutants fails a check of the domain. */
import { FULL_ACCOUNT_MUTANTS } from './fullAccountMutants.js';
import { REPLY_MUTANTS } from './replyMutants.js';
import { BRAKE_MUTANTS } from './brakeMutants.js';
import type { CheckName } from './checks/index.js';
import { ANSWER_MUTANTS } from './answerMutants.js';
import { EDGE_MUTANTS } from './edgeMutants.js';
import { LINE_MUTANTS } from './lineMutants.js';
import { ORDER_MUTANTS } from './orderMutants.js';
import { RESTORED_MUTANTS } from './restoredMutants.js';
import { SHADOW_MUTANTS } from './shadowMutants.js';
import { SIGNED_MUTANTS } from './signedMutants.js';
import { SPELLING_MUTANTS } from './identityMutants.js';
import type { Mutant } from './mutant.js';

const RECONCILE = 'src/domain/reconcile/reconcile.ts';
const LEASES = 'src/domain/reconcile/leases.ts';
const ALERTS = 'src/domain/reconcile/runAlerts.ts';
const ACTOR = 'src/domain/entity/entity.ts';
const MERGE = 'src/domain/reconcile/merge.ts';
const AUDIT = 'src/domain/reconcile/fleetAudit.ts';

export const DOMAIN_MUTANTS: readonly Mutant<CheckName>[] = [
  {
    rule: 'R8',
    what: 'layer 2 reads the counter after the correction',
    file: RECONCILE,
    old: 'overshoot(account, today.before, foreign, at)',
    mutated: 'overshoot(account, today.after, foreign, at)',
    by: 'layer 2 reads the counter before the correction',
  },
  {
    rule: 'R8',
    what: "layer 2 ignores the database's counter and reads only the workflow's",
    file: 'src/domain/reconcile/dayFindings.ts',
    old: 'Math.max(own, foreign.counter)',
    mutated: 'own',
    by: 'layer 2 reads the counter before the correction',
  },
  {
    rule: 'R8',
    what: 'a drift of 5 raises the alert',
    file: 'src/domain/account/counter.ts',
    old: 'drift > DRIFT_MAX',
    mutated: 'drift >= DRIFT_MAX',
    by: 'a drift of 5 raises no alert, a drift of 6 does',
  },
  {
    rule: 'R8',
    what: 'an overshoot must be more than a fifth',
    file: 'src/domain/gate/cooldown.ts',
    old: 'OVERSHOOT.counterTimes * counter >= OVERSHOOT.capTimes * cap',
    mutated: 'OVERSHOOT.counterTimes * counter > OVERSHOOT.capTimes * cap',
    by: '60 of 50 starts a cooldown, 59 does not',
  },
  {
    rule: 'R8',
    what: 'an overshoot starts a cooldown again and again',
    file: 'src/domain/gate/cooldown.ts',
    old: 'counterBefore > cooledAtCounter && ',
    mutated: '',
    by: 'an overshoot starts one cooldown, and another when the counter has grown',
  },
  {
    rule: 'R8',
    what: 'a row that was edited before midnight is not compared after midnight',
    file: 'src/domain/gate/cooldown.ts',
    old: 'return isOvershoot(edit.counter, cap) ? ',
    mutated: 'return isOvershoot(0, cap) ? ',
    by: 'a manual edit just before midnight starts a cooldown after midnight',
  },
  {
    rule: 'R17',
    what: 'the explanation leaves out what was imported',
    file: 'src/domain/gap/breakdown.ts',
    old: "if (imported !== 0) add('imported', imported);",
    mutated: '',
    by: 'the parts of a gap add up to it',
  },
  {
    rule: 'R17',
    what: 'the words for the owner leave out what is uncertain',
    file: 'src/domain/diagnostics/why/customer.ts',
    old: 'status.inFlight + status.uncertain + ',
    mutated: 'status.inFlight + ',
    by: 'the words for the owner add up to the counter and name no person',
  },
  {
    rule: 'R17',
    what: 'the words for the owner repeat the reason of a hold',
    file: 'src/domain/diagnostics/why/customerStops.ts',
    old: ": 'Sending was stopped.';",
    mutated: ': `Sending was stopped: ${hold?.reason}.`;',
    by: 'the words for the owner add up to the counter and name no person',
  },
  {
    rule: 'R8',
    what: 'each drift is for information only',
    file: ALERTS,
    old: "isUnderWay(parts) ? 'info' : 'warning'",
    mutated: "isUnderWay(parts) ? 'info' : 'info'",
    by: 'a drift of slots in flight is for information only',
  },
  {
    rule: 'R8',
    what: 'the first reconcile of a day ignores the day before',
    file: RECONCILE,
    old: 'isFirst || looksBack ? [day - 1] : []',
    mutated: '[]',
    by: 'the first reconcile of a day checks the day before',
  },
  {
    rule: 'R8',
    what: 'the minimum is removed: a correction keeps only delivered slots',
    file: RECONCILE,
    old: 'facts.apply(leaseOver(slot, kept, at));',
    mutated:
      'facts.apply(leaseOver({ ...slot, journaled: true, leaseExpiresAt: 0 }, { known: ' +
      'new Set([slot.reservationId]), fenced: new Set([slot.reservationId]) }, at));',
    by: 'a reconcile never lowers the counter below what is in flight',
  },
  {
    rule: 'R5',
    what: "a release lowers today's counter, whatever the day of its slot",
    file: 'src/domain/account/counter.ts',
    old: 'return { inFlight, uncertain, delivered, external, imported, unexplained };',
    mutated: `const others = account.slots.filter(
      (slot) => slot.state === 'released' && slot.quotaDay === day - 1,
    );
    delivered -= others.length;
    return { inFlight, uncertain, delivered, external, imported, unexplained };`,
    by: 'a release counts on the quota day of its slot only',
  },
  {
    rule: 'R8',
    what: 'a reconcile sets the counter to what it read: messages that arrived meanwhile are lost',
    file: 'src/domain/entity/writes.ts',
    old: 'const facts = applicable(entity.account, events);',
    mutated: 'const facts = events;',
    by: 'messages that arrive during a reconcile keep their effect',
  },
  {
    rule: 'R15',
    what: 'a send that was observed during a reconcile counts twice',
    file: MERGE,
    old: 'return !isCounted(account, event.external);',
    mutated: 'return true;',
    by: 'a send that was observed during a reconcile counts once',
  },
  {
    rule: 'R14',
    what: 'an edit that a save found during a reconcile is forgotten',
    file: 'src/domain/entity/writes.ts',
    old: 'kept.foreign?.id === foreign?.id ? null : kept.foreign',
    mutated: 'null',
    by: 'an edit that a save found during a reconcile is kept for the next reconcile',
  },
  {
    rule: 'R8',
    what: 'an attempt without a grant does not count',
    file: 'src/domain/reconcile/evidence.ts',
    old: 'for (const attempt of found.attempts) facts.apply(attempted(facts.view, attempt, at));',
    mutated: `for (const attempt of found.attempts) {
      const { slots } = facts.view;
      const isKnown = slots.some((slot) => slot.reservationId === attempt.reservationId);
      if (isKnown) facts.apply(attempted(facts.view, attempt, at));
    }`,
    by: 'an attempt without a grant counts, and a void row does not',
  },
  {
    rule: 'R6',
    what: 'a slot without a report is released without a void row',
    file: LEASES,
    old: "return isOver ? [changed(slot, 'uncertain', 'lease_over', at)] : [];",
    mutated: "return isOver ? [changed(slot, 'released', 'lease_over', at)] : [];",
    by: 'a lease that has ended frees a slot only with a void row',
  },
  {
    rule: 'R6',
    what: 'a void row releases the slot of a caller without a journal',
    file: LEASES,
    old: 'journaled && fenced.has',
    mutated: 'fenced.has',
    by: 'a lease that has ended frees a slot only with a void row',
  },
  {
    rule: 'R6',
    what: 'a lease runs a millisecond longer than its answer states',
    file: LEASES,
    old: 'at >= slot.leaseExpiresAt;',
    mutated: 'at > slot.leaseExpiresAt;',
    by: 'a lease ends at its last instant, and not before',
  },
  {
    rule: 'R4',
    what: 'a journal row with the proof of another InMail counts one more',
    file: 'src/domain/reconcile/evidence.ts',
    old: 'return owner || isExternal ? [] : proven(',
    mutated: 'return isExternal ? [] : proven(',
    by: 'a journal row that copies the proof of another InMail adds nothing',
  },
  {
    rule: 'R8',
    what: 'a reservation that a manual edit deleted is not written again',
    file: RECONCILE,
    old: 'facts.apply(restored(account, facts.view, found));',
    mutated: '',
    by: 'a row that Postgres has lost is written again',
  },
  {
    rule: 'R15',
    what: 'a claim moves the reservation to the day of what it claims',
    file: 'src/domain/commands/deliver.ts',
    old: 'deliveredSlot(slot, { chatId: proof.chatId, messageId }, deliveredAt, isAdopted)',
    mutated: `deliveredSlot({ ...slot, quotaDay: observed?.quotaDay ?? slot.quotaDay },
      { chatId: proof.chatId, messageId }, deliveredAt, isAdopted)`,
    by: 'a reservation counts on its own day, also when it claims a send of another',
  },
  {
    rule: 'R12',
    what: 'a save drops rows by their position, also rows that arrived meanwhile',
    file: 'src/domain/entity/writes.ts',
    old: 'entity.outbox.filter(({ number }) => !numbers.has(number))',
    mutated: 'entity.outbox.slice(numbers.size)',
    by: 'rows that arrived during a save still wait',
  },
  {
    rule: 'R8',
    what: 'an account becomes cold before a reconcile has found everything equal',
    file: ACTOR,
    old: '  entity.version !== entity.equalVersion ||\n',
    mutated: '',
    by: 'an account is hot until a reconcile has found everything equal',
  },
  {
    rule: 'R9',
    what: 'an overshoot during another cooldown is forgotten',
    file: ACTOR,
    old: '  isOvershooting(entity.account) ||\n',
    mutated: '',
    by: 'an overshoot during another cooldown starts its cooldown after it',
  },
  {
    rule: 'R7',
    what: 'a message does not change the day',
    file: ACTOR,
    old: 'const rolled = pass(entity, at);',
    mutated: 'const rolled = { ...entity, account: { ...entity.account, now: at } };',
    by: 'the first message after midnight finds the new day',
  },
  {
    rule: 'R7',
    what: 'midnight forgets an overshoot',
    file: 'src/domain/days/rollover.ts',
    old: '...overshootAt(account, rolledAt(midnight, at)), ',
    mutated: '',
    by: 'the change of the day checks the closing counter',
  },
  {
    rule: 'R13',
    what: "a start does not look at its row's counter",
    file: 'src/domain/entity/restore.ts',
    old: 'Math.max(closed, current, said)',
    mutated: 'Math.max(closed, said)',
    by: 'a start on the same day gives no second cap',
  },
  {
    rule: 'R14',
    what: 'after a reset a release hides a delivery',
    file: 'src/domain/account/slot.ts',
    old: '  released: 2,\n  delivered: 3,',
    mutated: '  released: 3,\n  delivered: 2,',
    by: 'of two versions of a slot the higher state wins',
  },
  {
    rule: 'R14',
    what: 'after a reset a send that only one version knows is lost',
    file: MERGE,
    old: 'facts.apply(counted(facts.view, one, one.at));',
    mutated: 'void one;',
    by: 'of two versions of a slot the higher state wins',
  },
  {
    rule: 'R4',
    what: 'after a reset a delivery and its observed send count twice',
    file: MERGE,
    old: '  if (slot) return [completed(slot, external)];\n',
    mutated: '',
    by: 'a delivery takes the message that the other version has observed',
  },
  {
    rule: 'R4',
    what: 'a reconcile counts a delivery and its observed send separately',
    file: 'src/domain/reconcile/reconcile.ts',
    old: '  for (const slot of facts.view.slots) facts.apply(claimedBy(facts.view, slot));\n',
    mutated: '',
    by: 'a delivery takes the observed message that is counted separately',
  },
  {
    rule: 'R8',
    what: 'the audit does not wake an account whose row was edited',
    file: AUDIT,
    old: ' || isEdited',
    mutated: '',
    by: 'the audit wakes each account that disagrees',
  },
  {
    rule: 'R8',
    what: 'no account is ever overdue',
    file: AUDIT,
    old: 'hotSince !== null && Math.max(',
    mutated: 'day > today && hotSince !== null && Math.max(',
    by: 'a hot account without a reconcile is overdue after 20 minutes',
  },
  {
    rule: 'R16',
    what: 'a database clock that is behind raises no alert',
    file: AUDIT,
    old: 'Math.abs(skewMs) <= CLOCK_SKEW_MS',
    mutated: 'skewMs <= CLOCK_SKEW_MS',
    by: 'two clocks may differ by a minute, in both directions',
  },
  ...EDGE_MUTANTS,
  ...SPELLING_MUTANTS,
  ...FULL_ACCOUNT_MUTANTS,
  ...ANSWER_MUTANTS,
  ...LINE_MUTANTS,
  ...SHADOW_MUTANTS,
  ...BRAKE_MUTANTS,
  ...ORDER_MUTANTS,
  ...REPLY_MUTANTS,
  ...RESTORED_MUTANTS,
  ...SIGNED_MUTANTS,
];
