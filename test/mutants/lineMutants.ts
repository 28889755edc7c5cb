/** The waiting line (R21). */
import type { CheckName } from './checks/index.js';
import type { Mutant } from './mutant.js';

export const LINE_MUTANTS: readonly Mutant<CheckName>[] = [
  {
    rule: 'R21',
    what: 'the last priority is served first',
    file: 'src/domain/gate/line.ts',
    old: '.toSorted((a, b) => a - b)',
    mutated: '.toSorted((a, b) => b - a)',
    by: 'asks that wait are served by priority and arrival, never over the cap',
  },
  {
    rule: 'R21',
    what: 'a change of the account forgets the asks that wait',
    file: 'src/domain/account/update.ts',
    old: 'changedOr(change.line, old.line ?? EMPTY_LINE)',
    mutated: 'changedOr(change.line, EMPTY_LINE)',
    by: 'asks that wait are served by priority and arrival, never over the cap',
  },
  {
    rule: 'R21',
    what: 'an ask waits without limit',
    file: 'src/domain/commands/turns.ts',
    old: "return ask.validUntil <= at ? 'expired' : undefined;",
    mutated: 'return undefined;',
    by: 'an ask that waits is denied at the end of its time, and not before',
  },
  {
    rule: 'R21',
    what: 'a decision is answered before it is saved',
    file: 'src/domain/entity/entity.ts',
    old: '!outbox.some(',
    mutated: '!outbox.slice(0, 0).some(',
    by: 'a caller learns the decision of its ask after it is saved',
  },
  {
    rule: 'R21',
    what: 'an ask at its turn is not compared with the recipients',
    file: 'src/domain/commands/turns.ts',
    old: 'if (!barrier) return GRANTED;',
    mutated: 'if (barrier || !barrier) return GRANTED;',
    by: 'of two asks that wait for one recipient, one gets a slot',
  },
  {
    rule: 'R21',
    what: '`retryAt` ignores the asks that wait',
    file: 'src/domain/days/slotTimes.ts',
    old: 'const before = waitingOf(account).length;\n  if',
    mutated: 'const before = 0;\n  if',
    by: 'the forecast for others counts the asks that wait',
  },
  {
    rule: 'R21',
    what: 'all campaigns have the same weight',
    file: 'src/domain/gate/line.ts',
    old: '.find((one) => one.campaignId === campaignId)?.weight',
    mutated: '.find(() => false)?.weight',
    by: 'campaigns get slots in proportion to their weights',
  },
  {
    rule: 'R21',
    what: 'a campaign that was idle yesterday gets all slots of today',
    file: 'src/domain/gate/line.ts',
    old: 'dueIn(open).reduce(',
    mutated: 'open.reduce(',
    by: 'today decides between two campaigns, and then the days before',
  },
  {
    rule: 'R21',
    what: 'the remainder of each day goes to the same campaign',
    file: 'src/domain/gate/line.ts',
    old: '({ remembered }) => remembered',
    mutated: '({ today }) => today',
    by: 'today decides between two campaigns, and then the days before',
  },
];
