/** Mutants of the balance of credits (R24), which the model detects. */
import type { Mutant } from './mutant.js';

const by = 'the model';

export const CREDIT_MODEL_MUTANTS: readonly Mutant<typeof by>[] = [
  {
    rule: 'R24',
    what: 'a slot that was given back keeps its credit',
    file: 'src/domain/account/credits.ts',
    old: "slot.state !== 'released' && slot.reservedAt",
    mutated: 'slot.reservedAt',
    by,
  },
  {
    rule: 'R24',
    what: 'a free InMail costs a credit',
    file: 'src/domain/account/credits.ts',
    old: 'slot.free !== true && ',
    mutated: '',
    by,
  },
  {
    rule: 'R24',
    what: 'a balance of 0 stops no account',
    file: 'src/domain/account/credits.ts',
    old: 'if (credits.balance > 0) {',
    mutated: 'if (credits.balance >= 0) {',
    by,
  },
  {
    rule: 'R24',
    what: 'credits of more than three months are kept',
    file: 'src/domain/account/credits.ts',
    old: 'Math.min(before + grant, CREDIT_MONTHS_MAX * grant)',
    mutated: 'before + grant',
    by,
  },
  {
    rule: 'R24',
    what: 'a balance closes the breaker that LinkedIn itself has opened',
    file: 'src/domain/account/credits.ts',
    old: 'breakerUntil: isOpened ? null : breakerUntil',
    mutated: 'breakerUntil: null',
    by,
  },
  {
    rule: 'R24',
    what: 'an older balance replaces a newer one',
    file: 'src/domain/commands/credits.ts',
    old: 'credits && at <= credits.at ?',
    mutated: 'credits && at < 0 ?',
    by,
  },
  {
    rule: 'R24',
    what: 'a free InMail waits for credits',
    file: 'src/domain/gate/gate.ts',
    old: 'isFree || !isBroken(account, at)',
    mutated: '!isBroken(account, at)',
    by,
  },
  {
    rule: 'R24',
    what: 'each recorded reply gives a credit back',
    file: 'src/domain/account/credits.ts',
    old: 'event.reply.ignored === null ? 1 : 0',
    mutated: '1',
    by,
  },
  {
    rule: 'R24',
    what: 'a reply is that of the first InMail of its chat',
    file: 'src/domain/commands/reply.ts',
    old: 'inOrder.findLast(({ sentAt }) => sentAt <= at) ?? inOrder[0]',
    mutated: 'inOrder[0]',
    by,
  },
  {
    rule: 'R24',
    what: 'an InMail that was observed late counts from its report',
    file: 'src/domain/entity/lookup.ts',
    old: 'sentAt: row.deliveredAt',
    mutated: 'sentAt: account.now',
    by,
  },
];
