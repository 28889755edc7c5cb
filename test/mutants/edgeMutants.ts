/** What comes in at an edge, and what a start reads out of a closed run. */
import type { CheckName } from '../domain/checks/index.js';
import type { Mutant } from './mutant.js';

export const EDGE_MUTANTS: readonly Mutant<CheckName>[] = [
  {
    rule: 'R18',
    what: 'a reply may go to workflows of ours',
    file: 'src/domain/replyTo.ts',
    old: 'plain(workflowId).startsWith(prefix)',
    mutated: "prefix === 'temporal-sys-' && plain(workflowId).startsWith(prefix)",
    by: 'a reply goes to no workflow of Temporal or of ours',
  },
  {
    rule: 'R18',
    what: 'a reply over HTTP may go to any workflow of others',
    file: 'src/domain/replyTo.ts',
    old: 'if (workflowId.startsWith(prefix)) return',
    mutated: 'if (workflowId) return',
    by: 'a reply over HTTP goes only where the operator of the server allows it',
  },
  {
    rule: 'R18',
    what: 'a reply over HTTP needs no setting of the server',
    file: 'src/domain/replyTo.ts',
    old: '  if (!prefix) {\n',
    mutated: '  if (!prefix) return undefined;\n  if (!prefix) {\n',
    by: 'a reply over HTTP goes only where the operator of the server allows it',
  },
  {
    rule: 'R18',
    what: 'control characters of a reason reach the terminal',
    file: 'src/domain/text.ts',
    old: 'text.replaceAll(HIDDEN, escaped)',
    mutated: 'text',
    by: 'nothing that a person reads steers a terminal',
  },
  {
    rule: 'R13',
    what: 'the history of the last run adds no delivery',
    file: 'src/domain/lastRun.ts',
    old: '      return outcome(account, deliver, heard.input, heard);',
    mutated: '      return [];',
    by: 'a delivery that the last run answered and did not save is counted',
  },
  {
    rule: 'R14',
    what: 'a run that was reset goes on as if nothing had been written after it',
    file: 'src/domain/endings.ts',
    old: 'if (stored.version === stored.ownerVersion) return [];',
    mutated: 'if (stored.version >= stored.ownerVersion) return [];',
    by: 'a run that was reset behind its row waits',
  },
  {
    rule: 'R5',
    what: 'a restricted account is only held: nobody is called',
    file: 'src/domain/fail.ts',
    old: "{ type: 'RampRestarted' }, raised];",
    mutated: "{ type: 'RampRestarted' }];",
    by: 'an account that LinkedIn restricts calls a person',
  },
  {
    rule: 'R5',
    what: 'a throttle with an unreadable duration is refused, and nothing pauses',
    file: 'src/domain/messages.ts',
    old: "fields.hint('retryAfterSeconds', pause(at))",
    mutated: "fields.may('retryAfterSeconds', pause(at))",
    by: 'a report counts whatever its optional fields say',
  },
  {
    rule: 'R18',
    what: 'a Signal of an observed send without its time is dropped',
    file: 'src/domain/messages.ts',
    old: "? (fields.wanted('sentAt', instant()) ?? at)",
    mutated: "? fields.need('sentAt', instant())",
    by: 'a report counts whatever its optional fields say',
  },
];
