/** Mutants of replies that give a credit back (R24): each fails a check of the domain. */
import type { CheckName } from './checks/index.js';
import type { Mutant } from './mutant.js';

const file = 'src/domain/commands/reply.ts';

export const REPLY_MUTANTS: readonly Mutant<CheckName>[] = [
  {
    rule: 'R24',
    what: 'a reply gives a credit back however late it comes',
    file,
    old: "if (at - sentAt > REPLY_REFUND_DAYS * DAY_MS) return 'too_late';",
    mutated: 'void [at, sentAt, REPLY_REFUND_DAYS, DAY_MS];',
    by: 'a reply after more than 90 days gives no credit back',
  },
  {
    rule: 'R24',
    what: 'a reply to a free InMail gives a credit back',
    file,
    old: "if (free) return 'free';",
    mutated: 'void free;',
    by: 'a reply to a free InMail gives no credit back',
  },
  {
    rule: 'R24',
    what: 'a reply that the observed balance includes is counted again',
    file,
    old: 'return at > credits.at ? null',
    mutated: 'return at >= credits.at ? null',
    by: 'a reply before the observed balance gives no credit back',
  },
  {
    rule: 'R24',
    what: 'a second reply in a chat gives a credit back',
    file,
    old: 'if (logged.isRecorded) {',
    mutated: 'if (false as boolean) {',
    by: 'a reply gives one credit back for each chat',
  },
  {
    rule: 'R24',
    what: 'a reply in any chat is taken for that of an InMail',
    file,
    old: "slot.state === 'delivered' && isSameId(slot.chatId, chatId)",
    mutated: "slot.state === 'delivered' && (void [isSameId, chatId], true)",
    by: 'a reply in a chat without an InMail is refused',
  },
  {
    rule: 'R24',
    what: 'replies that a lost task had recorded are forgotten',
    file: 'src/domain/reconcile/merge.ts',
    old: 'count > 0 ?',
    mutated: 'count < 0 ?',
    by: 'two states of one account have the replies of both',
  },
];
