/** What people see: "can it send?", and the actions of people on alerts. */
import type { CheckName } from './checks/index.js';
import type { Mutant } from './mutant.js';

const CAN_SEND = 'src/domain/wire/canSend.ts';
const HELP = 'src/domain/diagnostics/alerts/alertHelp.ts';
const ACT = 'src/domain/diagnostics/alerts/act.ts';

export const ANSWER_MUTANTS: readonly Mutant<CheckName>[] = [
  {
    rule: 'R17',
    what: 'an account that can send shows one slot less than it has',
    file: CAN_SEND,
    old: 'remainingToday + 1',
    mutated: 'remainingToday',
    by: 'an account that can send shows what is left, and a full one the next midnight',
  },
  {
    rule: 'R17',
    what: 'an account that waits for midnight needs a person',
    file: CAN_SEND,
    old: 'const needsPerson = retryAt === null;',
    mutated: 'const needsPerson = true;',
    by: 'an account that can send shows what is left, and a full one the next midnight',
  },
  {
    rule: 'R17',
    what: 'the time of the next reconcile is promised as the time of a grant',
    file: CAN_SEND,
    old: "reason === 'unverified' ? null : retryAt",
    mutated: 'retryAt',
    by: 'an account that waits for a reconcile promises no instant',
  },
  {
    rule: 'R17',
    what: 'a held account is in the group of those that time helps',
    file: CAN_SEND,
    old: "canSend.needsPerson ? 'person' : 'waits'",
    mutated: "canSend.notBefore ? 'person' : 'waits'",
    by: 'an account is in the group of what it waits for',
  },
  {
    rule: 'R17',
    what: 'a disconnected account calls a person',
    file: CAN_SEND,
    old: "  if (canSend.reason === 'disconnected') return 'none';\n",
    mutated: '',
    by: 'an account is in the group of what it waits for',
  },
  {
    rule: 'R8',
    what: 'a person hides an alert whose cause continues',
    file: ACT,
    old: '!mayClose(kind, alert.isConnected)',
    mutated: 'mayClose(kind, alert.isConnected) === undefined',
    by: 'a person closes only an alert that ends with no cause',
  },
  {
    rule: 'R8',
    what: 'an alert of a disconnected account stays open forever',
    file: HELP,
    old: "|| (endedBy !== 'audit' && !isConnected)",
    mutated: '|| isConnected === undefined',
    by: 'a person closes only an alert that ends with no cause',
  },
  {
    rule: 'R8',
    what: 'a person closes what only an audit ends',
    file: HELP,
    old: "(endedBy !== 'audit' && !isConnected)",
    mutated: '!isConnected',
    by: 'a person closes only an alert that ends with no cause',
  },
  {
    rule: 'R8',
    what: 'a person closes a report that no person has seen',
    file: ACT,
    old: 'knownRaisedAt < raisedAt',
    mutated: 'knownRaisedAt > raisedAt',
    by: 'a report that the person did not see is not closed',
  },
];
