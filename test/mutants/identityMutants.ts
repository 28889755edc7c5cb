/** Spellings of one member: each of these mutants fails a check of the domain or of the database. */
import type { CheckName } from './checks/index.js';
import type { IdentityCheckName } from './identityChecks.js';
import type { Mutant } from './mutant.js';

const KEPT = 'src/domain/account/kept.ts';
const IDENTITIES = 'src/postgres/save/identities.ts';

export const SPELLING_MUTANTS: readonly Mutant<CheckName>[] = [
  {
    rule: 'R15',
    what: 'another spelling of a recipient is another recipient',
    file: 'src/domain/commands/observe.ts',
    old: 'isSameRecipient(slot.recipientId, recipientId)',
    mutated: 'slot.recipientId === recipientId',
    by: 'an observed InMail belongs to its recipient, in any spelling',
  },
  {
    rule: 'R15',
    what: 'a long spelling is kept without the number of its member',
    file: KEPT,
    old: 'kept(bare) === bare ? bare : printOf(id)',
    mutated: 'printOf(id)',
    by: 'two products give one member two ids, and one product does not',
  },
  {
    rule: 'R15',
    what: 'two ids of one product are one member, by their number',
    file: 'src/domain/primitives/linkedinId.ts',
    old: ' && a.kind !== b.kind',
    mutated: '',
    by: 'two products give one member two ids, and one product does not',
  },
  {
    rule: 'R3',
    what: 'the same request with another spelling of its recipient is a conflict',
    file: 'src/domain/commands/reserve.ts',
    old: '!isSameRecipient(slot.recipientId, request.recipientId ?? null)',
    mutated: 'slot.recipientId !== (request.recipientId ?? null)',
    by: 'the same request in another spelling is granted once',
  },
  {
    rule: 'R15',
    what: 'another spelling of a proof counts again',
    file: KEPT,
    old: '[normalProof(one), normalProof(other)]',
    mutated: '[one as string, other as string]',
    by: 'a proof counts once, in any spelling',
  },
  {
    rule: 'R13',
    what: 'a connect with another spelling of the same member is refused',
    file: 'src/domain/commands/administer.ts',
    old: '!isSameMember(start.identity, identity)',
    mutated: 'start.identity !== identity',
    by: 'an account may be connected again by another spelling of its member',
  },
];

export const IDENTITY_MUTANTS: readonly Mutant<IdentityCheckName>[] = [
  {
    rule: 'R13',
    what: 'members are compared by their spelling',
    file: IDENTITIES,
    old: 'identity === null ? null : memberOf(identity)',
    mutated: 'identity === null ? null : { normal: identity, number: null }',
    by: 'a second account of one member is found, in any spelling',
  },
  {
    rule: 'R13',
    what: 'rows of older code are not compared',
    file: IDENTITIES,
    old: '\n              or identity is distinct from identity_compared)',
    mutated: ')',
    by: 'a second account finds the first, whose spelling older code compared',
  },
  {
    rule: 'R13',
    what: 'accounts that are compared again hold each other',
    file: IDENTITIES,
    old: 'and (identity is distinct from identity_compared\n                or',
    mutated: 'and (false or',
    by: 'of two accounts that are compared again the first continues',
  },
];
